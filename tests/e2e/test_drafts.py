"""Drafts through the real command: what the owner says of themselves, and how greetings will read."""

from tests.e2e.conftest import Stack


def test_previews_speak_of_what_is_shared(stack: Stack) -> None:
    """An owner states interests, and a preview to somebody who shares one says so in the language that was asked for."""
    owner = stack.add_owner()
    stated = stack.json("owner", "set", owner, "--interest", "chess", "--interest", "hiking", "--employer", "Example Press")
    assert (stated["interests"], stated["employers"]) == (["chess", "hiking"], ["Example Press"])
    document = stack.json("draft", "preview", "--owner", owner, "--occasion", "birthday", "--language", "fr", "--milestone", "40")
    (preview,) = document["previews"]
    assert document["problems"] == []
    assert list(preview) == ["occasion", "closeness", "language", "variant", "draft", "common_ground"]
    assert "40e anniversaire" in preview["draft"]["body"]
    assert preview["common_ground"] == ["You both know Example Press from the inside", "You both like chess"]
    assert stack.json("owner", "set", owner, "--interest", "")["interests"] == []


def test_every_variant_is_shown(stack: Stack) -> None:
    """`--all` shows each variant of each tone and language; a variant that is not there is one clear line."""
    owner = stack.add_owner()
    previews = stack.json("draft", "preview", "--owner", owner, "--occasion", "new_job", "--all")["previews"]
    assert len({preview["variant"] for preview in previews}) == len(previews) >= 2 * 3 * 4
    outcome = stack.run("draft", "preview", "--owner", owner, "--occasion", "new_job", "--variant", "nine", code=1)
    assert outcome.stderr.strip() == "hobnob: variant: there is no 'nine' for new_job; there are 1, 2, 3"
    assert "Congratulations" in stack.run("draft", "preview", "--owner", owner, "--occasion", "new_job", "--variant", "1").stdout


def test_what_a_contact_cares_about_reaches_the_draft(stack: Stack) -> None:
    """A fact with causes and schools becomes common ground beside the greeting."""
    owner = stack.add_owner()
    stack.run("owner", "set", owner, "--cause", "Clean Water", "--school", "Example University")
    data = '{"name": "Kim Example", "emails": ["kim@example.com"], "causes": ["clean water"], "schools": ["EXAMPLE university"]}'
    stack.run("emit", "connection.accepted", "--owner", owner, "--data", data.replace("}", ', "deliver_now": true}'))
    (item,) = stack.wait_for_inbox(owner, 1)
    assert item["common_ground"] == ["You both care about Clean Water", "You both went to Example University"]
    assert "Clean Water" in item["draft"]["body"]
