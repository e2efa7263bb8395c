"""The cases of the offline evaluation: customer goals to be served again, split so that what is reported was never tuned on."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lifecycle_core.conversations import Conversation
from lifecycle_core.privacy.masking import PLACEHOLDER
from lifecycle_core.replay.episode import Scenario
from lifecycle_core.retraining.codes import Author
from lifecycle_core.retraining.failures import FailureAnalysis

SUCCESSES_SHARE: Final = 0.3
"""How many of the cases are goals that were met: a mended prompt must not lose them."""


class Split(StrEnum):
    """What a goal is for: to be learnt from, to choose a candidate by, or to report on."""

    TRAIN = "train"
    SELECT = "select"
    HELD_OUT = "held_out"


class Side(StrEnum):
    """Which version served a case."""

    INCUMBENT = "incumbent"
    CANDIDATE = "candidate"


class CaseSource(StrEnum):
    """Where a case comes from: those that everybody has, the user's own, or the variant's own conversations."""

    BUILT_IN = "built_in"
    OWN = "own"
    MINED = "mined"


_PARTS: Final = (Split.TRAIN, Split.TRAIN, Split.SELECT, Split.HELD_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asserted:
    """What a case asserts beside how it ends; texts are looked for in what the agent says, capitals left aside.

    calls : tools, or what tools do (check, book, cancel, price, escalate), in this order, others between them.
    """

    calls: tuple[str, ...] = ()
    never_calls: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A goal to be graded.

    id : its scenario's. failed : its conversation did; issue : the mined issue that it showed, None where it showed none.
    """

    id: str
    scenario: Scenario
    failed: bool
    split: Split
    issue: str | None = None
    source: CaseSource = CaseSource.MINED
    asserted: Asserted = field(default_factory=Asserted)


def split_of(goal: str) -> Split:
    """What a goal is for: half of all are to be learnt from, a quarter each to choose by and to report on.

    The same wish is for the same, whoever has it: placeholders of personal data, capitals and spaces are left aside.

    >>> split_of("You are <NAME_12>. Book a deep clean.") is split_of("You are <NAME_7>.  Book a deep clean.")
    True
    """
    wish = " ".join(PLACEHOLDER.sub("", goal).lower().split())
    return _PARTS[hashlib.sha256(wish.encode("utf-8", "surrogatepass")).digest()[0] % len(_PARTS)]


def cases_of(conversations: Iterable[Conversation], analysis: FailureAnalysis, split: Split, count: int = 10) -> tuple[Case, ...]:
    """Up to `count` cases of a split, the failed ones first, each of another wish.

    conversations : masked, the newest first; those without a goal, or of unknown outcome, give none.

    The failed ones take turns over the mined issues, then come those that no issue explains; the rest, three in ten or more, are goals that
    were met. Where there are too few of a kind the other fills up.
    """
    found: dict[str, Case] = {}
    showing = {conversation: it.issue for it in reversed(analysis.issues_by(Author.AGENT)) for conversation in it.conversations}
    for it in conversations:
        scenario = Scenario.of(it)
        if scenario and it.booked is not None and split_of(scenario.goal) is split:
            issue = showing.get(it.id) if it.booked is False else None
            case = Case(id=scenario.id, scenario=scenario, failed=it.booked is False, split=split, issue=issue)
            found.setdefault(PLACEHOLDER.sub("", scenario.goal), case)
    failed = _in_turns([it for it in found.values() if it.failed], [*(it.issue for it in analysis.common_issues), None])
    met = [it for it in found.values() if not it.failed]
    kept = min(len(met), max(round(SUCCESSES_SHARE * count), count - len(failed)))
    chosen = [*failed[: count - kept], *met[:kept]]
    return tuple(chosen)


def chosen(own: Sequence[Case], mined: Sequence[Case], built_in: Sequence[Case], count: int) -> tuple[Case, ...]:
    """The cases of an evaluation: all of the user's own, then mined ones up to `count`, then built-in ones where there are too few."""
    names = {it.id for it in own}
    found = [*own, *[it for it in mined if it.id not in names][: max(0, count - len(own))]]
    return (*found, *built_in[: max(0, count - len(found))])


def _in_turns(failed: Sequence[Case], issues: Sequence[str | None]) -> list[Case]:
    """One of each issue, then one more of each, and so on; those without an issue last."""
    piles = [[it for it in failed if it.issue == issue] for issue in issues]
    ranked = [
        (turn if issue is not None else len(failed), place, it)
        for place, (issue, pile) in enumerate(zip(issues, piles, strict=True))
        for turn, it in enumerate(pile)
    ]
    return [it for _, _, it in sorted(ranked, key=lambda at: at[:2])]
