"""What the scripted model answers to who asks for JSON of a given shape."""

import json
from collections.abc import Mapping
from typing import Final

from lifecycle_core.chat import ChatMessage

_EMPTY: Final[Mapping[str, object]] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}


def write(schema: Mapping[str, object], messages: tuple[ChatMessage, ...], seed: int) -> str:
    """JSON text that follows `schema`.

    >>> write({"type": "object", "properties": {"codes": {"type": "array"}}, "required": ["codes"]}, (), 1)
    '{"codes": []}'
    """
    del messages, seed
    return json.dumps(_least(schema))


def _least(schema: Mapping[str, object]) -> object:
    """The least value that follows a schema."""
    if isinstance(choices := schema.get("enum"), list) and choices:
        return choices[0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        items = schema.get("items")
        fewest = schema.get("minItems")
        return [_least(items if isinstance(items, Mapping) else {}) for _ in range(fewest if isinstance(fewest, int) else 0)]
    if kind in _EMPTY:
        return _EMPTY[str(kind)]
    properties, required = schema.get("properties"), schema.get("required")
    if isinstance(properties, Mapping) and isinstance(required, list | tuple):
        return {name: _least(properties[name]) for name in required if name in properties}
    return {}
