"""Builds what most use cases work with, and what they learn about owners from it."""

from services.notifier.drafts import Drafter
from services.notifier.post_office import open_post
from services.notifier.relay import Relay
from services.notifier.store.agenda import AgendaStore
from services.notifier.store.inbox import InboxStore
from services.notifier.store.network import NetworkStore
from services.notifier.store.own_templates import OwnTemplateStore
from services.notifier.store.people import PeopleStore
from services.notifier.store.people_bulk import BulkStore
from services.notifier.store.people_list import PeopleListStore
from services.notifier.store.sorting import SortingStore
from services.notifier.use_cases.people import profiles_of
from services.notifier.use_cases.tools import Tools
from services.notifier.use_cases.watching import Watch
from services.notifier.wiring.ground import Ground
from shared.emitting import Emitter
from shared.jetstream import jetstream
from shared.messages.snapshots import OwnerProfile


async def open_tools(ground: Ground, *, watch: Watch) -> Tools:
    """Return the tools; *watch* learns of every change of the inbox."""
    database, client, counters = ground.database, ground.client, ground.counters
    inbox, agenda = InboxStore(database, on_change=watch.ring), AgendaStore(database)
    await inbox.ensure_indexes()
    await agenda.ensure_indexes()
    sorting = SortingStore(database)
    await sorting.ensure_indexes()
    await NetworkStore(database).ensure_indexes()
    await PeopleListStore(database).ensure_indexes()
    await BulkStore(database).ensure_indexes()
    return Tools(
        client=client,
        inbox=inbox,
        people=PeopleStore(database),
        agenda=agenda,
        relay=Relay(inbox=inbox, js=jetstream(client), counters=counters),
        drafter=Drafter(folder=ground.settings.templates_dir, counters=counters),
        counters=counters,
        clock=ground.clock,
        emitter=Emitter(client),
        own_templates=OwnTemplateStore(database),
        sorting=sorting,
        post=await open_post(ground.settings, ground.stack),
    )


class Owners:
    """Answers who the owners are."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def profile_of(self, owner: str) -> OwnerProfile | None:
        """Return the profile of *owner*, None when there is no such owner."""
        return (await profiles_of(self._tools, owners={owner})).get(owner)

    async def find(self, named: str) -> OwnerProfile | None:
        """Return the owner whose id or mail address *named* is; None when there is none, or more than one has that address."""
        name = named.strip()
        if "@" not in name:
            return await self.profile_of(name)
        profiles = await profiles_of(self._tools, owners=set(await self._tools.people.owners()))
        found = [each for each in profiles.values() if each.email and each.email.casefold() == name.casefold()]
        return found[0] if len(found) == 1 else None

    async def has_owner(self, owner: str) -> bool:
        """Return whether there is such an owner."""
        return await self.profile_of(owner) is not None
