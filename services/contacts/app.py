"""The composition root: builds everything the service is made of and hands it to those who use it."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from faststream import FastStream

from services.contacts.consumer import SERVICE, Handlers
from services.contacts.fact_log import FactLog
from services.contacts.import_store import ImportStore
from services.contacts.outbox import Outbox
from services.contacts.owner_store import OwnerStore
from services.contacts.parked_store import ParkedStore
from services.contacts.settings import ContactsSettings
from services.contacts.store import ContactStore
from services.contacts.use_cases.facts import ApplyFacts
from services.contacts.use_cases.history import History
from services.contacts.use_cases.import_rows import ImportRows
from services.contacts.use_cases.import_run import ImportRun
from services.contacts.use_cases.imports import Imports
from services.contacts.use_cases.intake import Intake
from services.contacts.use_cases.owners import Owners
from services.contacts.use_cases.reading import Contacts
from services.contacts.use_cases.rebuilding import Rebuilding
from shared.broker import build_broker, client_of
from shared.clock import Clock, system_clock
from shared.counters import Counters
from shared.emitting import Emitter
from shared.mongo import open_database
from shared.service import build_service, every


def build_app(settings: ContactsSettings, *, clock: Clock = system_clock) -> FastStream:
    """Return the service, not yet connected to anything."""
    counters = Counters()
    broker = build_broker(settings, service=SERVICE, counters=counters)
    handlers = Handlers()
    unfinished: list[Callable[[], Awaitable[None]]] = []
    handlers.register(broker)

    async def resources(stack: AsyncExitStack) -> None:
        client = client_of(broker)
        database = await stack.enter_async_context(
            open_database(settings.mongo_url.get_secret_value(), name=settings.mongo_database)
        )
        store, fact_log, parked = ContactStore(database), FactLog(database), ParkedStore(database)
        owner_store, import_store = OwnerStore(database), ImportStore(database)
        for each in (store, fact_log, parked, owner_store, import_store):
            await each.ensure_indexes()
        contact_outbox, owner_outbox = Outbox(store=store, client=client), Outbox(store=owner_store, client=client)
        facts = ApplyFacts(
            store=store,
            fact_log=fact_log,
            parked=parked,
            owners=owner_store,
            outbox=contact_outbox,
            clock=clock,
            counters=counters,
        )
        unfinished.extend((owner_outbox.relay, facts.finish_merges, facts.sweep_parked, contact_outbox.relay))
        rows = ImportRows(store=store, fact_log=fact_log, facts=facts, emitter=Emitter(client))
        run = ImportRun(client=client, store=import_store, rows=rows)
        handlers.imports = Imports(store=import_store, run=run, clock=clock, lease_s=settings.import_lease_s)
        handlers.intake = Intake(facts=facts, owners=owner_store, imports=handlers.imports)
        handlers.contacts = Contacts(store=store, fact_log=fact_log, parked=parked, owners=owner_store, facts=facts, clock=clock)
        handlers.history = History(fact_log=fact_log, parked=parked)
        handlers.owners = Owners(store=owner_store, outbox=owner_outbox)
        handlers.rebuilding = Rebuilding(contacts=store, owners=owner_store)

    async def relay() -> None:
        for finish in unfinished:
            await finish()

    async def keep_relaying() -> None:
        await every(settings.relay_period_s, relay, name="relay")

    async def run_imports() -> None:
        await handlers.imports.work()

    background = [keep_relaying, run_imports]
    return build_service(broker, service=SERVICE, counters=counters, resources=resources, background=background)
