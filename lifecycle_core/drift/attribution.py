"""What contributes to a change: values only, in the metric's own unit. Attribution explains an alarm and never raises one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from lifecycle_core.conversations import Window
from lifecycle_core.drift.report import Comparison, Status

BELIEVED: Final = 0.05
"""The share of false discoveries at which a segment has its star."""
FEWEST: Final = 50
"""Conversations on both sides without which a segment does not stand alone."""
OTHERS: Final = "(others)"
"""Values of a label with too few conversations to stand alone, together."""
NO_VALUE: Final = "(none)"
"""Conversations that do not have the label."""


class Quantity(StrEnum):
    """What is taken apart: shares and means add over segments; a median does not, and the mean of logarithms stands for it."""

    RATE = "rate"
    MEAN = "mean"
    GEOMETRIC_MEAN = "geometric_mean"
    MIX = "mix"


class Cause(StrEnum):
    """Whether a segment contributes by its size or by what happened in it."""

    MIX = "mix"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Question:
    """One comparison to be explained: conversations of two spans, each of one version.

    recent, reference : spans of whole hours. recent_version, reference_version : whose conversations.
    like_hours : the reference holds only the hours of day that the recent span covers, as a check of less than a day has it.
    edge : US dollars or seconds, for a tail: at or past it a conversation counts as extreme.
    decided : the comparison decided a check; else it is the pair that the reply shows.
    left_out : spans of drifts that have ended, whose conversations a check judges nothing by.
    """

    comparison: Comparison
    recent: Window
    reference: Window
    recent_version: int
    reference_version: int
    like_hours: bool = False
    edge: float | None = None
    decided: bool = True
    left_out: tuple[Window, ...] = ()

    @property
    def quantity(self) -> Quantity:
        """What is taken apart."""
        if self.comparison is Comparison.ACTION_DISTRIBUTION:
            return Quantity.MIX
        if self.comparison is Comparison.COST:
            return Quantity.MEAN
        return Quantity.GEOMETRIC_MEAN if self.comparison is Comparison.RESPONSE_TIME else Quantity.RATE


@dataclass(frozen=True, slots=True)
class Segment:
    """The conversations with one value of a label.

    recent_n, reference_n : those that know the figure; the shares are of all that know it.
    recent_value, reference_value : the figure among them; None where there are none.
    mix, rate : what the segment's size, and what happened in it, add to the change; logarithms for a geometric mean.
    of_change : both over the whole change; None where nothing changed.
    q : of the figure's own change in the segment; size_q : of the change of its share; apart_q : of its changing otherwise than the
    rest did. Each among all segments that were looked at; None where too few tell.
    """

    value: str
    recent_n: int
    reference_n: int
    recent_share: float
    reference_share: float
    recent_value: float | None
    reference_value: float | None
    mix: float
    rate: float
    of_change: float | None
    q: float | None = None
    size_q: float | None = None
    apart_q: float | None = None

    @property
    def contribution(self) -> float:
        """What it adds to the change."""
        return self.mix + self.rate

    @property
    def starred(self) -> bool:
        """Whether it is believed to have changed: its figure, or its size where it came or went."""
        q = self.size_q if self.q is None else self.q
        return q is not None and q <= BELIEVED


@dataclass(frozen=True, slots=True)
class Label:
    """One way to divide all conversations; its segments' contributions add up to the whole change.

    built_in : ours (hour, weekday, model, version) and not a label on the conversations.
    values : how many values it has; those past the fifty commonest, and small ones, stand together.
    mix, rate : sums over its segments. segments : the largest contribution first.
    """

    name: str
    built_in: bool
    values: int
    mix: float
    rate: float
    segments: tuple[Segment, ...]

    @property
    def divides(self) -> bool:
        """Whether it has two parts of which something can be said."""
        return sum(it.value != OTHERS or min(it.recent_n, it.reference_n) >= FEWEST for it in self.segments) > 1


@dataclass(frozen=True, slots=True)
class Finding:
    """What sets the change apart: a segment that changed as the rest did not, or a shift between segments.

    of_change : the share of the change that it stands for. size : the share of conversations, the mean of both sides.
    """

    label: str
    built_in: bool
    segment: Segment
    cause: Cause
    of_change: float
    size: float


@dataclass(frozen=True, slots=True)
class ActionMove:
    """One action's part in how far two mixes lie apart.

    of_g2 : its share of the likelihood ratio, negative where it fell. residual : adjusted, over its design effect; None without data.
    recent_calls, reference_calls : a conversation, on average.
    """

    action: str
    recent_share: float
    reference_share: float
    recent_calls: float
    reference_calls: float
    of_g2: float
    residual: float | None
    q: float | None

    @property
    def starred(self) -> bool:
        """Whether it is believed to have moved."""
        return self.q is not None and self.q <= BELIEVED


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """Failures of one tool with one kind of message, by the conversations that met one.

    tool : None where the conversation itself broke. message : without digits, ids and what is somebody's.
    provider_fault : a provider broke the conversation, not the agent.
    """

    tool: str | None
    message: str
    provider_fault: bool
    recent_n: int
    reference_n: int
    recent_share: float
    reference_share: float
    q: float | None

    @property
    def starred(self) -> bool:
        """Whether it is believed to be met more or less often."""
        return self.q is not None and self.q <= BELIEVED


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation that shows the change; `why` in a few words, none of them the customer's."""

    id: str
    ended_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Attribution:
    """What contributes to one comparison.

    status : the metric's, in the check. recent_n, reference_n : conversations that know the figure.
    recent_value, reference_value, relative_change : as the check tells them; for the mix None and the total variation.
    recent_quantity, reference_quantity, change : what is taken apart; logarithms are told as geometric means, `change` as their difference.
    labels : the most telling first. finding : None where nothing sets the change apart.
    """

    question: Question
    status: Status
    recent_n: int
    reference_n: int
    recent_value: float | None
    reference_value: float | None
    relative_change: float | None
    recent_quantity: float | None
    reference_quantity: float | None
    change: float | None
    labels: tuple[Label, ...]
    finding: Finding | None
    actions: tuple[ActionMove, ...]
    errors: tuple[ErrorKind, ...]
    examples: tuple[Example, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What contributes to what a check found, as of `at`; empty where there is nothing to explain."""

    variant: str
    version: int
    at: datetime
    status: Status
    attributions: tuple[Attribution, ...]
