"""
Erasing messages from a stream: read what matches some subjects, and have the server overwrite what is to go.

It needs the right to get and to delete single messages, and no consumer: a right to create one is a right to have what the
stream holds delivered anywhere.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import nats.errors
from nats.aio.client import Client

from shared.errors import BrokerUnavailable
from shared.jetstream import PUBLISH_TIMEOUT_S, Stored

WALKS: Final = 16
"""Parts of a stream that are read beside each other: each message is a request of its own, which waits for the one before."""
NO_MESSAGE: Final = 10037
"""`err_code` of a get that finds nothing from there on."""
NO_SUCH_SEQUENCE: Final = (10043, 10057)
"""`err_code` of a deletion of what is no longer there."""

IsTheirs = Callable[[Stored], bool]
"""Whether a message is to be erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Sequences of a stream, both included; none when *last* is below *first*."""

    first: int
    last: int

    def parts(self, count: int) -> Iterator["Range"]:
        """Return up to *count* ranges that together are this one."""
        size = max(1, -(-(self.last - self.first + 1) // count))
        for start in range(self.first, self.last + 1, size):
            yield Range(first=start, last=min(start + size - 1, self.last))


async def range_of(client: Client, *, stream: str) -> Range:
    """
    Return the sequences that *stream* holds now.

    Raises:
        BrokerUnavailable: the broker did not answer in time, or refused.
    """
    state = (await _ask(client, f"$JS.API.STREAM.INFO.{stream}", {}))["state"]
    return Range(first=max(1, state["first_seq"]), last=state["last_seq"])


def _all(_: Stored) -> bool:
    return True


async def erase_messages(
    client: Client, *, stream: str, subject: str, within: Range, is_theirs: IsTheirs = _all, walks: int = WALKS
) -> int:
    """
    Erase the messages of *stream* on *subject*, which may have wildcards, that are to go; return how many there were.

    Args:
        client: Connected; with the right to get and to delete messages of the stream.
        stream: Its name.
        subject: Where they are.
        within: Their sequences; what comes later is left.
        is_theirs: Which of them; without it, all.
        walks: Parts that are read beside each other; one where few messages are expected.

    Raises:
        BrokerUnavailable: the broker did not answer in time, or refused; what was erased by then stays erased.
    """
    parts = [_erase_part(client, stream, subject, part, is_theirs) for part in within.parts(walks)]
    return sum(await asyncio.gather(*parts))


async def _erase_part(client: Client, stream: str, subject: str, part: Range, is_theirs: IsTheirs) -> int:
    erased = 0
    following = part.first
    while following <= part.last and (message := await _next(client, stream, subject, following)):
        following = message.sequence + 1
        if message.sequence <= part.last and is_theirs(message):
            erased += await _delete(client, stream, message.sequence)
    return erased


async def _next(client: Client, stream: str, subject: str, sequence: int) -> Stored | None:
    answer = await _ask(client, f"$JS.API.STREAM.MSG.GET.{stream}", {"seq": sequence, "next_by_subj": subject})
    if (found := answer.get("message")) is None:
        return None
    return Stored(
        subject=found["subject"],
        sequence=found["seq"],
        headers=_headers(base64.b64decode(found.get("hdrs", ""))),
        body=base64.b64decode(found.get("data", "")),
    )


async def _delete(client: Client, stream: str, sequence: int) -> int:
    """Have one message erased, overwritten on the disk too; return how many there were."""
    answer = await _ask(client, f"$JS.API.STREAM.MSG.DELETE.{stream}", {"seq": sequence})
    return int(answer.get("success", False))


async def _ask(client: Client, subject: str, request: dict[str, Any]) -> dict[str, Any]:
    try:
        reply = await client.request(subject, json.dumps(request).encode(), timeout=PUBLISH_TIMEOUT_S)
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"{subject} got no answer") from exc
    answer: dict[str, Any] = json.loads(reply.data)
    error = answer.get("error")
    if error and error.get("err_code") not in (NO_MESSAGE, *NO_SUCH_SEQUENCE):
        raise BrokerUnavailable(f"{subject}: {error.get('description')}")
    return answer


def _headers(raw: bytes) -> dict[str, str]:
    lines = raw.decode("utf-8", "replace").split("\r\n")[1:]
    return dict(name_and_value(line) for line in lines if ":" in line)


def name_and_value(line: str) -> tuple[str, str]:
    """Split one line of a message's headers."""
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
