"""What a retraining learns from: the newest conversations of known outcome, of both kinds, masked."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.policy import RetrainingPolicy
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.retraining.errors import RetrainingRefusedError

if TYPE_CHECKING:
    import pandas as pd

CUSTOMERS_SHARE: Final = 0.05
"""How much of the data one customer may make up, so that nobody speaks for all."""
OF_A_KIND: Final = 20
"""So many failures, and so many successes, are sought further back where the newest hold fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """Masked conversations, the newest first, and what they came to.

    window : from the first end to just past the last; None without conversations.
    left_out : so many more of known outcome would have fitted, but for the cap on one customer's share.
    """

    conversations: tuple[Conversation, ...]
    window: Window | None
    left_out: int = 0

    @property
    def size(self) -> int:
        """How many conversations there are."""
        return len(self.conversations)

    @property
    def successes(self) -> int:
        """How many of them booked."""
        return sum(it.booked is True for it in self.conversations)

    @property
    def failures(self) -> int:
        """How many of them did not."""
        return sum(it.booked is False for it in self.conversations)

    @property
    def escalations(self) -> int:
        """How many of them were handed over to a person."""
        return sum(it.escalated is True for it in self.conversations)

    @property
    def simulated(self) -> bool:
        """Whether any of them was served by a simulated model."""
        return any((it.model or "").startswith("simulated") for it in self.conversations)

    def frame(self) -> "pd.DataFrame":
        """One row a conversation, for checks of its quality: its id, end, outcome and customer, how many messages and characters it has."""
        import pandas as pd

        rows = [
            {
                "id": it.id,
                "ended_at": it.ended_at,
                "booked": it.booked,
                "escalated": it.escalated,
                "messages": len(it.messages),
                "characters": sum(len(message.get("content") or "") for message in it.messages),
                "customer_id": it.customer_id,
            }
            for it in self.conversations
        ]
        return pd.DataFrame(rows, columns=["id", "ended_at", "booked", "escalated", "messages", "characters", "customer_id"])


def collect(conversations: Iterable[Conversation], policy: RetrainingPolicy, masker: Masker) -> TrainingData:
    """The training data among `conversations`: at most `max_training_examples`, the newest first, every text of them masked.

    Conversations of unknown outcome are of use only where they were handed over; those that a provider's fault broke are of none, since
    nothing that was said in them made them fail. One customer gives at most 5%. Where the newest hold fewer than 20 of a kind, older ones
    of that kind take the place of the oldest of the other.

    Raises RetrainingRefusedError with fewer than `min_training_examples`.

    >>> from datetime import UTC, datetime, timedelta
    >>> noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    >>> told = [Conversation(id=str(n), variant="v", ended_at=noon - timedelta(hours=n), booked=n % 4 > 0) for n in range(600)]
    >>> it = collect(told, RetrainingPolicy(), Masker(b"secret"))
    >>> it.size, it.failures, it.conversations[0].id
    (500, 125, '0')
    """
    newest = sorted((it for it in conversations if _useful(it, policy)), key=lambda it: (it.ended_at, it.id), reverse=True)
    most = policy.max_training_examples
    usable, left_out = _capped(newest, max(1, round(CUSTOMERS_SHARE * most)))
    chosen = _balanced(usable, most)
    if len(chosen) < policy.min_training_examples:
        message = (
            f"{len(chosen)} conversations of known outcome can be learnt from; {policy.min_training_examples} are needed: "
            "wait for more, or lower minTrainingExamples"
        )
        raise RetrainingRefusedError(message)
    window = Window(chosen[-1].ended_at, chosen[0].ended_at) if chosen else None
    return TrainingData(
        conversations=tuple(masker.conversation(it) for it in chosen), window=window, left_out=left_out if len(chosen) < most else 0
    )


def _useful(it: Conversation, policy: RetrainingPolicy) -> bool:
    if it.provider_fault:
        return False
    if it.booked is None:
        return it.escalated is True and policy.include_failures
    return policy.include_successes if it.booked else policy.include_failures


def _capped(newest: Sequence[Conversation], most: int) -> tuple[list[Conversation], int]:
    seen: Counter[str] = Counter()
    kept = []
    for it in newest:
        if it.customer_id is not None:
            seen[it.customer_id] += 1
            if seen[it.customer_id] > most:
                continue
        kept.append(it)
    return kept, len(newest) - len(kept)


def _balanced(usable: Sequence[Conversation], most: int) -> list[Conversation]:
    chosen, older = list(usable[:most]), list(usable[most:])
    for outcome in (False, True):
        missing = OF_A_KIND - sum(it.booked is outcome for it in chosen)
        further = [it for it in older if it.booked is outcome][: max(0, missing)]
        others = [it for it in chosen if it.booked is not outcome]
        further = further[: max(0, len(others) - OF_A_KIND)]
        dropped = {it.id for it in others[len(others) - len(further) :]} if further else set()
        chosen = [it for it in chosen if it.id not in dropped] + further
    return sorted(chosen, key=lambda it: (it.ended_at, it.id), reverse=True)
