"""What `hobnob status` tells: the processes of a local stack, or the services that answer at a remote broker."""

from pathlib import Path
from typing import Any

import nats.errors
from nats.js.errors import APIError

from cli.client import Hobnob, connected
from cli.errors import NoStack
from cli.settings import CliSettings
from cli.target import data_folder, is_remote, local_target, resolve
from deploy.local.state import Phase, StackState
from shared.errors import BrokerUnavailable
from shared.messages.rpc import GetHealth, HealthReply
from shared.requests import ask
from shared.streams import DEAD

SERVICES = ("contacts", "scheduler", "notifier")
HEALTH_TIMEOUT_S = 2.0


async def stack_status(data: Path | None, settings: CliSettings) -> dict[str, Any]:
    """
    Return the document that `status --json` prints.

    `dead_letters` is null when no broker answers. A remote stack shows its services only: `running` when they answer,
    `stopped` when nobody does; their process ids are not known here.

    Raises:
        NoStack: the broker that the environment names does not answer.
    """
    if is_remote(data, settings):
        async with connected(resolve(data, settings)) as hobnob:
            return await _remote(hobnob, settings)
    from deploy.local.control import look

    root = data_folder(data, settings).resolve()
    return await _local(root, look(root), settings)


async def _local(root: Path, state: StackState, settings: CliSettings) -> dict[str, Any]:
    dead_letters = None
    if state.state is Phase.RUNNING and state.nats_url:
        try:
            async with connected(local_target(root, state, settings)) as hobnob:
                dead_letters = await _dead_letters(hobnob)
        except NoStack:
            dead_letters = None  # the broker is being restarted; its line says so
    return {
        "state": state.state.value,
        "nats_url": state.nats_url,
        "http_url": state.http_url,
        "processes": [
            {
                "name": process.name,
                "pid": process.identity.pid if process.identity else None,
                "state": process.state.value,
                "restarts": process.restarts,
            }
            for process in state.processes
        ],
        "dead_letters": dead_letters,
    }


async def _remote(hobnob: Hobnob, settings: CliSettings) -> dict[str, Any]:
    processes = []
    for name in SERVICES:
        state = "running" if await _answers(hobnob, name) else "stopped"
        processes.append({"name": name, "pid": None, "state": state, "restarts": None})
    all_run = all(process["state"] == "running" for process in processes)
    return {
        "state": "running" if all_run else "incomplete",
        "nats_url": settings.nats_url,
        "http_url": settings.http_url,
        "processes": processes,
        "dead_letters": await _dead_letters(hobnob),
    }


async def _answers(hobnob: Hobnob, service: str) -> bool:
    request = GetHealth()
    try:
        await ask(hobnob.client, service=service, verb="health", request=request, reply=HealthReply, timeout_s=HEALTH_TIMEOUT_S)
    except BrokerUnavailable:
        return False
    return True


async def _dead_letters(hobnob: Hobnob) -> int | None:
    try:
        return int((await hobnob.js.stream_info(DEAD)).state.messages)
    except (APIError, TimeoutError, nats.errors.Error):
        return None
