"""The AsyncAPI document is sound, and says everything that Hobnob takes, sends and answers."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from faststream import FastStream
from faststream.nats import NatsBroker
from jsonschema import Draft202012Validator

import services.contacts.app
import services.notifier.app
import services.scheduler.app
from services.contacts.settings import ContactsSettings
from services.notifier.settings import NotifierSettings
from services.scheduler.settings import SchedulerSettings
from shared import subjects
from shared.contract.catalogue import CHANNELS, ENTRIES
from shared.contract.verbs import VERBS
from shared.messages.cloudevents import event_type
from shared.messages.facts import FactName
from shared.streams import CONSUMERS, stream_configs

Document = dict[str, Any]


def references(node: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def resolve(document: Document, reference: str) -> Any:
    """Follow a reference inside a document."""
    target: Any = document
    for part in reference.removeprefix("#/").split("/"):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return target


def test_every_reference_leads_somewhere(document: Document) -> None:
    """All of them stay inside the document."""
    found = list(references(document))
    assert found
    for reference in found:
        assert reference.startswith("#/")
        assert resolve(document, reference) is not None


def test_it_has_the_shape_of_asyncapi_3(document: Document) -> None:
    """The parts, their names and what each must have are as the specification demands."""
    assert document["asyncapi"] == "3.0.0"
    assert set(document) == {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    assert {"title", "version", "description"} <= set(document["info"])
    for part in document["components"].values():
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in part)
    for channel in document["channels"].values():
        assert channel["messages"]
        assert set(re.findall(r"\{(\w+)\}", channel["address"] or "")) == set(channel.get("parameters", {}))


def test_operations_channels_and_messages_agree(document: Document) -> None:
    """An operation's messages are its channel's own, and every channel and message is used."""
    used: set[str] = set()
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        for side in (operation, operation.get("reply")):
            if side:
                used.add(side["channel"]["$ref"])
                assert side["messages"]
                assert all(each["$ref"].startswith(side["channel"]["$ref"] + "/messages/") for each in side["messages"])
    assert used == {f"#/channels/{key}" for key in document["channels"]}
    carried = {each["$ref"] for channel in document["channels"].values() for each in channel["messages"].values()}
    assert carried == {f"#/components/messages/{name}" for name in document["components"]["messages"]}


def test_every_example_in_it_fits_the_schema_beside_it(document: Document) -> None:
    """What the page shows is what the schemas allow."""
    shown = 0
    for message in document["components"]["messages"].values():
        reference = (message.get("headers") or message["payload"])["$ref"]
        schema = {"$ref": reference, "components": document["components"]}
        for example in message["examples"]:
            Draft202012Validator(schema).validate(example.get("headers") or example["payload"])
            shown += 1
    assert shown >= len(ENTRIES)


def test_nothing_in_it_is_of_a_machine(document: Document) -> None:
    """It names no server: where one is, is not part of the contract."""
    assert "servers" not in document
    assert "localhost" not in json.dumps(document)


# --- completeness -----------------------------------------------------------------------------------------------------


def test_every_durable_consumer_is_in_it_and_no_other(document: Document) -> None:
    """`shared/streams.py` and the document name the same consumers, each on the channels its filter selects."""
    reading: dict[str, set[str]] = {}
    for operation in document["operations"].values():
        if consumer := operation.get("x-hobnob-consumer"):
            reading.setdefault(consumer, set()).add(resolve(document, operation["channel"]["$ref"])["address"])
    assert set(reading) == {consumer.durable for consumer in CONSUMERS}
    for consumer in CONSUMERS:
        assert all(address.startswith(consumer.subject.removesuffix(">")) for address in reading[consumer.durable])


def test_every_stream_is_in_it_with_its_subjects(document: Document) -> None:
    """Each subject that a stream keeps has a channel that says so, and no channel names another stream."""
    kept = {
        (channel["x-hobnob-stream"], ".".join(channel["address"].split(".")[:2]) + ".>")
        for channel in document["channels"].values()
        if "x-hobnob-stream" in channel
    }
    assert kept == {(each.name, subject) for each in stream_configs(replicas=1) for subject in each.subjects or ()}


def test_every_fact_is_in_it_on_its_own_subject(document: Document) -> None:
    """A fact that the models know can be looked up, and no other."""
    intake = {
        channel["address"]: list(channel["messages"])
        for channel in document["channels"].values()
        if (channel["address"] or "").startswith(subjects.INTAKE)
    }
    assert intake == {f"{subjects.INTAKE}.{{owner}}.{name}": [event_type(name)] for name in FactName}


ADDRESSES: Mapping[str, str] = {
    "intake.job.changed": subjects.intake("me", "job.changed"),
    "people.profile": subjects.profile("me"),
    "people.contact": subjects.person("me", "c1"),
    "agenda": subjects.agenda("me", "c1"),
    "timer": subjects.timer("me", "c1", "birthday"),
    "due": subjects.due("me", "c1", "birthday"),
    "inbox": subjects.inbox("me", "sent"),
    "progress": subjects.progress("me", "i1"),
    "dead": subjects.dead("contacts", "hobnob.intake.me.job.changed"),
    "rpc.contacts.get": subjects.rpc("contacts", "get"),
}
VALUES: Mapping[str, str] = {
    "owner": "me",
    "contact": "c1",
    "key": "birthday",
    "state": "sent",
    "import": "i1",
    "service": "contacts",
    "original": "hobnob.intake.me.job.changed",
}


@pytest.mark.parametrize("key", ADDRESSES)
def test_addresses_are_the_subjects_that_the_code_builds(key: str) -> None:
    """With values in place of its parameters a channel's address is what `shared/subjects.py` makes of them."""
    (channel,) = [each for each in CHANNELS if each.key == key]
    assert re.sub(r"\{(\w+)\}", lambda found: VALUES[found.group(1)], channel.address) == ADDRESSES[key]


def built() -> dict[str, FastStream]:
    """Return every service, connected to nothing."""
    return {
        "contacts": services.contacts.app.build_app(ContactsSettings()),
        "scheduler": services.scheduler.app.build_app(SchedulerSettings()),
        "notifier": services.notifier.app.build_app(NotifierSettings()),
    }


def answered(app: FastStream) -> dict[str, type]:
    """Return the request model of every request subject that a service answers."""
    broker = app.broker
    assert isinstance(broker, NatsBroker)
    found: dict[str, type] = {}
    for subscriber in broker.subscribers:
        (subject,) = subscriber.specification.channel_labels
        if subject.startswith(subjects.RPC):
            (call,) = subscriber.calls
            handler: Callable[..., Any] = inspect.unwrap(call.handler._original_call)
            found[subject] = inspect.getclosurevars(handler).nonlocals["request"]
    return found


def test_every_request_that_a_service_answers_is_in_it_and_no_other() -> None:
    """The services' own registrations and the document agree on subjects and request models."""
    served = {subject: model for app in built().values() for subject, model in answered(app).items()}
    listed = {
        subjects.rpc(service, verb.verb): verb.request.model
        for verb in VERBS
        for service in ([verb.service] if verb.service else built())
    }
    assert {subject: model.__name__ for subject, model in served.items()} == {
        subject: model.__name__ for subject, model in listed.items()
    }


def test_the_answer_that_a_request_promises_is_among_its_replies() -> None:
    """`Answer: X` in the docstring of a request and the document say the same."""
    for verb in VERBS:
        promised = set(re.findall(r"`([A-Z]\w+)`", (verb.request.model.__doc__ or "").partition("Answer:")[2]))
        assert promised == {reply.model.__name__ for reply in verb.replies}, verb.request.name


def test_every_request_of_the_document_names_its_verb(document: Document) -> None:
    """The document has one operation for each request."""
    answers = {key.removeprefix("answer.rpc.") for key in document["operations"] if key.startswith("answer.")}
    assert answers == {verb.request.title for verb in VERBS}
