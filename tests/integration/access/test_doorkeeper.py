"""Coming in and being cut off: the doorkeeper between a real broker and a real database."""

import asyncio
import gc
import os
import sys
import time

import pytest

from services.notifier import app as notifier_app
from services.notifier.domain.opaque_secrets import digest_of
from shared.broker import build_broker, client_of
from shared.counters import Counters
from shared.errors import Conflict, NotFound
from shared.messages.access import CredentialPage, ListCredentials, Scope
from shared.messages.rpc import GetHealth, HealthReply
from tests.conftest import eventually
from tests.integration.access.conftest import OUTLAWED_WITHIN_S, Door, Visitor, is_kept_out
from tests.integration.notifier.conftest import running


async def test_only_the_right_secret_lets_in(door: Door) -> None:
    """Another password, another credential's, another user's name, the hash itself, or none at all: kept out."""
    secret, other = await door.issue("crm"), await door.issue("hr")
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for password in (wrong, other, digest_of(secret=secret), "", secret.upper(), f" {secret}"):
        assert await is_kept_out(door.visitor("crm"), door.broker, password), password
    for user in (f"{door.owner}.nobody", f"{door.owner}.CRM", "contacts", "doorkeeper", door.owner, "crm", ">", "x.y.z"):
        assert await is_kept_out(Visitor(user), door.broker, secret), user
    assert not await is_kept_out(door.visitor("crm"), door.broker, secret)


async def test_a_secret_is_kept_nowhere(door: Door) -> None:
    """The database has its hash alone; neither it nor the log of the broker has the secret."""
    secret = await door.issue("crm")
    visitor = await door.visitor("crm").come_in(door.broker, secret)
    stored = await door.database["credentials"].find().to_list(None)
    assert [document["secret_sha256"] for document in stored] == [digest_of(secret=secret)]
    assert secret not in str(stored)
    assert secret not in door.broker.log.read_text()
    await visitor.client.close()


async def test_revoked_is_cut_off_at_once(door: Door) -> None:
    """Within a second every connection of that credential is cut and stays out; nobody else notices."""
    secret, other = await door.issue("crm"), await door.issue("hr")
    twice = [await door.visitor("crm").come_in(door.broker, secret) for _ in range(2)]
    bystanders = [await door.visitor("hr").come_in(door.broker, other), await door.service("contacts")]
    began = time.monotonic()
    await door.revoke("crm")
    async with asyncio.timeout(OUTLAWED_WITHIN_S):
        await asyncio.gather(*(visitor.was_cut.wait() for visitor in twice))
    assert time.monotonic() - began < OUTLAWED_WITHIN_S
    assert await is_kept_out(door.visitor("crm"), door.broker, secret)
    for visitor in bystanders:
        await visitor.client.flush()
        assert not visitor.was_cut.is_set()
        await visitor.client.close()


async def test_a_new_secret_ends_the_old_one(door: Door) -> None:
    """Rotation cuts those who came in with the old secret, keeps it out, and lets the new one in and stay in."""
    old = await door.issue("crm")
    visitor = await door.visitor("crm").come_in(door.broker, old)
    new = await door.issue("crm", replace=True)
    async with asyncio.timeout(OUTLAWED_WITHIN_S):
        await visitor.was_cut.wait()
    assert await is_kept_out(door.visitor("crm"), door.broker, old)
    present = await door.visitor("crm").come_in(door.broker, new)
    await door.issue("other")
    await door.revoke("other")  # has everybody looked at once more
    await present.client.flush()
    assert not present.was_cut.is_set()
    await present.client.close()


async def test_the_sweep_cuts_whom_a_revocation_missed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential that is gone without anybody having been cut, as after a crash in between, is of use until the next turn."""
    secret = await door.issue("crm")
    visitor = await door.visitor("crm").come_in(door.broker, secret)
    stale = await door.issue("hr")
    other = await door.visitor("hr").come_in(door.broker, stale)
    await door.database["credentials"].delete_one({"_id": visitor.user})
    await door.database["credentials"].update_one({"_id": other.user}, {"$set": {"secret_sha256": digest_of(secret="another")}})
    # A second notifier, as many may run, that looks more often.
    monkeypatch.setattr(notifier_app, "SWEEP_PERIOD_S", 0.1)
    async with running(door.settings, door.operator), asyncio.timeout(10):
        await visitor.was_cut.wait()
        await other.was_cut.wait()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_without_a_doorkeeper_nobody_new_comes_in(empty_door: Door) -> None:
    """While no notifier runs, services and operator work; a client that keeps trying is in once it is back."""
    assert await is_kept_out(empty_door.visitor("crm"), empty_door.broker, "hob_" + "x" * 43)
    service = await empty_door.service("scheduler")
    await service.client.close()
    async with running(empty_door.settings, empty_door.operator):
        await empty_door.add_owner(empty_door.owner)
        secret = await empty_door.issue("crm")
    arriving = asyncio.create_task(
        empty_door.visitor("crm").come_in(
            empty_door.broker, secret, stays=True, max_reconnect_attempts=-1, reconnect_time_wait=0.1
        )
    )
    async with running(empty_door.settings, empty_door.operator), asyncio.timeout(20):
        visitor = await arriving
        await visitor.client.flush()
        await visitor.client.close()
    # What nats-py left open of the attempts that were refused, here where it may.
    gc.collect()


async def test_a_database_that_is_away_keeps_out_quickly(empty_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doorkeeper answers no within its time, and does not leave the broker waiting."""
    async with running(empty_door.settings, empty_door.operator):
        await empty_door.add_owner(empty_door.owner)
        secret = await empty_door.issue("crm")

        async def never(*_: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr("services.notifier.store.credentials.CredentialStore.by_secret", never)
        began = time.monotonic()
        assert await is_kept_out(empty_door.visitor("crm"), empty_door.broker, secret)
        assert time.monotonic() - began < 1.4, "the broker gave up waiting instead"


async def test_a_wrong_doorkeepers_password_ends_the_service(empty_door: Door) -> None:
    """It is an error that names the setting, not a notifier which looks healthy and lets nobody in."""
    settings = empty_door.settings
    assert settings.nats_password is not None
    assert settings.nats_issuer_seed is not None
    environment = {
        "HOBNOB_NATS_URL": settings.nats_url,
        "HOBNOB_NATS_USER": "notifier",
        "HOBNOB_NATS_PASSWORD": settings.nats_password.get_secret_value(),
        "HOBNOB_NATS_ISSUER_SEED": settings.nats_issuer_seed.get_secret_value(),
        "HOBNOB_DOORKEEPER_PASSWORD": "wrong",
        "HOBNOB_MONGO_URL": settings.mongo_url.get_secret_value(),
        "HOBNOB_MONGO_DATABASE": settings.mongo_database,
        "HOBNOB_HTTP_PORT": "0",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.notifier"), stderr=asyncio.subprocess.PIPE, env={**os.environ, **environment}
    )
    async with asyncio.timeout(60):
        _, log = await process.communicate()
    assert process.returncode == 1
    assert "HOBNOB_DOORKEEPER_PASSWORD" in log.decode().splitlines()[-1]


async def test_credentials_are_issued_listed_and_revoked(door: Door) -> None:
    """A name is taken once; an owner must exist; what does not exist is not replaced or revoked; secrets are not listed."""
    secret = await door.issue("crm")
    with pytest.raises(Conflict, match="--rotate"):
        await door.issue("crm")
    with pytest.raises(NotFound, match="no owner"):
        await door.issue("crm", owner="nobody")
    with pytest.raises(NotFound):
        await door.issue("hr", replace=True)
    with pytest.raises(Conflict, match="scope"):
        await door.issue("crm", scope=Scope.OWNER, replace=True)
    with pytest.raises(NotFound):
        await door.revoke("hr")
    await door.issue("phone", scope=Scope.OWNER)
    request = ListCredentials(owner=door.owner, limit=1)
    first: CredentialPage = await door.ask("credential.list", request, CredentialPage)
    second: CredentialPage = await door.ask(
        "credential.list", request.model_copy(update={"cursor": first.cursor}), CredentialPage
    )
    found = [*first.credentials, *second.credentials]
    assert [(each.owner, each.name, each.scope) for each in found] == [
        (door.owner, "crm", Scope.EMIT),
        (door.owner, "phone", Scope.OWNER),
    ]
    assert second.cursor is None
    assert secret not in first.model_dump_json()
    await door.revoke("crm")
    with pytest.raises(NotFound):
        await door.revoke("crm")


async def test_a_violation_is_counted(door: Door) -> None:
    """What a service may not do, it counts: whoever waits for the answer sees only a timeout."""
    counters = Counters()
    broker = build_broker(door.settings, service="notifier", counters=counters)
    async with broker:
        await broker.connect()
        await client_of(broker).publish("hobnob.people.o.c", b"")

        async def is_counted() -> bool:
            return counters.snapshot().get("permissions.violated") == 1

        await eventually(is_counted)
    health: HealthReply = await door.ask("health", GetHealth(), HealthReply)
    assert "permissions.violated" not in health.counters
