"""Documents that a command is given: text and JSON, refused in a sentence where they are neither."""

import json
from typing import Any, BinaryIO

from lifecycle_core.errors import InvalidInputError, TooLargeError

_MOST_BYTES_A_CHARACTER = 4


def read_text(source: BinaryIO, name: str, most: int) -> str:
    """The text of `source`, which is UTF-8 and at most `most` characters long; Raises InvalidInputError or TooLargeError."""
    content = source.read(_MOST_BYTES_A_CHARACTER * most + 1)
    if len(content) > _MOST_BYTES_A_CHARACTER * most:
        message = f"{name} is larger than {most:,} characters, the most that is kept; is it the right file?"
        raise TooLargeError(message, field=name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{name} is not UTF-8: byte {error.start + 1} is 0x{content[error.start]:02x}; save it as UTF-8"
        raise InvalidInputError(message, field=name) from error


def read_object(text: str, name: str) -> dict[str, Any]:
    """The JSON object that `text` is; raises InvalidInputError.

    >>> read_object('{"temperature": 0.2}', "parameters")
    {'temperature': 0.2}
    """
    found = _json(text, name)
    if not isinstance(found, dict):
        message = f'{name} is {text[:50]!r}; give a JSON object, such as {{"temperature": 0.2}}'
        raise InvalidInputError(message, field=name)
    return found


def read_array(source: BinaryIO, name: str, most: int) -> list[Any]:
    """The JSON array that `source` holds; raises InvalidInputError or TooLargeError."""
    found = _json(read_text(source, name, most), name)
    if not isinstance(found, list):
        message = f"{name} holds no JSON array; give a list of tools: [...]"
        raise InvalidInputError(message, field=name)
    return found


def _json(text: str, name: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        message = f"{name} is not JSON: {reason}; it begins with {text[:50]!r}"
        raise InvalidInputError(message, field=name) from error
