"""A data folder from before there were passwords."""

from pathlib import Path

import nats

from deploy.local.credentials import ensure_credentials
from deploy.local.layout import DataFolder
from deploy.local.specs import nats_spec
from deploy.local.upgrade import upgrade
from shared.access import OPERATOR
from shared.jetstream import Outgoing, jetstream, publish_one
from shared.streams import CONTACTS_INTAKE, INTAKE
from shared.topology import ensure_topology
from tests.integration.access.conftest import Broker, Visitor
from tests.servers import child, free_port, nats_server


async def test_its_streams_live_on(tmp_path: Path) -> None:
    """What a broker without accounts held, and how far its readers were, is there with accounts; twice is once."""
    folder = DataFolder(tmp_path)
    folder.create()
    with nats_server(tmp_path) as url:
        client = await nats.connect(url)
        await ensure_topology(client)
        js = jetstream(client)
        for number in range(3):
            await publish_one(js, Outgoing("hobnob.intake.me.job.changed", b"%d" % number), stream=INTAKE)
        reader = await js.pull_subscribe_bind(durable=CONTACTS_INTAKE.durable, stream=INTAKE)
        (first,) = await reader.fetch(1)
        await first.ack_sync()
        await client.close()

    upgrade(folder)
    upgrade(folder)

    credentials = ensure_credentials(folder.credentials)
    port = free_port()
    spec = nats_spec(folder, port=port, credentials=credentials)
    with child(list(spec.arguments), port=port, log=spec.log, environment=spec.environment):
        broker = Broker(url=f"nats://127.0.0.1:{port}", credentials=credentials, log=spec.log)
        operator = (await Visitor(OPERATOR).come_in(broker, credentials.operator.get_secret_value())).client
        await ensure_topology(operator)
        assert (await operator.jetstream().stream_info(INTAKE)).state.messages == 3
        assert (await operator.jetstream().consumer_info(INTAKE, CONTACTS_INTAKE.durable)).num_pending == 2
        await operator.close()
    assert not (tmp_path / "nats.conf").exists()
