"""What became of everything that was read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from lifecycle_core.conversations import Conversation
from lifecycle_core.traffic.reading import Batch

SHOWN_PLACES: Final = 5


@dataclass(slots=True)
class Reason:
    """Why some records were refused: one of them in words, and where the first ones stand."""

    example: str
    places: list[tuple[str, int]] = field(default_factory=list)
    records: int = 0


@dataclass(slots=True)
class Span:
    """The conversations of one variant: how many, when the first and the last one ended, and how many of these ends were assumed."""

    first_ended_at: datetime
    last_ended_at: datetime
    conversations: int = 0
    assumed: int = 0


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

    def add(self, batch: Batch, untold: Mapping[str, int]) -> None:
        """Count a batch that was read and judged."""
        self.records += len(batch.conversations) + len(batch.rejected)
        self.quarantined += len(batch.rejected)
        self.untold.update(untold)
        for it in batch.rejected:
            reason = self.reasons.setdefault((it.refusal.field, it.refusal.rule), Reason(it.refusal.sentence))
            reason.records += 1
            if len(reason.places) < SHOWN_PLACES:
                reason.places.append((it.source, it.line))
        for conversation in batch.conversations:
            self._extend(conversation)

    def _extend(self, it: Conversation) -> None:
        span = self.spans.setdefault(it.variant, Span(it.ended_at, it.ended_at))
        span.conversations += 1
        span.assumed += it.ended_at_assumed
        span.first_ended_at = min(span.first_ended_at, it.ended_at)
        span.last_ended_at = max(span.last_ended_at, it.ended_at)
