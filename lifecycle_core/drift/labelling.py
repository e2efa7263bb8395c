"""The labels that conversations are divided by: ours, and those on the conversations, whose text is hostile and whose number is bounded."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.pieces import Piece

MOST_VALUES: Final = 1000
"""Values that a label may have before it is one of conversations rather than of segments, and is skipped."""
MOST_LABELS: Final = 20
"""Labels on the conversations that are looked at: those met first."""
HOURS: Final = ("night, 0 to 6 UTC", "morning, 6 to 12 UTC", "afternoon, 12 to 18 UTC", "evening, 18 to 24 UTC")
WEEKDAYS: Final = ("Monday to Friday", "weekend")

_HOUR, _WEEKDAY, _MODEL, _VERSION = "hour", "weekday", "model", "version"
_DAY: Final = 24
_FIRST_WEEKDAY: Final = 3
"""1970 began on a Thursday."""
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class LabelKey:
    """A label's name, and whether it is ours: a label on the conversations may have the same name as one of ours."""

    built_in: bool
    name: str

    @property
    def of_time(self) -> bool:
        """Whether it says when a conversation was: what a window has not of it, it has not for where it lies."""
        return self.built_in and self.name in {_HOUR, _WEEKDAY}

    @property
    def told(self) -> bool:
        """Whether the source told it, as it need not."""
        return not self.built_in or self.name == _MODEL


def ours(hour: int, model: str | None, version: int) -> dict[str, str | None]:
    """The values of our own labels: of a conversation that ended in `hour`, hours since 1970 in UTC.

    >>> ours(0, None, 1)
    {'hour': 'night, 0 to 6 UTC', 'weekday': 'Monday to Friday', 'model': None, 'version': '1'}
    """
    weekend = (hour // _DAY + _FIRST_WEEKDAY) % 7 >= _SATURDAY
    return {_HOUR: HOURS[hour % _DAY // 6], _WEEKDAY: WEEKDAYS[weekend], _MODEL: model, _VERSION: str(version)}


class Labels:
    """The labels met so far, and a number for each of their values.

    values : label -> value -> its number. skipped : label -> why it is left out.
    crowded : whether there were more labels than are looked at.
    """

    def __init__(self) -> None:
        self.values: dict[LabelKey, dict[str, int]] = {}
        self.skipped: dict[LabelKey, str] = {}
        self.crowded = False

    def code(self, piece: Piece) -> dict[LabelKey, NDArray[np.int64]]:
        """The number of each conversation's value by label: (r,) int, -1 where it has none; without the labels left out."""
        codes = self._ours(piece) | self._theirs(piece)
        return {key: numbers for key, numbers in codes.items() if key in self.values}

    def _ours(self, piece: Piece) -> dict[LabelKey, NDArray[np.int64]]:
        codes = {}
        distinct = np.stack([piece.hours, piece.versions, piece.model.codes])
        kinds, place = np.unique(distinct, axis=1, return_inverse=True)
        told = [ours(hour, piece.model.values[model], version) for hour, version, model in kinds.T.tolist()]
        for name in (_HOUR, _WEEKDAY, _MODEL, _VERSION):
            key = LabelKey(built_in=True, name=name)
            numbers = np.array([self._number(key, it[name]) for it in told], dtype=np.int64)
            codes[key] = numbers[place.reshape(-1)]
        return codes

    def _theirs(self, piece: Piece) -> dict[LabelKey, NDArray[np.int64]]:
        by_name: dict[str, tuple[list[int], list[str]]] = {}
        for place, labels in enumerate(piece.segments.values):
            for name, value in labels.items():
                places, values = by_name.setdefault(name, ([], []))
                places.append(place)
                values.append(value)
        found = {}
        for name, (places, values) in by_name.items():
            key = LabelKey(built_in=False, name=name)
            numbers = np.full(len(piece.segments.values), -1, dtype=np.int64)
            different = {value: self._number(key, value) for value in dict.fromkeys(values)}
            numbers[places] = [different[value] for value in values]
            found[key] = numbers[piece.segments.codes]
        return found

    def _number(self, key: LabelKey, value: str | None) -> int:
        """The number of a value; -1 for none, and where its label is left out."""
        if value is None or key in self.skipped:
            return -1
        if key not in self.values:
            if not key.built_in and sum(not it.built_in for it in (*self.values, *self.skipped)) >= MOST_LABELS:
                self.crowded = True
                return -1
            self.values[key] = {}
        known = self.values[key]
        if value not in known and len(known) >= MOST_VALUES:
            self.skipped[key] = f"it has more than {MOST_VALUES:,} values"
            del self.values[key]
            return -1
        return known.setdefault(value, len(known))
