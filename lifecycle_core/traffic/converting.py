"""Rows → conversations: a row's values, by a mapping, in the record's own types."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping as Values
from datetime import UTC, datetime
from typing import Any, Final

from lifecycle_core.conversations import Conversation
from lifecycle_core.traffic.mapping import FIELDS, Mapping
from lifecycle_core.traffic.refusals import MISSING, Refusal, RefusedError
from lifecycle_core.traffic.times import NAIVE, parse_time
from lifecycle_core.traffic.values import CONVERSIONS, TIMES, converted, text

_ID_CHARACTERS: Final = 32
_STAND_IN: Final = "(variant to be given)"
_NO_END: Final = "give --map ended_at=FIELD, or --ended-at TIME for a source without a clock"
_NO_VARIANT: Final = "give --variant NAME, or --map variant=FIELD"
_NO_FIELD: Final = "none of them is a conversation's; give --map FIELD=SOURCE for those that are"


class Converter:
    """What makes a conversation of a row, by one mapping.

    stand_in : an instant with which a rehearsal fills what is still to be given: ends, and a zone and a variant beside them.
    missing : what was filled so -> how often.

    >>> convert = Converter(Mapping.parse(["booked=success"], variant="baseline"))
    >>> convert({"id": "c1", "ended_at": "2025-10-07T12:00:00Z", "success": 1}).booked
    True
    """

    used: frozenset[str]
    missing: Counter[str]

    def __init__(self, mapping: Mapping, stand_in: datetime | None = None) -> None:
        self.used = mapping.used
        self.missing = Counter()
        self._stand_in = stand_in
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
        if self._mapping.outcome is not None:
            values["booked"] = self._mapping.outcome.of(row)
        self._set_times(values)
        self._set_variant(values)
        if "id" not in values:
            values["id"] = _name_of(row)
        if self._mapping.labels:
            values["segments"] = self._labels(row, values.get("segments", {}))
        self._add_crashes(row, values)
        return Conversation(**values)

    def _set_variant(self, values: dict[str, Any]) -> None:
        if "variant" not in values:
            if self._stand_in is None:
                raise RefusedError(Refusal("variant", MISSING, _NO_VARIANT, of_source=True))
            values["variant"] = _STAND_IN
            self.missing["variant"] += 1

    def _set_times(self, values: dict[str, Any]) -> None:
        zone = self._mapping.zone
        if zone is None and self._stand_in is not None and any(parse_time(values[name], None) == NAIVE for name in TIMES if name in values):
            zone = UTC
            self.missing["zone"] += 1
        for name in TIMES:
            if name in values:
                values[name] = converted(name, values[name], zone)
        if "ended_at" not in values:
            assumed = self._mapping.ended_at or self._stand_in
            if assumed is None:
                raise RefusedError(Refusal("ended_at", MISSING, _NO_END, of_source=True))
            if self._mapping.ended_at is None:
                self.missing["ended_at"] += 1
            values |= {"ended_at": assumed, "ended_at_assumed": True}

    def _labels(self, row: Values[str, Any], own: Any) -> Any:  # noqa: ANN401 - the record's type judges it
        found = {name: source.of(row) for name, source in self._mapping.labels.items()}
        return {**own, **{name: text(name, value) for name, value in found.items() if value is not None}} if isinstance(own, dict) else own

    def _add_crashes(self, row: Values[str, Any], values: dict[str, Any]) -> None:
        for source, value in self._mapping.crashes:
            found, told = source.of(row), values.get("errors", ())
            if value == (found if isinstance(found, str) else json.dumps(found)) and isinstance(told, tuple):
                values["errors"] = (*told, {"tool": None, "message": value})


def _name_of(row: Values[str, Any]) -> str:
    """An id for a row without one: the hash of all that it says."""
    told = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_CHARACTERS]
