"""The composition root: builds everything the service is made of and hands it to those who use it."""

from contextlib import AsyncExitStack

from faststream import FastStream

from services.contacts.consumer import SERVICE, Handlers
from services.contacts.import_store import ImportStore
from services.contacts.outbox import Outbox
from services.contacts.owner_store import OwnerStore
from services.contacts.settings import ContactsSettings
from services.contacts.store import ContactStore
from services.contacts.use_cases.facts import ApplyFacts
from services.contacts.use_cases.import_rows import ImportRows
from services.contacts.use_cases.import_run import ImportRun
from services.contacts.use_cases.imports import Imports
from services.contacts.use_cases.intake import Intake
from services.contacts.use_cases.owners import Owners
from services.contacts.use_cases.reading import Contacts
from shared.broker import build_broker
from shared.clock import Clock, system_clock
from shared.counters import Counters
from shared.emitting import Emitter
from shared.mongo import open_database
from shared.service import build_service, client_of, every


def build_app(settings: ContactsSettings, *, clock: Clock = system_clock) -> FastStream:
    """Return the service, not yet connected to anything."""
    broker = build_broker(settings, service=SERVICE)
    counters = Counters()
    handlers = Handlers()
    outboxes: list[Outbox] = []
    handlers.register(broker)

    async def resources(stack: AsyncExitStack) -> None:
        client = client_of(broker)
        database = await stack.enter_async_context(
            open_database(settings.mongo_url.get_secret_value(), name=settings.mongo_database)
        )
        store, owner_store, import_store = ContactStore(database), OwnerStore(database), ImportStore(database)
        for each in (store, owner_store, import_store):
            await each.ensure_indexes()
        contact_outbox, owner_outbox = Outbox(store=store, client=client), Outbox(store=owner_store, client=client)
        outboxes.extend((owner_outbox, contact_outbox))
        facts = ApplyFacts(store=store, outbox=contact_outbox, clock=clock, counters=counters)
        rows = ImportRows(store=store, facts=facts, emitter=Emitter(client))
        run = ImportRun(client=client, store=import_store, rows=rows, clock=clock, lease_s=settings.import_lease_s)
        handlers.imports = Imports(store=import_store, run=run, clock=clock, lease_s=settings.import_lease_s)
        handlers.intake = Intake(facts=facts, owners=owner_store, imports=handlers.imports)
        handlers.contacts = Contacts(store=store, owners=owner_store, facts=facts, clock=clock)
        handlers.owners = Owners(store=owner_store, outbox=owner_outbox)

    async def relay() -> None:
        for outbox in outboxes:
            await outbox.relay()

    async def keep_relaying() -> None:
        await every(settings.relay_period_s, relay, name="relay")

    async def run_imports() -> None:
        await handlers.imports.work()

    background = [keep_relaying, run_imports]
    return build_service(broker, service=SERVICE, counters=counters, resources=resources, background=background)
