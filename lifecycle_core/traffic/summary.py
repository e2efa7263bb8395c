"""What became of everything that was read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self

from lifecycle_core.conversations import Conversation
from lifecycle_core.traffic.reading import Batch

SHOWN_PLACES: Final = 5


@dataclass(slots=True)
class Reason:
    """Why some records were refused: one of them in words, and where the first ones stand."""

    example: str
    places: list[tuple[str, int]] = field(default_factory=list)
    records: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """The conversations of one variant: how many, when the first and the last one ended, and how many of these ends were assumed."""

    first_ended_at: datetime
    last_ended_at: datetime
    conversations: int = 0
    assumed: int = 0

    def with_others(self, it: Self) -> Self:
        """The span of these and of others."""
        return replace(
            self,
            first_ended_at=min(self.first_ended_at, it.first_ended_at),
            last_ended_at=max(self.last_ended_at, it.last_ended_at),
            conversations=self.conversations + it.conversations,
            assumed=self.assumed + it.assumed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBatch:
    """A batch that was taken in whole: what a summary says of it when its bytes come again, without reading them.

    conversations : how many; differing : those that say something else than what is kept; the others are as in `Summary`.
    """

    conversations: int
    differing: int = 0
    spans: Mapping[str, Span]
    untold: Mapping[str, int]
    unused: Mapping[str, int]
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class Summary:
    """The counts of an ingest; `records` is everything that was read.

    accepted : new; known : there already; differing : those of the known that say something else than what is kept.
    reasons : (field, rule) -> why records were quarantined.
    unused : field of the source -> how many records had it and no conversation took it.
    untold : field of a conversation -> how many conversations do not tell it.
    forms : what sources were read as -> by what they were known, and how many they are.
    unknown : what options have yet to give, of a preview -> how many records lack it.
    """

    records: int = 0
    accepted: int = 0
    known: int = 0
    differing: int = 0
    quarantined: int = 0
    reasons: dict[tuple[str | None, str], Reason] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    unused: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)
    remarks: dict[str, None] = field(default_factory=dict)
    forms: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    @property
    def conversations(self) -> int:
        """How many records were conversations."""
        return self.records - self.quarantined

    def add(self, batch: Batch, untold: Mapping[str, int]) -> dict[str, Span]:
        """Count a batch that was read and judged: -> variant -> the span of its conversations."""
        self.records += len(batch.conversations) + len(batch.rejected)
        self.quarantined += len(batch.rejected)
        self.untold.update(untold)
        self.unused.update(batch.unused)
        for it in batch.rejected:
            reason = self.reasons.setdefault((it.refusal.field, it.refusal.rule), Reason(it.refusal.sentence))
            reason.records += 1
            if len(reason.places) < SHOWN_PLACES:
                reason.places.append((it.source, it.line))
        spans = _spans_of(batch.conversations)
        self._extend(spans)
        return spans

    def add_again(self, it: TakenBatch) -> None:
        """Count a batch that is known by its bytes."""
        self.records += it.conversations
        self.known += it.conversations
        self.differing += it.differing
        self.untold.update(it.untold)
        self.unused.update(it.unused)
        self.remarks |= dict.fromkeys(it.remarks)
        self._extend(it.spans)

    def _extend(self, spans: Mapping[str, Span]) -> None:
        for variant, it in spans.items():
            before = self.spans.get(variant)
            self.spans[variant] = it if before is None else before.with_others(it)


def _spans_of(conversations: Iterable[Conversation]) -> dict[str, Span]:
    """Variant -> the span of its conversations."""
    ended_at: defaultdict[str, list[datetime]] = defaultdict(list)
    assumed: Counter[str] = Counter()
    for it in conversations:
        ended_at[it.variant].append(it.ended_at)
        assumed[it.variant] += it.ended_at_assumed
    return {variant: Span(min(ends), max(ends), len(ends), assumed[variant]) for variant, ends in ended_at.items()}
