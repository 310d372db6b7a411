"""The broker's configuration keeps up with the code: what a service reads is what it may."""

import pytest

from deploy.local.specs import NATS_CONFIG, SERVICES
from shared.streams import CONSUMERS, Consumer

TEXT = NATS_CONFIG.read_text(encoding="utf-8")


def allowed_to(user: str) -> str:
    """Return the part of the configuration that is about a user."""
    return TEXT.split(f"user: {user}\n", 1)[1].split("user: ", 1)[0]


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.durable)
def test_every_consumer_can_be_read_by_its_service_alone(consumer: Consumer) -> None:
    """Asking about it, pulling from it and acknowledging are allowed to the service it is named after, and to no other."""
    needed = (
        f'"$JS.API.CONSUMER.INFO.{consumer.stream}.{consumer.durable}"',
        f'"$JS.API.CONSUMER.MSG.NEXT.{consumer.stream}.{consumer.durable}"',
        f'"$JS.ACK.{consumer.stream}.{consumer.durable}.>"',
    )
    for service in SERVICES:
        is_its = consumer.durable.startswith(f"{service}_")
        for line in needed:
            assert (line in allowed_to(service)) == is_its, f"{NATS_CONFIG.name}: {line} for {service}"


def test_no_password_is_in_the_configuration() -> None:
    """Whatever differs between installations is a variable, passwords above all, and each is explained at the top."""
    head = TEXT.split("server_name:", 1)[0]
    for line in TEXT.splitlines():
        key, _, value = line.strip().partition(": ")
        if key in ("password", "listen", "server_name", "store_dir", "sync_interval", "issuer"):
            assert value.startswith("$HOBNOB_"), line
            name = value.removeprefix("$")
            assert name in head or name in [f"HOBNOB_NATS_{user.upper()}_PASSWORD" for user in (*SERVICES, "operator")], line
