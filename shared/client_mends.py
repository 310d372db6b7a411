"""What has to be mended in nats-py 2.16 for FastStream 0.7 to work with it; importing this does it."""

import asyncio

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext

POLL_S = 0.25
"""How long a pull waits to fill its batch: the latency of a lone message. 0.4 % of a core per consumer when idle."""

_fetch = JetStreamContext.PullSubscription.fetch


async def _fetch_in_peace(
    self: JetStreamContext.PullSubscription,
    batch: int = 1,
    timeout: float | None = 5,  # noqa: ASYNC109  # the signature it replaces
    heartbeat: float | None = None,
) -> list[Msg]:
    """
    Fail in the one way that FastStream 0.7 copes with: NATS' own timeout, never at once.

    nats-py 2.16 raises a bare `asyncio.TimeoutError` in one branch of `fetch`; FastStream's consume task then dies and
    restarts, and one message in eight of a quiet subject comes only after `ack_wait` (measured). While the server is away,
    requests would pile up in the client's buffer, take messages for nobody once it is back, and at 2 MB fail at once: the
    task then dies and restarts fifty times a second (measured after an hour: 30 % of a core, 1.2 GB).
    """
    if not self._nc.is_connected:
        await asyncio.sleep(timeout or POLL_S)
        raise nats.errors.TimeoutError
    try:
        return await _fetch(self, batch, timeout, heartbeat)
    except nats.errors.TimeoutError:
        raise
    except TimeoutError as exc:
        raise nats.errors.TimeoutError from exc
    except nats.errors.Error as exc:
        await asyncio.sleep(timeout or POLL_S)
        raise nats.errors.TimeoutError from exc


JetStreamContext.PullSubscription.fetch = _fetch_in_peace  # type: ignore[method-assign]  # see its docstring

_next_msg = Subscription.next_msg


async def _next_msg_at_once(self: Subscription, timeout: float | None = 1.0) -> Msg:  # noqa: ASYNC109  # the signature it replaces
    """
    Hand out a message that is already here, without the two tasks and the timer that nats-py 2.16 spends on each.

    Pulling a thousand at a time costs 40 us a message with them and 13 us without (measured).
    """
    queue = self._pending_queue
    if self._cb or self._conn.is_closed or queue.empty():
        return await _next_msg(self, timeout)
    msg: Msg = queue.get_nowait()
    self._pending_size -= len(msg.data)
    queue.task_done()
    return msg


Subscription.next_msg = _next_msg_at_once  # type: ignore[method-assign]  # see its docstring
