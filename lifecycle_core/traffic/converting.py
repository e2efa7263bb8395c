"""Rows → conversations: a row's values, by a mapping, in the record's own types."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping as Values
from datetime import UTC, tzinfo
from typing import Any, Final

from pydantic import ValidationError

from lifecycle_core.conversations import Conversation, conversation_adapter
from lifecycle_core.traffic.mapping import FIELDS, Mapping
from lifecycle_core.traffic.refusals import MISSING, Refusal, RefusedError
from lifecycle_core.traffic.times import NAIVE, parse_time
from lifecycle_core.traffic.values import CONVERSIONS, TIMES, converted, text

STAND_IN: Final = "(not given)"
"""The variant of a preview that was given none."""
_ID_CHARACTERS: Final = 32
_NO_END: Final = "give --map ended_at=FIELD, or --ended-at TIME for a source without a clock"
_NO_VARIANT: Final = "give --variant NAME, or --map variant=FIELD"
_NO_FIELD: Final = "none of them is a conversation's; give --map FIELD=SOURCE for those that are"


class Converter:
    """What makes a conversation of a row, by one mapping.

    unknown : for a preview, what the options have yet to give ("variant", "ended_at", "zone") -> how many rows lack it.

    >>> convert = Converter(Mapping.parse(["booked=success"], variant="baseline"))
    >>> convert({"id": "c1", "ended_at": "2025-10-07T12:00:00Z", "success": 1}).booked
    True
    """

    used: frozenset[str]
    unknown: Counter[str]

    def __init__(self, mapping: Mapping) -> None:
        self.used, self.unknown = mapping.used, Counter()
        self._mapping = mapping
        self._named = {name: CONVERSIONS.get(name) for name in FIELDS if name not in mapping.sources}
        self._mapped = [(name, source, CONVERSIONS.get(name)) for name, source in mapping.sources.items()]

    def __call__(self, row: Values[str, Any]) -> Conversation:
        """The conversation that `row` tells of; raises RefusedError or pydantic's ValidationError."""
        if self.used.isdisjoint(row):
            raise RefusedError(Refusal("fields", ", ".join(map(str, row)) or MISSING, _NO_FIELD, of_source=True))
        values: dict[str, Any] = {}
        for name, value in row.items():
            if value is not None and name in self._named:
                conversion = self._named[name]
                values[name] = conversion(name, value) if conversion else value
        for name, source, conversion in self._mapped:
            value = source.of(row)
            if value is not None:
                values[name] = conversion(name, value) if conversion else value
        self._set_times(values)
        if self._mapping.outcome is not None:
            values["booked"] = self._mapping.outcome.of(row)
        if "variant" not in values:
            values["variant"] = self._stand_in()
        if "id" not in values:
            values["id"] = _name_of(row)
        if self._mapping.labels:
            values["segments"] = self._labels(row, values.get("segments", {}))
        self._add_crashes(row, values)
        return Conversation(**values)

    def _stand_in(self) -> str:
        """The variant of a row that tells none, of a preview; raises RefusedError elsewhere."""
        if self._mapping.preview is None:
            raise RefusedError(Refusal("variant", MISSING, _NO_VARIANT, of_source=True))
        self.unknown["variant"] += 1
        return STAND_IN

    def _set_times(self, values: dict[str, Any]) -> None:
        for name in TIMES:
            if name in values:
                values[name] = converted(name, values[name], self._zone_of(values[name]))
        if "ended_at" not in values:
            assumed = self._mapping.ended_at
            if assumed is None and self._mapping.preview is not None:
                self.unknown["ended_at"] += 1
                assumed = self._mapping.preview
            if assumed is None:
                raise RefusedError(Refusal("ended_at", MISSING, _NO_END, of_source=True))
            values |= {"ended_at": assumed, "ended_at_assumed": True}

    def _zone_of(self, value: Any) -> tzinfo | None:  # noqa: ANN401 - any JSON value
        """The zone of a time that says none; one that is only previewed is read in UTC."""
        if self._mapping.preview is not None and self._mapping.zone is None and parse_time(value, None) == NAIVE:
            self.unknown["zone"] += 1
            return UTC
        return self._mapping.zone

    def _labels(self, row: Values[str, Any], own: Any) -> Any:  # noqa: ANN401 - the record's type judges it
        found = {name: source.of(row) for name, source in self._mapping.labels.items()}
        return {**own, **{name: text(name, value) for name, value in found.items() if value is not None}} if isinstance(own, dict) else own

    def _add_crashes(self, row: Values[str, Any], values: dict[str, Any]) -> None:
        for source, value in self._mapping.crashes:
            found, told = source.of(row), values.get("errors", ())
            if value == (found if isinstance(found, str) else json.dumps(found)) and isinstance(told, tuple):
                values["errors"] = (*told, {"tool": None, "message": value})


def as_it_is(text: bytes) -> Conversation | None:
    """The conversation that a line of JSON is by itself; None where it is none, or only after a closer look at its values.

    A `Converter` says the same of it, in three times the time.

    >>> as_it_is(b'{"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T12:00:00Z", "booked": true}').booked
    True
    >>> as_it_is(b'{"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T12:00:00Z", "booked": 1}')
    """
    if b"NaN" in text or b"Infinity" in text:
        return None
    try:
        return conversation_adapter().validate_json(text)
    except ValidationError:
        return None


def _name_of(row: Values[str, Any]) -> str:
    """An id for a row without one: the hash of all that it says."""
    told = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_CHARACTERS]
