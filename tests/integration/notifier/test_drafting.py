"""Tests of drafts in the inbox: other words than last time, what is shared, lines for the owner, and previews."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Conflict, NotFound, PermanentError
from shared.messages.reminders import ItemState
from shared.messages.rpc import DraftPreviews, EditItem, ItemAction, ItemReply, PreviewDraft
from shared.messages.snapshots import OwnerProfile
from shared.messages.values import Closeness, Occasion
from tests.integration.notifier.conftest import World, days, running


def profile(world: World, **changes: Any) -> OwnerProfile:
    """Return the owner."""
    return OwnerProfile(owner=world.owner, rev=1, name="Sam Sample", **changes)


async def test_no_greeting_repeats_the_last_one(notified: World) -> None:
    """Year after year, each greeting of a person is made from another template than the one before."""
    used: list[str] = []
    anna = notified.snapshot(closeness=Closeness.WELL)
    for year in range(6):
        reminder = notified.reminder(on=days(-year))
        await notified.publish(anna, reminder)
        await notified.until_state(reminder.id, ItemState.UNREAD)
        await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=reminder.id), ItemReply)
        used.append((await notified.item(reminder.id))["variant"])
    assert all(before != after for before, after in pairwise(used)), used


async def test_a_merged_person_is_remembered_by_every_id(notified: World) -> None:
    """What was said to somebody under an id that they had before counts too."""
    item = await notified.an_item("old")
    sent = await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
    assert sent.item.state is ItemState.SENT
    used = (await notified.item(item))["variant"]
    for number in range(8):
        merged = notified.snapshot(f"new{number}", aliases=(notified.contact("old"),))
        reminder = notified.reminder(f"new{number}", on=days(-number - 1))
        await notified.publish(merged, reminder)
        await notified.until_state(reminder.id, ItemState.UNREAD)
        await notified.ask("inbox.edit", EditItem(owner=notified.owner, item=reminder.id, subject="mine"), ItemReply)
        assert (await notified.item(reminder.id))["variant"] != used


async def test_lines_for_the_owner_do_not_go_out(notified: World) -> None:
    """Edited or not, what was left as it was is dropped on sending; what the owner wrote into it stays."""
    prompt = "[Add a personal line]"
    untouched, edited, filled = [await notified.an_item(who, rev=1) for who in ("a", "b", "c")]
    await notified.publish(*(notified.snapshot(who, rev=2, closeness=Closeness.WELL) for who in "abc"))
    await notified.until_known(*(notified.snapshot(who, rev=2) for who in "abc"))
    bodies = {item.id: item.draft.body for item in await notified.inbox()}
    assert all(prompt in body for body in bodies.values())
    changed = {edited: f"PS first\n{bodies[edited]}", filled: bodies[filled].replace(prompt, f"{prompt} How is Max?")}
    for item, body in changed.items():
        await notified.ask("inbox.edit", EditItem(owner=notified.owner, item=item, body=body), ItemReply)
    said = {}
    for item in (untouched, edited, filled):
        reply = await notified.ask("inbox.send", ItemAction(owner=notified.owner, item=item), ItemReply)
        said[item] = reply.item.draft.body
    assert prompt not in said[untouched]
    assert said[edited].startswith("PS first")
    assert prompt not in said[edited]
    assert f"{prompt} How is Max?" in said[filled]
    assert "owner_lines" not in await notified.item(edited)


async def test_what_is_shared_is_shown_and_said(notified: World) -> None:
    """In the owner's language beside the draft, in the contact's within it."""
    await notified.publish(profile(notified, language="de", causes=("Médecins du Monde",), interests=("Schach",)))
    await notified.publish(notified.snapshot(language="fr", causes=("medecins du monde",), interests=("schach",)))
    await notified.publish(reminder := notified.reminder())
    await notified.until_state(reminder.id, ItemState.UNREAD)
    (item,) = await notified.inbox()
    assert item.common_ground == ("Gemeinsames Anliegen: Médecins du Monde", "Gemeinsames Interesse: Schach")
    assert "Médecins du Monde." in item.draft.body
    assert item.draft.body.startswith("Bonjour Anna,")


async def preview(world: World, **wanted: Any) -> DraftPreviews:
    """Ask for previews."""
    found: DraftPreviews = await world.ask("draft.preview", PreviewDraft(owner=world.owner, **wanted), DraftPreviews)
    return found


async def test_previews(notified: World) -> None:
    """Of every occasion, of one variant, of all; of somebody made up or of a contact."""
    await notified.publish(profile(notified, interests=("chess",)), notified.snapshot(closeness=Closeness.WELL, language="es"))
    await notified.until_known(notified.snapshot())
    each = (await preview(notified)).previews
    assert {one.occasion for one in each} == {
        Occasion.BIRTHDAY,
        Occasion.WORK_ANNIVERSARY,
        Occasion.NEW_JOB,
        Occasion.NEW_CONNECTION,
        Occasion.STAY_IN_TOUCH,
        Occasion.CUSTOM,
    }
    assert all("Alex" in one.draft.body and one.common_ground == ("You both like chess",) for one in each)
    (late,) = (await preview(notified, occasion="birthday", language="fr", belated=True, milestone=40, variant="2")).previews
    assert (late.variant, late.language) == ("fr/birthday.close.2.j2", "fr")
    assert "40e anniversaire" in late.draft.subject
    assert "retard" in late.draft.subject
    assert len((await preview(notified, every_variant=True)).previews) >= 6 * 2 * 4 * 3
    (anna,) = (await preview(notified, occasion="birthday", contact=notified.contact(), variant="1")).previews
    assert anna.draft.body.startswith("Hola, Anna:")
    (doubtful,) = (await preview(notified, occasion="new_job", unconfirmed=True, variant="1")).previews
    assert doubtful.draft.body.startswith("[Check first: ")
    assert await notified.database["inbox"].count_documents({}) == 0


async def test_what_cannot_be_previewed(notified: World) -> None:
    """No such variant, owner or contact, or somebody who is not to be greeted: a reason for each."""
    with pytest.raises(NotFound):
        await preview(notified)
    await notified.publish(profile(notified), notified.snapshot(deceased=True))
    await notified.until_known(notified.snapshot())
    with pytest.raises(PermanentError, match="there are 1, 2, 3"):
        await preview(notified, occasion="birthday", variant="99")
    with pytest.raises(NotFound):
        await preview(notified, contact="nobody")
    with pytest.raises(Conflict, match="they have died"):
        await preview(notified, contact=notified.contact())


async def test_a_broken_template_is_listed_and_costs_nothing(world: World, tmp_path: Path) -> None:
    """The folder of the setting speaks; what is broken in it is listed with its line, and the built-in stands in."""
    folder = tmp_path / "en"
    folder.mkdir()
    (folder / "birthday.default.1.j2").write_text("Hey {{ nmae }}\n\nHi", encoding="utf-8")
    (folder / "birthday.default.mine.j2").write_text("Hey {{ name }}\n\nfrom my own template", encoding="utf-8")
    settings = world.settings.model_copy(update={"templates_dir": tmp_path})
    async with running(settings, world.client):
        await world.publish(profile(world))
        wanted = {"occasion": "birthday", "closeness": "connected"}
        (mine,) = (await preview(world, **wanted, variant="mine")).previews
        assert mine.draft.body == "from my own template"
        found = await preview(world, **wanted, variant="1")
        assert "Happy birthday" in found.previews[0].draft.body
        assert [(p.file, p.line) for p in found.problems] == [("en/birthday.default.1.j2", 1)]
        assert "no variable 'nmae'" in found.problems[0].reason
        assert (await world.counters())["drafts.template_broken"] == 1
