"""
The trace that a message belongs to: W3C `traceparent`, carried from a fact to the inbox item that comes of it.

Every message has one, whether or not traces are sent: where its sender gave none, it is derived from the fact, so that the
trace id is also the one word by which logs can be searched along the whole way.

Source:
    W3C Trace Context, section 3.2; CloudEvents 1.0 extension "Distributed Tracing".
"""

import re
from hashlib import blake2b
from typing import Final

TRACEPARENT: Final = "traceparent"
"""Name of the header in HTTP and NATS, and of the extension attribute of a CloudEvent."""

_FORM: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_SAMPLED: Final = 0x01


def read_traceparent(value: object) -> str | None:
    """Return a `traceparent` as we carry it on; what is none is ignored, as the standard asks."""
    if not isinstance(value, str) or not (found := _FORM.fullmatch(value.strip())):
        return None
    return f"00-{found[1]}-{found[2]}-{found[3]}"


def derived_traceparent(*identity: str) -> str:
    """Return the `traceparent` of what has this identity and came with none: always the same one, and not sampled."""
    digest = blake2b("\0".join(identity).encode(), digest_size=24).hexdigest()
    return f"00-{digest[:32]}-{digest[32:]}-00"


def trace_id_of(traceparent: str) -> str:
    """Return the trace id in a valid `traceparent`: 32 hex digits."""
    return traceparent[3:35]


def is_sampled(traceparent: str) -> bool:
    """Whether the sender of a valid `traceparent` records this trace."""
    return bool(int(traceparent[-2:], 16) & _SAMPLED)
