"""Uploaded files become contacts, and a receipt says what became of every row."""

import io
import uuid
import zipfile
from datetime import UTC, datetime
from typing import Any

from shared import subjects
from shared.emitting import Emitter
from shared.messages.cloudevents import new_event
from shared.messages.curation import Forgotten
from shared.messages.facts import FactName, upload_name
from shared.messages.imports import ImportProgress, ImportState, Receipt
from shared.messages.rpc import ForgetContact, GetImport
from shared.messages.values import Confidence
from shared.streams import IMPORTS_BUCKET
from tests.conftest import eventually
from tests.integration.contacts.conftest import REPLIES, World

HEADER = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"
ANN = "Ann,Doe,https://www.linkedin.com/in/ann-doe,,Acme,Engineer,02 Jan 2024"
BOB = "Bob,Roe,https://www.linkedin.com/in/bob-roe,bob@example.com,Globex,CTO,03 Jan 2024"


def connections(*rows: str) -> bytes:
    """Return a Connections.csv as LinkedIn writes it."""
    return "\n".join(["Notes:", '"When exporting your data ..."', "", HEADER, *rows]).encode()


async def run_import(world: World, content: bytes, name: str = "file") -> ImportProgress:
    """Upload *content*, import it, and return the final progress."""
    import_id = uuid.uuid4().hex
    bucket = await world.client.jetstream().object_store(IMPORTS_BUCKET)
    stored = upload_name(owner=world.owner, import_id=import_id)
    await bucket.put(stored, content)
    data: dict[str, Any] = {"import_id": import_id, "object_name": stored, "filename": name, "size_bytes": len(content)}
    event = new_event(name=FactName.IMPORT_UPLOADED, source="test", id=import_id, data=data, time=datetime.now(UTC))
    await Emitter(world.client).emit([event], owner=world.owner)
    found: list[ImportProgress] = []

    async def is_over() -> bool:
        request = GetImport(owner=world.owner, import_id=import_id).model_dump_json().encode()
        reply = REPLIES.validate_json(
            (await world.client.request(subjects.rpc("contacts", "import.get"), request, timeout=10)).data
        )
        if isinstance(reply, ImportProgress) and reply.state is not ImportState.RUNNING:
            found.append(reply)
        return bool(found)

    await eventually(is_over)
    return found[0]


async def receipt_of(world: World, content: bytes, name: str = "file") -> Receipt:
    """Import one file that must succeed and return its receipt."""
    progress = await run_import(world, content, name)
    assert progress.state is ImportState.DONE, progress.error
    (receipt,) = progress.receipts
    counted = receipt.created + receipt.updated + receipt.merged + receipt.unchanged + len(receipt.skipped)
    assert receipt.read == counted + receipt.skipped_more
    return receipt


async def test_every_row_is_accounted_for_and_the_same_file_again_changes_nothing(world: World) -> None:
    """A person each, the hidden member is listed, and the second time all is as it was."""
    content = connections(ANN, BOB, ",,,,,,02 Oct 2023")
    first = await receipt_of(world, content)
    assert (first.format, first.read, first.created) == ("linkedin", 3, 2)
    assert [row.line for row in first.skipped] == [7]
    before = await world.until_people(2)
    second = await receipt_of(world, content)
    assert (second.created, second.updated, second.merged, second.unchanged, len(second.skipped)) == (0, 0, 0, 2, 1)
    assert await world.people() == before


async def test_a_newer_export_tells_of_a_new_job_and_an_older_one_undoes_nothing(world: World) -> None:
    """Another company under the same profile becomes a derived `job.changed`; the old file imported again does not revert it."""
    old = connections(ANN, BOB)
    new = connections(ANN.replace("Acme,Engineer", "Initech,Lead"), BOB, "Cy,Poe,https://www.linkedin.com/in/cy,,,,09 Jan 2024")
    await receipt_of(world, old)
    receipt = await receipt_of(world, new)
    assert (receipt.created, receipt.updated, receipt.unchanged) == (1, 1, 1)

    async def has_moved() -> bool:
        (ann,) = await world.people("ann doe")
        return ann.job is not None and ann.job.is_change

    await eventually(has_moved)
    await receipt_of(world, old)
    (ann,) = await world.people("ann doe")
    assert ann.job is not None
    assert (ann.job.company, ann.job.confidence) == ("Initech", Confidence.DERIVED)
    (bob,) = await world.people("bob roe")
    assert bob.job is not None
    assert not bob.job.is_change


async def test_a_job_that_a_profile_has_not_caught_up_with_is_no_new_job(world: World) -> None:
    """Somebody's stated new job is not answered by congratulations to the old one at the next export."""
    await receipt_of(world, connections(ANN))
    await world.emit("job.changed", {"contact": {"linkedin_url": "linkedin.com/in/ann-doe"}, "company": "Initech"})
    await receipt_of(world, connections(ANN, BOB.replace("03 Jan", "04 Feb")))
    (ann,) = await world.people("ann doe")
    assert ann.job is not None
    assert ann.job.company == "Initech"


async def test_an_address_book_joins_the_connections_by_the_only_full_name(world: World) -> None:
    """The birthday from a vCard lands at the LinkedIn contact of that name, and the receipt says with whom."""
    await receipt_of(world, connections(ANN, BOB))
    card = (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Doe\r\nN:Doe;Ann;;;\r\nEMAIL:ann@example.org\r\nBDAY:1980-02-29\r\nEND:VCARD\r\n"
    )
    receipt = await receipt_of(world, card)
    assert (receipt.format, receipt.merged, [merge.name for merge in receipt.merges]) == ("vcard", 1, ["Ann Doe"])
    people = await world.until_people(2)
    assert str(people[0].birthday) == "1980-02-29"
    assert (await receipt_of(world, card)).unchanged == 1


async def test_two_of_one_name_are_not_guessed_at(world: World) -> None:
    """Where two contacts have the name, an address book's card is a person of its own."""
    await receipt_of(world, connections(ANN, ANN.replace("ann-doe", "ann-doe-2").replace("02 Jan", "03 Jan")))
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann Doe\r\nEMAIL:ann@example.org\r\nEND:VCARD\r\n"
    assert (await receipt_of(world, card)).created == 1
    await world.until_people(3)


async def test_an_import_does_not_bring_back_somebody_removed(world: World) -> None:
    """Their row is listed with the reason."""
    await receipt_of(world, connections(ANN, BOB))
    (ann,) = await world.people("ann doe")
    await world.ask("forget", ForgetContact(owner=world.owner, id=ann.id), Forgotten)
    receipt = await receipt_of(world, connections(ANN, BOB, "Cy,Poe,https://www.linkedin.com/in/cy,,,,09 Jan 2025"))
    assert [row.reason for row in receipt.skipped] == ["you removed this person; an import does not bring them back"]
    assert {person.name for person in await world.people()} == {"Bob Roe", "Cy Poe"}


async def test_an_export_zip_gives_contacts_last_contact_and_references(world: World) -> None:
    """Connections, messages and recommendations of one ZIP meet at the same people."""
    messages = (
        "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER\n"
        "1,,Ann Doe,https://linkedin.com/in/ann-doe,Me Myself,https://linkedin.com/in/me,2024-05-01 10:00:00 UTC,,Hi,INBOX\n"
        "2,,Me Myself,https://linkedin.com/in/me,Bob Roe,https://linkedin.com/in/bob-roe,2024-06-01 10:00:00 UTC,,Yo,INBOX\n"
    )
    recommendations = (
        "First Name,Last Name,Company,Job Title,Text,Creation Date,Status\nBob,Roe,Globex,CTO,Great,05/05/24,VISIBLE\n"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("Connections.csv", connections(ANN, BOB))
        archive.writestr("messages.csv", messages)
        archive.writestr("Recommendations_Received.csv", recommendations)
        archive.writestr("Ads Clicked.csv", "Ad clicked Date,Ad Title/Id\n")
    progress = await run_import(world, target.getvalue(), "Basic_LinkedInDataExport.zip")
    assert progress.state is ImportState.DONE, progress.error
    people = {person.name: person for person in await world.until_people(2)}
    assert people["Ann Doe"].last_contact_at == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert people["Bob Roe"].last_contact_at == datetime(2024, 6, 1, 10, tzinfo=UTC)
    assert people["Bob Roe"].is_reference


async def test_a_file_of_no_known_format_fails_with_a_sentence(world: World) -> None:
    """Broken, empty and foreign files say what is wrong; the service goes on."""
    for content in (b"a,b,c\n1,2,3\n", b"", b"\x00\x01\x02" * 1000, b"PK\x03\x04broken"):
        progress = await run_import(world, content, "thing.csv")
        assert progress.state is ImportState.FAILED
        assert progress.error
        assert "Traceback" not in progress.error
    assert (await receipt_of(world, connections(ANN))).created == 1
