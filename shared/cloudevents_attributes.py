"""What the attributes of a CloudEvent may be: their names, their values, their types."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, PlainValidator, StringConstraints, WithJsonSchema

from shared.cloudevents_binary import is_json

NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
_EXTENSION_NAME = re.compile(r"[a-z0-9]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_INTEGERS: Final = range(-(2**31), 2**31)
_EXTENSION_CHARS: Final = 2_000


def json_type(value: str) -> str:
    """Return the media type of an event's data when it is JSON; raise `ValueError` otherwise."""
    if not is_json(value):
        raise ValueError("only JSON data is read; leave it out or write application/json")
    return value


def _extension_name(name: str) -> str:
    if name == "data_base64":
        raise ValueError("binary data is not read; write the fact as a JSON object in data")
    if not _EXTENSION_NAME.fullmatch(name):
        raise ValueError("an attribute's name has lower-case letters and digits only")
    return name


def _extension_value(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value not in _INTEGERS:
            raise ValueError("an attribute's integer has at most 32 bits")
        return value
    if not isinstance(value, str):
        raise ValueError("an attribute is text, an integer or a boolean; everything else belongs into data")
    if len(value) > _EXTENSION_CHARS or _CONTROL.search(value):
        raise ValueError(f"an attribute has at most {_EXTENSION_CHARS} characters, and no control characters")
    return value


Attribute = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_CONTROLS)]
"""A text attribute (CloudEvents 1.0.2, "Type System": no control characters)."""
ExtensionName = Annotated[str, AfterValidator(_extension_name)]
ExtensionValue = Annotated[
    str | int | bool | None,
    PlainValidator(_extension_value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": _EXTENSION_CHARS, "pattern": NO_CONTROLS},
                {"type": "integer", "minimum": _INTEGERS.start, "maximum": _INTEGERS.stop - 1},
                {"type": "boolean"},
                {"type": "null"},
            ]
        }
    ),
]
