"""What to paste into another system, with a new credential in it. Pure."""

import json
from typing import Final

from services.notifier.web.settings.credentials import Made
from shared.messages.cloudevents import event_type
from shared.messages.facts import FactName
from shared.subjects import intake

FACT: Final = FactName.CONTACT_UPSERTED
DATA: Final = {"name": "Ada Example", "birthday": "--05-04"}


def snippets_of(made: Made) -> tuple[tuple[str, str], ...]:
    """Return a title and a text for each way in."""
    event = json.dumps(
        {"specversion": "1.0", "id": "1", "source": made.name, "type": event_type(FACT), "data": DATA}, separators=(", ", ": ")
    )
    owner = made.user.partition(".")[0]
    subject = intake(owner, FACT)
    curl = (
        f"curl {made.http_url}/events \\\n"
        f"  -H 'Authorization: Bearer {made.secret}' \\\n"
        "  -H 'Content-Type: application/cloudevents+json' \\\n"
        f"  -d '{event}'"
    )
    command = (
        f"nats --server {made.nats_url} --user {made.user} --password {made.secret} \\\n"
        f"  --inbox-prefix {made.inbox_prefix} request {subject} '{event}'"
    )
    python = (
        "import asyncio, json, nats\n\n"
        f"EVENT = {event}\n\n"
        "async def main():\n"
        "    client = await nats.connect(\n"
        f"        {json.dumps(made.nats_url)}, user={json.dumps(made.user)},\n"
        f"        password={json.dumps(made.secret)},\n"
        f"        inbox_prefix={json.dumps(made.inbox_prefix)},\n"
        "    )\n"
        f"    await client.jetstream().publish({json.dumps(subject)}, json.dumps(EVENT).encode())\n"
        "    await client.close()\n\n"
        "asyncio.run(main())"
    )
    return ("Shell, over HTTP", curl), ("Shell, over NATS", command), ("Python, over NATS", python)
