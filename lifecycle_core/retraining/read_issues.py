"""What a model read, joined to what the signs show: a code that counts by its quotes is an issue like any other.

Signs see what a rule can see. A model sees more, and its word alone counts for nothing: `reading` asks that each quote was said, and
`findings` that failures show the code more than successes do.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.failures import MOST_QUOTES, QUOTE_CHARACTERS, FailureAnalysis, Issue, Quote
from lifecycle_core.retraining.findings import Finding
from lifecycle_core.retraining.reading import Reading, ReadSummary, findings
from lifecycle_core.retraining.signs import SIGNS

_UNNAMED: Final = "Something goes wrong that no rule has a name for."


def to_read(conversations: Sequence[Conversation], most: int) -> tuple[Conversation, ...]:
    """What a model is to read: the newest `most` failures and as many successes, of those whose words are known.

    conversations : the newest first.
    """
    known = [it for it in conversations if it.messages and it.booked is not None and not it.provider_fault]
    failures = [it for it in known if it.booked is False][:most]
    return (*failures, *[it for it in known if it.booked is True][:most])


def joined(analysis: FailureAnalysis, reading: Reading, conversations: Sequence[Conversation], model: str) -> FailureAnalysis:
    """`analysis` with what `model` saw in `conversations`, of which each was read; the issue that explains most comes first, as ever.

    Where signs have found an issue, the model's finding stands beside them; one that they have not found has the figures of those read.
    """
    found = findings(reading, conversations)
    issues = {it.issue: it for it in analysis.common_issues}
    for it in found:
        if it.counts:
            issues[it.code] = _beside(issues[it.code], it) if it.code in issues else _issue(it, reading, conversations)
    summary = ReadSummary(
        model=model,
        read=len(reading.records),
        unreadable=len(reading.unreadable),
        unsupported=reading.unsupported,
        read_twice=reading.read_twice,
        agreement=reading.agreement,
        findings=found,
        simulated=reading.simulated,
    )
    ordered = sorted(issues.values(), key=lambda it: -it.explained)
    return replace(analysis, common_issues=tuple(ordered), reading=summary, simulated=analysis.simulated or reading.simulated)


def _beside(issue: Issue, found: Finding) -> Issue:
    return replace(issue, signs=(*issue.signs, found.name))


def _issue(found: Finding, reading: Reading, conversations: Sequence[Conversation]) -> Issue:
    failed = {it.id for it in conversations if it.booked is False}
    seen = [
        (record.conversation_id, " ".join(one.quote.split())[:QUOTE_CHARACTERS])
        for record in reading.records
        for one in record.observations
        if record.conversation_id in failed and one.code is found.code and one.author is Author.AGENT
    ]
    quotes = {text: Quote(conversation_id=name, text=text) for name, text in reversed(seen)}
    return Issue(
        issue=found.code,
        author=found.author,
        count=found.count,
        share=found.share,
        lift=found.lift,
        lift_low=found.lift_low,
        lift_high=found.lift_high,
        p=found.p,
        q=found.q,
        support=found.count + found.in_successes,
        explained=found.explained,
        signs=(found.name,),
        quotes=tuple(reversed(quotes.values()))[:MOST_QUOTES],
        feedback=_feedback(found.code),
        conversations=tuple(dict.fromkeys(name for name, _ in seen)),
    )


def _feedback(code: Code) -> str:
    return next((sign.feedback for sign in SIGNS if sign.code is code and sign.author is Author.AGENT), _UNNAMED)
