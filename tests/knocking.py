"""Knocking at a broker's door in the words of its protocol: nats-py 2.16 leaves a socket open when it is refused."""

import asyncio
import json

WELCOME = b"PONG\r\n"
REFUSAL = b"-ERR 'Authorization Violation'\r\n"


async def is_refused(url: str, *, user: str | None = None, password: str | None = None) -> bool:
    """Whether the broker at *url* keeps this user out."""
    host, port = url.removeprefix("nats://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        assert (await reader.readline()).startswith(b"INFO ")
        who = {"user": user, "pass": password} if user is not None else {}
        options = {"verbose": False, "lang": "test", "version": "1", "protocol": 1, **who}
        writer.write(f"CONNECT {json.dumps(options)}\r\nPING\r\n".encode())
        answer = await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()
    assert answer in (WELCOME, REFUSAL), answer
    return answer == REFUSAL
