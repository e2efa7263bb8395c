"""Why conversations fail: whose fault it was, and the issues that failures show more than successes do.

1. Whose fault comes first: a prompt mends the agent's alone. What a provider broke is counted and leaves the comparison.
2. Every sign is asked of every conversation. A sign counts where failures show it more often by a fifth at least, its interval lies above
   1 (customers who come back allowed for), its q among all signs is small enough, and enough failures show it.
3. An issue is what the signs of one code that count show together. The rest is "other", with the words that set failures apart.
4. Counts come from code alone, and what did not count stands in the analysis with its figures.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.dialogue import Dialogue
from lifecycle_core.retraining.findings import Finding, Observed, clusters_of, findings_of
from lifecycle_core.retraining.phrases import Phrase, telling_phrases
from lifecycle_core.retraining.signs import SIGNS, Sign, service_faults, withdrew

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

    issue : its code; share : of all failures; support : failures and successes that show it; the figures are as a finding's, p and q those
    of its strongest sign.
    explained : so many failures at least that successes would not have shown, `count · (1 - 1/lift_low)`; issues are in its order.
    signs : the names of the signs that count; feedback : what goes wrong, in words.
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
    avg_messages_before_failure : messages of a failure; None without one. simulated : simulated traffic stands in it.
    """

    total_failures: int
    total_successes: int
    escalations: int
    avg_messages_before_failure: float | None
    authors: dict[Author, int]
    common_issues: tuple[Issue, ...]
    other: Other
    findings: tuple[Finding, ...]
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
    [('technical', 20, 10.0), ('double_booking', 20, 10.0)]
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
    issues = [_issue(code, signs, findings, observed, total) for code in dict.fromkeys(it.code for it in findings if it.counts)]
    return FailureAnalysis(
        total_failures=total,
        total_successes=len(known) - len(failures),
        escalations=sum(it.escalated is True for it in conversations),
        avg_messages_before_failure=sum(len(known[place].messages) for place in failures) / len(failures) if failures else None,
        authors={author: by[author] for author in Author},
        common_issues=tuple(
            replace(it, quotes=_quotes(it, signs, [(known[place].id, seen[place]) for place in failures]))
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
    """Whose fault it was: the service's that failed again after a second try; the customer's who withdrew with no fault in sight."""
    if len(service_faults(it)) > 1:
        return Author.ENVIRONMENT
    return Author.CUSTOMER if withdrew(it) and not explained else Author.AGENT


def _issue(code: Code, signs: Sequence[Sign], findings: Sequence[Finding], observed: Observed, total: int) -> Issue:
    """What the signs of `code` that count show together; its quotes are still to be found."""
    places = [place for place, it in enumerate(findings) if it.counts and it.code is code]
    strongest = min((findings[place] for place in places), key=lambda it: (it.p, -it.lift))
    together = observed.either(places)
    x1, _, x0, _ = together.counts
    count, others = int(x1[0]), int(x0[0])
    ratio, low, high = (float(it[0]) for it in together.lifts())
    return Issue(
        issue=code,
        author=strongest.author,
        count=count,
        share=count / total,
        lift=ratio,
        lift_low=low,
        lift_high=high,
        p=strongest.p,
        q=strongest.q,
        support=count + others,
        explained=count * (1 - 1 / max(low, 1.0)),
        signs=tuple(findings[place].name for place in places),
        quotes=(),
        feedback=" ".join(signs[place].feedback for place in places),
    )


def _quotes(issue: Issue, signs: Sequence[Sign], failures: Sequence[tuple[str, Sequence[str | None]]]) -> tuple[Quote, ...]:
    """A few different words that show an issue, of as many conversations."""
    places = [place for place, it in enumerate(signs) if it.name in issue.signs]
    found: dict[str, Quote] = {}
    for conversation_id, seen in failures:
        text = next((seen[place] for place in places if seen[place]), None)
        if text and len(found) < MOST_QUOTES:
            found.setdefault(
                " ".join(text.split())[:QUOTE_CHARACTERS],
                Quote(conversation_id=conversation_id, text=" ".join(text.split())[:QUOTE_CHARACTERS]),
            )
    return tuple(found.values())
