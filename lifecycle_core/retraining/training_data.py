"""What a retraining learns from: the newest conversations of known outcome, of both kinds, each once, masked, and split by their goals."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Self

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.policy import RetrainingPolicy
from lifecycle_core.privacy.masking import Masker, find
from lifecycle_core.retraining.cases import Split, split_of
from lifecycle_core.retraining.errors import RetrainingRefusedError

if TYPE_CHECKING:
    import pandas as pd

CUSTOMERS_SHARE: Final = 0.05
"""How much of the data one customer may make up, so that nobody speaks for all."""
OF_A_KIND: Final = 20
"""So many failures, and so many successes, are sought further back where the newest hold fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """One thing that was asked of training data as a whole, and what was found, both in words.

    needed : where it does not hold, the data may not be learnt from; else that is only told.
    """

    asked: str
    found: str
    holds: bool
    needed: bool

    @property
    def refuses(self) -> bool:
        """Whether the data may not be learnt from because of it."""
        return self.needed and not self.holds


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """Masked conversations, the newest first, and what they came to.

    window : from the first end to just past the last; None without conversations.
    left_out : so many more of known outcome would have fitted, but for the cap on one customer's share.
    duplicates : so many were left out because a newer one has the same words and the same outcome.
    """

    conversations: tuple[Conversation, ...]
    window: Window | None
    left_out: int = 0
    duplicates: int = 0

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

    @property
    def splits(self) -> Mapping[Split, int]:
        """How many of them are to be learnt from, to choose by, and to report on."""
        counted = Counter(map(split_by_goal, self.conversations))
        return {it: counted[it] for it in Split}

    def frame(self) -> "pd.DataFrame":
        """One row a conversation, for checks of its quality.

        said : its words, None where it has none; customer_messages, agent_messages : how many hold words; personal : what masking would
        still find; replayable : it has a goal and a known outcome; split : its goal's; of_customer : its customer's share of all, None
        where nobody knows who that was.
        """
        import pandas as pd

        customers = Counter(it.customer_id for it in self.conversations)
        rows = [
            {
                "id": it.id,
                "said": _said(it),
                "booked": it.booked,
                "customer_messages": _words_of(it, "user"),
                "agent_messages": _words_of(it, "assistant"),
                "personal": sum(len(find(text)) for text in _texts(it)),
                "replayable": bool(it.goal) and it.booked is not None,
                "split": split_by_goal(it).value,
                "of_customer": customers[it.customer_id] / self.size if it.customer_id is not None else None,
            }
            for it in self.conversations
        ]
        return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSummary:
    """What is kept of the training data; the conversations themselves stay where they are.

    splits : how many are to be learnt from, to choose by, and to report on; checks : what was asked of all of them.
    """

    size: int
    successes: int
    failures: int
    escalations: int
    left_out: int
    window: Window | None
    simulated: bool
    duplicates: int = 0
    splits: Mapping[Split, int] = field(default_factory=dict)
    checks: tuple[DataCheck, ...] = ()

    @classmethod
    def of(cls, data: TrainingData, checks: Sequence[DataCheck] = ()) -> Self:
        """The summary of `data`."""
        return cls(**{it.name: getattr(data, it.name) for it in fields(cls) if it.name != "checks"}, checks=tuple(checks))

    @property
    def refusals(self) -> list[str]:
        """Why it may not be learnt from, a sentence each."""
        return [f"it needs {it.asked}; it has {it.found}" for it in self.checks if it.refuses]


def collect(conversations: Iterable[Conversation], policy: RetrainingPolicy, masker: Masker) -> TrainingData:
    """The training data among `conversations`: at most `max_training_examples`, the newest first, every text of them masked.

    Conversations of unknown outcome are of use only where they were handed over; those that a provider's fault broke are of none, since
    nothing that was said in them made them fail. Of those with the same words and the same outcome the newest stays. One customer gives at
    most 5%. Where the newest hold fewer than 20 of a kind, older ones of that kind take the place of the oldest of the other.

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
    each = _once(newest)
    usable, left_out = _capped(each, max(1, round(CUSTOMERS_SHARE * most)))
    chosen = _balanced(usable, most)
    if len(chosen) < policy.min_training_examples:
        message = (
            f"{len(chosen)} conversations of known outcome can be learnt from; {policy.min_training_examples} are needed: "
            "wait for more, or lower minTrainingExamples"
        )
        raise RetrainingRefusedError(message)
    window = Window(chosen[-1].ended_at, chosen[0].ended_at) if chosen else None
    return TrainingData(
        conversations=tuple(masker.conversation(it) for it in chosen),
        window=window,
        left_out=left_out if len(chosen) < most else 0,
        duplicates=len(newest) - len(each),
    )


def split_by_goal(it: Conversation) -> Split:
    """What a masked conversation is for, by its goal; where none was recorded, by the customer's first words."""
    first = next((words for message in it.messages if message["role"] == "user" and (words := message.get("content"))), "")
    return split_of(it.goal or first)


def _useful(it: Conversation, policy: RetrainingPolicy) -> bool:
    if it.provider_fault:
        return False
    if it.booked is None:
        return it.escalated is True and policy.include_failures
    return policy.include_successes if it.booked else policy.include_failures


def _once(newest: Sequence[Conversation]) -> list[Conversation]:
    """Each as it comes first; one without words is no other's double."""
    seen: set[tuple[str, bool | None]] = set()
    kept = []
    for it in newest:
        said = _said(it)
        if said is None or (said, it.booked) not in seen:
            kept.append(it)
        if said is not None:
            seen.add((said, it.booked))
    return kept


def _said(it: Conversation) -> str | None:
    """Who said and called what, whatever the case and the spaces; None where nobody said a word."""
    if not any(message.get("content") for message in it.messages):
        return None
    said = [(it["role"], " ".join((it.get("content") or "").lower().split()), it.get("tool_calls")) for it in it.messages]
    return json.dumps(said, sort_keys=True)


def _words_of(it: Conversation, role: str) -> int:
    return sum(message["role"] == role and bool(message.get("content")) for message in it.messages)


def _texts(it: Conversation) -> Iterable[str]:
    yield from filter(None, [it.goal, *(message.get("content") for message in it.messages)])
    yield from (json.dumps(calls, ensure_ascii=False) for message in it.messages if (calls := message.get("tool_calls")))


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
