"""An owner's imports can be listed, and a snapshot tells whether anybody said how close a person is."""

from shared.messages.imports import ImportPage, ImportState
from shared.messages.rpc import ListImports
from shared.requests import ask
from tests.conftest import eventually
from tests.integration.contacts.conftest import World
from tests.integration.contacts.test_imports import ANN, BOB, connections, run_import


async def listed(world: World, **asked: object) -> ImportPage:
    """Return one page of imports."""
    request = ListImports.model_validate({"owner": world.owner, **asked})
    return await ask(world.client, service="contacts", verb="import.list", request=request, reply=ImportPage, timeout_s=10)


async def test_imports_are_listed_newest_first_page_by_page(world: World) -> None:
    """Each has its name and counts, a failed one its reason; a page goes on where the last one ended; of others there is none."""
    assert await listed(world) == ImportPage(imports=())
    await run_import(world, connections(ANN, BOB, ",,,,,,02 Oct 2023"), "Connections.csv")
    await run_import(world, b"", "empty.csv")
    newest = await listed(world, limit=1)
    (failed,) = newest.imports
    assert (failed.filename, failed.state, failed.error) == ("empty.csv", ImportState.FAILED, "empty.csv is empty")
    oldest = await listed(world, limit=1, cursor=newest.cursor)
    (done,) = oldest.imports
    assert oldest.cursor is None
    assert (done.filename, done.state) == ("Connections.csv", ImportState.DONE)
    assert (done.read, done.created, done.skipped, done.rows_done) == (3, 2, 1, 3)
    assert await listed(world, owner=f"{world.owner}x") == ImportPage(imports=())


async def test_an_import_states_no_closeness_and_an_owner_does(world: World) -> None:
    """An imported person's closeness is an assumption until somebody states it, be it the one that was assumed."""
    await run_import(world, connections(ANN), "Connections.csv")
    (ann,) = await world.until_people(1)
    assert (ann.closeness, ann.closeness_stated) == ("connected", False)
    await world.emit("contact.upserted", {"contact": {"id": ann.id}, "closeness": "connected"})

    async def is_stated() -> bool:
        (found,) = await world.people()
        return found.closeness == "connected" and found.closeness_stated

    await eventually(is_stated)
