"""What each user of the broker may not do, by asking the broker: deploy/nats/nats.conf, line by line."""

import pytest
from nats.errors import Error as NatsError

from shared.access import OPERATOR, inbox_prefix
from shared.jetstream import Outgoing, jetstream, publish_one
from shared.messages.access import Scope
from shared.streams import INTAKE
from tests.integration.access.conftest import Door

WRITERS = {
    "hobnob.people.o.c": {"contacts"},
    "hobnob.people.o": {"contacts"},
    "hobnob.progress.o.i": {"contacts"},
    "hobnob.changed": {"notifier"},
    "hobnob.agenda.o.c": {"scheduler"},
    "hobnob.timer.o.c.birthday": {"scheduler"},
    "hobnob.timer._cancelled.scheduler": {"scheduler"},
    "hobnob.due.o.c.birthday": set(),
    "hobnob.inbox.o.sent": {"notifier"},
    "hobnob.intake.o.job.changed": {"contacts", "notifier", OPERATOR},
    "hobnob.dead.contacts.hobnob.intake.o.job.changed": {"contacts", OPERATOR},
    "hobnob.dead.scheduler.hobnob.due.o.c.birthday": {"scheduler", OPERATOR},
    "hobnob.dead.notifier.hobnob.due.o.c.birthday": {"notifier", OPERATOR},
    "hobnob.rpc.contacts.backup.clear": {OPERATOR},
    "hobnob.rpc.notifier.backup.read": {OPERATOR},
    "hobnob.rpc.contacts.list": {"notifier", OPERATOR},
    "hobnob.rpc.scheduler.rebuild": {OPERATOR},
    "hobnob.rpc.scheduler.erase": {"contacts", OPERATOR},
    "hobnob.rpc.notifier.erase": {"contacts", OPERATOR},
    "$JS.API.STREAM.MSG.DELETE.HOBNOB_INTAKE": {"contacts", OPERATOR},
    "$JS.API.STREAM.MSG.DELETE.HOBNOB_TIMERS": {"scheduler", OPERATOR},
    "$JS.API.STREAM.MSG.DELETE.HOBNOB_INBOX": {"notifier", OPERATOR},
    "$JS.API.STREAM.MSG.DELETE.HOBNOB_PEOPLE": {OPERATOR},
    "$JS.API.STREAM.MSG.GET.HOBNOB_INTAKE": {"contacts", OPERATOR},
    "$JS.API.STREAM.MSG.GET.HOBNOB_PEOPLE": {"scheduler", "notifier", OPERATOR},
    "$JS.API.STREAM.MSG.GET.HOBNOB_INBOX": {"notifier", OPERATOR},
    "hobnob.rpc.scheduler.health": {"notifier", OPERATOR},
    "hobnob.rpc.notifier.credential.issue": {OPERATOR},
    "$JS.API.STREAM.DELETE.HOBNOB_NOTHING": {OPERATOR},
    "$JS.API.STREAM.PURGE.HOBNOB_NOTHING": {OPERATOR},
    "$JS.API.CONSUMER.CREATE.HOBNOB_NOTHING.x": {OPERATOR},
    "$JS.API.CONSUMER.MSG.NEXT.HOBNOB_INTAKE.contacts_intake": {"contacts", OPERATOR},
    "$JS.API.CONSUMER.MSG.NEXT.HOBNOB_TIMERS.notifier_due": {"notifier", OPERATOR},
    "$JS.API.STREAM.MSG.GET.HOBNOB_DEAD": {"contacts", "notifier", OPERATOR},
    "$JS.API.STREAM.MSG.DELETE.HOBNOB_DEAD": {"contacts", "notifier", OPERATOR},
    "$JS.API.CONSUMER.CREATE.HOBNOB_DEAD.x": {OPERATOR},
    "$JS.ACK.HOBNOB_TIMERS.notifier_due.1.1.1.1.1": {"notifier"},
    "$JS.ACK.HOBNOB_INTAKE.contacts_intake.1.1.1.1.1": {"contacts"},
    "$O.HOBNOB_IMPORTS.M.x": {"contacts", "notifier", OPERATOR},
    "$O.HOBNOB_IMPORTS.C.x": {"notifier", OPERATOR},
    "$SYS.REQ.SERVER.PING.CONNZ": set(),
    "$SYS.REQ.USER.AUTH": set(),
    "_INBOX_operator.x": {"contacts", "scheduler", "notifier"},
    "_INBOX_notifier.x": {"contacts", "scheduler"},
    "_INBOX_contacts.x": {"scheduler", "notifier"},
    "_INBOX_doorkeeper.x": set(),
    "_INBOX.o.crm.x": set(),
    "anything.else": set(),
}
"""Subjects by who may publish there; every user of the account HOBNOB is tried on each."""

LISTENERS = {
    "_INBOX_contacts.>": {"contacts"},
    "_INBOX_scheduler.>": {"scheduler"},
    "_INBOX_notifier.>": {"notifier"},
    "_INBOX_operator.>": {OPERATOR},
    "hobnob.rpc.contacts.list": {"contacts"},
    "hobnob.rpc.scheduler.health": {"scheduler"},
    "hobnob.rpc.notifier.credential.issue": {"notifier"},
    "hobnob.progress.>": {"notifier", OPERATOR},
    "hobnob.changed": {"notifier"},
    "hobnob.people.>": set(),
    "hobnob.intake.>": set(),
    "hobnob.due.>": set(),
    "_INBOX.>": set(),
    "$SYS.>": set(),
    "$JS.EVENT.>": set(),
    ">": set(),
}
"""Subjects by who may listen there."""

USERS = ["contacts", "scheduler", "notifier", OPERATOR]


@pytest.mark.parametrize("user", USERS)
async def test_each_part_may_do_what_it_needs(empty_door: Door, user: str) -> None:
    """Who may publish and listen where is exactly the two tables above; only the scheduler writes timers."""
    visitor = await empty_door.service(user)
    for subject, writers in WRITERS.items():
        assert await visitor.may_publish(subject) == (user in writers), f"{user} publishes {subject}"
    for subject, listeners in LISTENERS.items():
        assert await visitor.may_subscribe(subject) == (user in listeners), f"{user} listens to {subject}"
    await visitor.client.close()


async def test_an_emitter_states_facts_of_its_owner(door: Door) -> None:
    """It publishes to its owner's intake and learns that the stream has it."""
    secret = await door.issue("crm")
    visitor = await door.visitor("crm").come_in(door.broker, secret)
    message = Outgoing(f"hobnob.intake.{door.owner}.job.changed", b"{}")
    ack = await publish_one(jetstream(visitor.client), message, stream=INTAKE)
    assert (ack.stream, ack.duplicate) == (INTAKE, None)
    assert visitor.violations == []
    await visitor.client.close()


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_credential_may_do_nothing_else(door: Door, scope: Scope) -> None:
    """Publishing or listening anywhere else is a permission error; an owner's token hears that owner's inbox."""
    secret = await door.issue("crm", scope=scope)
    visitor = await door.visitor("crm").come_in(door.broker, secret)
    own = door.owner
    forbidden_to_publish = [
        *("hobnob.people.x", f"hobnob.people.{own}.c", f"hobnob.due.{own}.c.birthday", f"hobnob.timer.{own}.c.birthday"),
        *(f"hobnob.agenda.{own}.c", f"hobnob.inbox.{own}.sent", "hobnob.dead.contacts.x", f"hobnob.progress.{own}.i"),
        *("hobnob.rpc.contacts.list", "hobnob.rpc.notifier.credential.issue"),
        *("hobnob.intake.other.job.changed", f"hobnob.intake.{own}x.job.changed", f"hobnob.intake.{own}"),
        *("$JS.API.INFO", "$JS.API.STREAM.INFO.HOBNOB_INTAKE", "$JS.API.STREAM.PURGE.HOBNOB_INTAKE", "$JS.API.STREAM.CREATE.X"),
        *("$JS.API.STREAM.DELETE.HOBNOB_PEOPLE", "$JS.API.CONSUMER.CREATE.HOBNOB_INTAKE.x", "$JS.API.DIRECT.GET.HOBNOB_PEOPLE"),
        *("$JS.ACK.HOBNOB_INTAKE.contacts_intake.1.1.1.1.1", "$O.HOBNOB_IMPORTS.M.x", "$SYS.REQ.SERVER.PING", "anything.else"),
        *("_INBOX_operator.x", "_INBOX_contacts.x", "_INBOX.other.crm.x"),
    ]
    for subject in forbidden_to_publish:
        assert not await visitor.may_publish(subject), subject
    forbidden_to_hear = [
        *(">", "hobnob.>", "hobnob.people.>", "hobnob.intake.>", f"hobnob.intake.{own}.>", "hobnob.due.>", "hobnob.inbox.>"),
        *("hobnob.inbox.other.>", "hobnob.rpc.>", "hobnob.rpc.contacts.list", "$SYS.>", "$JS.EVENT.>", "$JS.>"),
        *("_INBOX.>", f"_INBOX.{own}.>", f"_INBOX.{own}.other.>", "_INBOX_operator.>", "_INBOX_contacts.>"),
    ]
    for subject in forbidden_to_hear:
        assert not await visitor.may_subscribe(subject), subject
    assert await visitor.may_subscribe(f"{inbox_prefix(visitor.user)}.>")
    assert await visitor.may_subscribe(f"hobnob.inbox.{own}.>") == (scope is Scope.OWNER)
    assert await visitor.may_publish(f"hobnob.intake.{own}.job.changed")
    await visitor.client.close()


async def test_a_header_does_not_get_around_it(door: Door) -> None:
    """The intake takes no schedules, rollups or message lifetimes: none of them reaches another subject or erases a fact."""
    secret = await door.issue("crm")
    visitor = await door.visitor("crm").come_in(door.broker, secret)
    subject = f"hobnob.intake.{door.owner}.job.changed"
    for headers in (
        {"Nats-Rollup": "all"},
        {"Nats-Rollup": "sub"},
        {"Nats-TTL": "1s"},
        {"Nats-Schedule": "@at 2030-01-01T00:00:00Z", "Nats-Schedule-Target": f"hobnob.due.{door.owner}.c.birthday"},
    ):
        with pytest.raises(NatsError, match="err_code"):
            await publish_one(jetstream(visitor.client), Outgoing(subject, b"{}", headers), stream=INTAKE)
    await visitor.client.close()
