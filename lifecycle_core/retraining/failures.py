"""Why conversations fail: whose fault it was, and the issues that failures show more than successes do.

1. Whose fault comes first: a prompt mends the agent's alone. What a provider broke is counted and leaves the comparison.
2. Every sign is asked of every conversation; `findings` tells which of them go with failure.
3. An issue is a code with a sign that counts; of several the one that explains most leads.
4. The rest is "other", with the words that set failures apart.
5. Counts come from code alone, and what did not count stands in the analysis with its figures.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.conduct import service_faults
from lifecycle_core.retraining.dialogue import Dialogue
from lifecycle_core.retraining.findings import Finding, Observed, clusters_of, findings_of
from lifecycle_core.retraining.phrases import Phrase, telling_phrases
from lifecycle_core.retraining.reading import ReadSummary
from lifecycle_core.retraining.signs import SIGNS, Sign
from lifecycle_core.retraining.speech import asked_for_a_person, withdrew

MOST_QUOTES: Final = 3
QUOTE_CHARACTERS: Final = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words out of a masked conversation, verbatim, cut at 240 characters."""

    conversation_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A kind of failure that the traffic gives evidence of.

    issue : its code; the figures are those of its leading sign; share : of all failures; support : failures and successes that show it.
    explained : so many failures at least are more than successes would show; issues are in its order.
    signs : the names of the signs that count, the leading one first; feedback : what goes wrong, in words.
    conversations : the ids of the failures that show any of them.
    """

    issue: Code
    author: Author
    count: int
    share: float
    lift: float
    lift_low: float
    lift_high: float
    p: float
    q: float
    support: int
    explained: float
    signs: tuple[str, ...]
    quotes: tuple[Quote, ...]
    feedback: str
    conversations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """The agent's failures that show no issue that counts, and the words that set them apart."""

    count: int
    share: float
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureAnalysis:
    """What was mined out of the training data.

    authors : author -> failures. findings : every sign, also those that do not count. common_issues : those that do, the one that explains
    the most failures first.
    avg_messages_before_failure : messages of a failure; None without one. reading : what a model that read them saw; None where none did.
    simulated : simulated traffic stands in it.
    """

    total_failures: int
    total_successes: int
    escalations: int
    avg_messages_before_failure: float | None
    authors: dict[Author, int]
    common_issues: tuple[Issue, ...]
    other: Other
    findings: tuple[Finding, ...]
    reading: ReadSummary | None = None
    simulated: bool = False

    def issues_by(self, author: Author) -> tuple[Issue, ...]:
        """The issues at which `author` is at fault."""
        return tuple(it for it in self.common_issues if it.author is author)


def analyze(conversations: Sequence[Conversation], signs: Sequence[Sign] = SIGNS) -> FailureAnalysis:
    """Why `conversations` fail.

    conversations : masked, of known outcome; others are counted among the escalations alone.

    >>> from datetime import UTC, datetime
    >>> def told(number, booked, fault):
    ...     errors = ({"tool": "book_appointment", "message": "the slot is taken"},) if fault else ()
    ...     return Conversation(id=str(number), variant="v", ended_at=datetime(2025, 10, 7, tzinfo=UTC), booked=booked, errors=errors)
    >>> it = analyze([told(number, number >= 40, number % 40 < 20 if number < 40 else number % 20 == 0) for number in range(200)])
    >>> [(issue.issue.value, issue.count, round(issue.lift, 1)) for issue in it.common_issues]
    [('availability', 20, 10.0)]
    """
    known = [it for it in conversations if it.booked is not None and not it.provider_fault]
    read = [Dialogue.of(it) for it in known]
    seen = [[sign.seen(it) for sign in signs] for it in read]
    observed = Observed(
        shown=np.array([[it is not None for it in row] for row in seen], dtype=bool).reshape(len(known), len(signs)),
        failed=np.array([it.booked is False for it in known], dtype=bool),
        clusters=clusters_of(known),
    )
    findings = findings_of(signs, observed)
    explained = observed.shown & np.array([it.counts for it in findings], dtype=bool)
    failures = np.flatnonzero(observed.failed).tolist()
    broken = sum(it.booked is False and it.provider_fault for it in conversations)
    total = len(failures) + broken
    authors = {place: _author(read[place], explained=bool(explained[place].any())) for place in failures}
    unexplained = [place for place in failures if not explained[place].any() and authors[place] is Author.AGENT]
    by = Counter(authors.values()) + Counter({Author.ENVIRONMENT: broken})
    issues = [_issue(code, signs, findings, total) for code in dict.fromkeys(it.code for it in findings if it.counts)]
    return FailureAnalysis(
        total_failures=total,
        total_successes=len(known) - len(failures),
        escalations=sum(it.escalated is True for it in conversations),
        avg_messages_before_failure=sum(len(known[place].messages) for place in failures) / len(failures) if failures else None,
        authors={author: by[author] for author in Author},
        common_issues=tuple(
            _illustrated(it, signs, [(known[place].id, seen[place]) for place in failures])
            for it in sorted(issues, key=lambda it: -it.explained)
        ),
        other=Other(
            count=len(unexplained),
            share=len(unexplained) / total if total else 0.0,
            phrases=_phrases(read, observed, unexplained),
        ),
        findings=findings,
        simulated=any((it.model or "").startswith("simulated") for it in conversations),
    )


def _phrases(read: Sequence[Dialogue], observed: Observed, unexplained: Sequence[int]) -> tuple[Phrase, ...]:
    about = observed.clusters.tolist()
    successes = np.flatnonzero(~observed.failed).tolist()
    return telling_phrases([(about[at], read[at]) for at in unexplained], [(about[at], read[at]) for at in successes])


def _author(it: Dialogue, *, explained: bool) -> Author:
    """Whose fault it was, in this order.

    The service's that failed again after a second try; the customer's who withdrew, or asked for a person and got one, with no fault in
    sight; else the agent's.
    """
    if len(service_faults(it)) > 1:
        return Author.ENVIRONMENT
    wished = withdrew(it) or (it.escalated and asked_for_a_person(it))
    return Author.CUSTOMER if wished and not explained else Author.AGENT


def _issue(code: Code, signs: Sequence[Sign], findings: Sequence[Finding], total: int) -> Issue:
    """What the signs of `code` that count say together; the one that explains most leads. Whose they are is still to be found."""
    counting = [(it, sign) for it, sign in zip(findings, signs, strict=True) if it.counts and it.code is code]
    counting.sort(key=lambda pair: -pair[0].explained)
    leading = counting[0][0]
    return Issue(
        issue=code,
        author=leading.author,
        count=leading.count,
        share=leading.count / total,
        lift=leading.lift,
        lift_low=leading.lift_low,
        lift_high=leading.lift_high,
        p=leading.p,
        q=leading.q,
        support=leading.count + leading.in_successes,
        explained=leading.explained,
        signs=tuple(it.name for it, _ in counting),
        quotes=(),
        feedback=" ".join(sign.feedback for _, sign in counting),
    )


def _illustrated(issue: Issue, signs: Sequence[Sign], failures: Sequence[tuple[str, Sequence[str | None]]]) -> Issue:
    """`issue` with the failures that show it, and a few different words of theirs that do."""
    places = sorted((place for place, it in enumerate(signs) if it.name in issue.signs), key=lambda at: issue.signs.index(signs[at].name))
    showing: list[str] = []
    quotes: dict[str, Quote] = {}
    for conversation_id, seen in failures:
        shown = [words for words in (seen[place] for place in places) if words is not None]
        if shown:
            showing.append(conversation_id)
            text = " ".join(next(filter(None, shown), "").split())[:QUOTE_CHARACTERS]
            if text and len(quotes) < MOST_QUOTES:
                quotes.setdefault(text, Quote(conversation_id=conversation_id, text=text))
    return replace(issue, quotes=tuple(quotes.values()), conversations=tuple(showing))
