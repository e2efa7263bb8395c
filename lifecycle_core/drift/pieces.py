"""Conversations by column, a piece at a time: what is read once and forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.conversations import Fault
from lifecycle_core.drift.report import Metric
from lifecycle_core.statistics.arrays import Array

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Coded(Generic[T]):
    """A column of few different values: `values[codes[i]]` is that of conversation i; codes : (r,) int."""

    values: Sequence[T]
    codes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some conversations, by column.

    hours : (r,) int, since 1970; versions : (r,) int; figures : (r,) float of booked, escalated, cost in US dollars, latency in
    seconds; NaN unknown. faults : each with whether a provider broke the conversation.
    """

    hours: NDArray[np.int64]
    versions: NDArray[np.int64]
    figures: Mapping[Metric, Array]
    model: Coded[str | None]
    segments: Coded[Mapping[str, str]]
    actions: Coded[Sequence[str]]
    faults: Coded[tuple[bool, Sequence[Fault]]]
