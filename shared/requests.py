"""
Asking a service: `hobnob.rpc.<service>.<verb>`, one request, one typed reply or an error.

Needs the NATS client only, so that the `hobnob` command starts fast.
"""

import json
from typing import Any, TypeVar

import nats.errors
from nats.aio.client import Client
from pydantic import ValidationError

from shared import subjects
from shared.errors import (
    BrokerUnavailable,
    Conflict,
    HobnobError,
    InvalidMessage,
    NotFound,
    PermanentError,
    TooLarge,
    TransientError,
)
from shared.messages.rpc import Err
from shared.messages.values import Message

ReplyT = TypeVar("ReplyT", bound=Message)

_BY_CODE: dict[str, type[HobnobError]] = {
    PermanentError.code: PermanentError,
    NotFound.code: NotFound,
    Conflict.code: Conflict,
    TooLarge.code: TooLarge,
    TransientError.code: TransientError,
}


async def request_reply(client: Client, *, service: str, verb: str, request: Message, timeout_s: float) -> bytes:
    """
    Ask a service and return its raw reply.

    Raises:
        BrokerUnavailable: nobody answers.
    """
    try:
        reply = await client.request(subjects.rpc(service, verb), request.model_dump_json().encode(), timeout=timeout_s)
    except nats.errors.NoRespondersError as exc:
        raise BrokerUnavailable(f"the {service} service is not running") from exc
    except (TimeoutError, nats.errors.Error) as exc:
        raise BrokerUnavailable(f"the {service} service did not answer within {timeout_s:g} s") from exc
    return bytes(reply.data)


async def ask(client: Client, *, service: str, verb: str, request: Message, reply: type[ReplyT], timeout_s: float) -> ReplyT:
    """
    Ask a service and return its answer as a *reply*.

    Raises:
        BrokerUnavailable: nobody answers.
        NotFound, Conflict, TooLarge, PermanentError, TransientError, HobnobError: the service's own `Err`, by its code.
        InvalidMessage: the answer is not a *reply*; the two are of different versions.
    """
    payload = await request_reply(client, service=service, verb=verb, request=request, timeout_s=timeout_s)
    try:
        answer: Any = json.loads(payload)
        if isinstance(answer, dict) and answer.get("type") == "error":
            refusal = Err.model_validate(answer)
            raise _BY_CODE.get(refusal.code, HobnobError)(refusal.detail)
        return reply.model_validate_json(payload)
    except (ValidationError, ValueError) as exc:
        raise InvalidMessage(f"the {service} service answered {verb} with something else than {reply.__name__}") from exc
