"""Turning what was typed into a request, with a mistake in it told as a mistake of usage."""

from typing import Any, TypeVar

import typer
from pydantic import ValidationError

from shared.messages.cloudevents import describe
from shared.messages.values import Message

RequestT = TypeVar("RequestT", bound=Message)


def valid(model: type[RequestT], values: dict[str, Any]) -> RequestT:
    """
    Return the request that *values* make.

    Raises:
        typer.BadParameter: they do not; it says which and why.
    """
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise typer.BadParameter(describe(exc)) from exc
