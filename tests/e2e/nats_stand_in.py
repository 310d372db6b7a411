"""
What `nats --inbox-prefix PREFIX request SUBJECT BODY` does, for machines that lack that command.

Understands nothing else, so that an example that uses it in another way is not covered up.
"""

import argparse
import asyncio
import os

import nats


async def request(options: argparse.Namespace) -> None:
    """Send one request and print the answer."""
    client = await nats.connect(
        os.environ["NATS_URL"],
        user=os.environ["NATS_USER"],
        password=os.environ["NATS_PASSWORD"],
        inbox_prefix=options.inbox_prefix,
    )
    answer = await client.request(options.subject, options.body.encode(), timeout=5)
    print(answer.data.decode())
    await client.close()


parser = argparse.ArgumentParser(prog="nats")
parser.add_argument("--inbox-prefix", required=True)
parser.add_argument("verb", choices=["request"])
parser.add_argument("subject")
parser.add_argument("body")
asyncio.run(request(parser.parse_args()))
