"""The composition root: builds everything the service is made of and hands it to those who use it."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

from faststream import FastStream

from services.contacts.consumer import SERVICE, Handlers
from services.contacts.erasure_store import ErasureStore, ReportStore
from services.contacts.fact_log import FactLog
from services.contacts.import_store import ImportStore
from services.contacts.migrations import MIGRATIONS
from services.contacts.outbox import Outbox
from services.contacts.outbox_age import OutboxAge
from services.contacts.owner_store import OwnerStore
from services.contacts.parked_store import ParkedStore
from services.contacts.settings import ContactsSettings
from services.contacts.store import ContactStore
from services.contacts.traces import Traces
from services.contacts.use_cases.backup import backup_of
from services.contacts.use_cases.facts import ApplyFacts
from services.contacts.use_cases.forgetting import Forgetting
from services.contacts.use_cases.history import History
from services.contacts.use_cases.import_rows import ImportRows
from services.contacts.use_cases.import_run import ImportRun
from services.contacts.use_cases.imports import Imports
from services.contacts.use_cases.intake import Intake
from services.contacts.use_cases.joining import Joining
from services.contacts.use_cases.owners import Owners
from services.contacts.use_cases.provenance import Provenances
from services.contacts.use_cases.reading import Contacts
from services.contacts.use_cases.rebuilding import Rebuilding
from shared.broker import build_broker, client_of
from shared.clock import Clock, system_clock
from shared.counters import Counters
from shared.emitting import Emitter
from shared.mongo import open_database, ping
from shared.schema import bring_up_to_date
from shared.service import build_service, every
from shared.status import Status
from shared.tracing import Tracing, open_tracing


def build_app(settings: ContactsSettings, *, clock: Clock = system_clock, tracing: Tracing | None = None) -> FastStream:
    """Return the service, not yet connected to anything; without *tracing* the settings say whether there is any."""
    counters = Counters()
    status = Status(service=SERVICE, counters=counters)
    tracing = tracing or open_tracing(settings.tracing, service=SERVICE)
    broker = build_broker(settings, service=SERVICE, counters=counters, tracing=tracing)
    handlers = Handlers()
    unfinished: list[Callable[[], Awaitable[None]]] = []
    handlers.register(broker)

    async def resources(stack: AsyncExitStack) -> None:
        client = client_of(broker)
        database = await stack.enter_async_context(
            open_database(settings.mongo_url.get_secret_value(), name=settings.mongo_database)
        )
        status.readiness.add({"mongodb": partial(ping, database)})
        await bring_up_to_date(database, MIGRATIONS, clock=clock)
        store, fact_log, parked = ContactStore(database), FactLog(database), ParkedStore(database)
        owner_store, import_store = OwnerStore(database), ImportStore(database)
        for each in (store, fact_log, parked, owner_store, import_store):
            await each.ensure_indexes()
        contact_outbox = Outbox(store=store, client=client, counters=counters)
        owner_outbox = Outbox(store=owner_store, client=client, counters=counters)
        status.reads.append(OutboxAge({"contacts": store, "owners": owner_store}).read)
        facts = ApplyFacts(
            store=store,
            fact_log=fact_log,
            parked=parked,
            owners=owner_store,
            outbox=contact_outbox,
            clock=clock,
            counters=counters,
        )
        reports = ReportStore(database)
        handlers.forgetting = Forgetting(
            store=store,
            fact_log=fact_log,
            parked=parked,
            erasures=ErasureStore(database),
            reports=reports,
            facts=facts,
            outbox=contact_outbox,
            traces=Traces(client),
            clock=clock,
        )
        unfinished.extend((owner_outbox.relay, facts.finish_merges, facts.sweep_parked, contact_outbox.relay))
        rows = ImportRows(store=store, fact_log=fact_log, facts=facts, emitter=Emitter(client))
        run = ImportRun(client=client, store=import_store, rows=rows)
        handlers.imports = Imports(store=import_store, run=run, clock=clock, lease_s=settings.import_lease_s)
        handlers.intake = Intake(facts=facts, owners=owner_store, imports=handlers.imports)
        handlers.contacts = Contacts(store=store, owners=owner_store, facts=facts, clock=clock)
        handlers.joining = Joining(store=store, facts=facts)
        handlers.provenances = Provenances(store=store, fact_log=fact_log, reports=reports)
        handlers.history = History(store=store, fact_log=fact_log, parked=parked)
        handlers.owners = Owners(store=owner_store, outbox=owner_outbox)
        handlers.backup = backup_of(database, imports=import_store, clock=clock)
        handlers.rebuilding = Rebuilding(contacts=store, owners=owner_store)

    async def relay() -> None:
        for finish in unfinished:
            await finish()

    async def keep_relaying() -> None:
        await every(settings.relay_period_s, relay, name="relay")

    async def finish_forgetting() -> None:
        # By itself: it waits for other services, and snapshots must not.
        await every(settings.relay_period_s, handlers.forgetting.finish, name="forgetting")

    async def run_imports() -> None:
        await handlers.imports.work()

    background = [keep_relaying, finish_forgetting, run_imports]
    return build_service(broker, settings=settings, status=status, tracing=tracing, resources=resources, background=background)
