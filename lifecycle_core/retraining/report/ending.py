"""The shadow test and what came of it, told: evidence as it grew, gates, conversations side by side, the decision, the probation."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from lifecycle_core.conversations import Message
from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.curve import Curve
from lifecycle_core.retraining.fingerprint import SHOWN
from lifecycle_core.retraining.gate_report import Gate
from lifecycle_core.retraining.pairs import Pair
from lifecycle_core.retraining.probations import Probation, ProbationStatus
from lifecycle_core.retraining.report.blocks import (
    Block,
    Conversation,
    Facts,
    Growth,
    Items,
    Mood,
    Paragraph,
    Said,
    Section,
    SideBySide,
    Table,
    cut,
    row,
)
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.retraining.shadow import Arm, Progress
from lifecycle_core.retraining.verification import Verification

MESSAGE_CHARACTERS: Final = 300
"""Of one message that are shown."""
WHO: Final = MappingProxyType({"user": "Customer", "assistant": "Agent", "tool": "Tool"})
MOODS: Final[Mapping[Status, Mood]] = MappingProxyType(
    {Status.PROMOTED: Mood.GOOD, Status.ROLLED_BACK: Mood.DOUBT, Status.INCONCLUSIVE: Mood.DOUBT}
    | dict.fromkeys((Status.INVALID, Status.FAILED), Mood.BAD)
)


def evidence(found: ShadowAnalysis | None, how_far: Progress | None = None, grown: Curve | None = None) -> Section | None:
    """The evidence so far, or that the verdict rests on, and how it grew; None before the test, and of one that ended without samples."""
    if found is None or (found.n == 0 and how_far is None):
        return None
    blocks: list[Block] = [evidence_table(found), *([Growth(grown)] if grown is not None and grown.points else []), Paragraph(found.note)]
    return Section(
        key="evidence",
        title="The evidence",
        lead=f"{words(found.verdict)}: {how_far.sentence}" if how_far else f"after {found.n} samples: {words(found.verdict)}",
        blocks=tuple(it for it in blocks if it != Paragraph("")),
        simulated=found.simulated,
    )


def verdict(it: Session, found: ShadowAnalysis | None) -> Section:
    """What came of the session, with every gate."""
    blocks: list[Block] = []
    if found is not None and found.n:
        blocks.append(Paragraph(f"Verdict after {found.n} samples: {words(found.verdict)}."))
        if found.gates:
            blocks.append(gates_table(found))
        beside = tuple(_beside(found))
        blocks += [Items(beside)] if beside else []
    lead = f"{words(it.status)}: {'; '.join(it.reasons)}" if it.reasons else words(it.status)
    return Section(key="verdict", title="The verdict", lead=lead, blocks=tuple(blocks), simulated=found is not None and found.simulated)


def pairs(it: Session, shown: Iterable[Pair]) -> Section | None:
    """Conversations of both versions with the same customers; None without any."""
    sides = f"version {it.incumbent_version}, now", f"version {it.version}, candidate"
    told = tuple(
        SideBySide(
            number=number,
            goal=pair.scenario.goal,
            incumbent=_conversation(sides[0], pair.sample.incumbent, pair.incumbent),
            candidate=_conversation(sides[1], pair.sample.candidate, pair.candidate),
        )
        for number, pair in enumerate(shown, 1)
    )
    lead = f"{len(told)} goals as both versions served them, those in which they differ most first"
    return Section(key="pairs", title="Side by side", lead=lead, blocks=told) if told else None


def decision(it: Session, evidence_hash: str, verified: Verification | None) -> Section | None:
    """Who decided, on what evidence, and whether that is what its rows give; None before there is a verdict."""
    if it.shadow_analysis is None and it.open:
        return None
    rows = list(_decided(it))
    if evidence_hash:
        rows.append(("evidence", evidence_hash))
    if verified is not None:
        rows.append(("worked out anew", _verified(verified)))
    return Section(key="decision", title="The decision", lead=_by(it), blocks=(Facts(tuple(rows)),))


def probation(found: Probation | None) -> Section | None:
    """How the promoted version does on live traffic; None without a promotion."""
    if found is None:
        return None
    rows = [("watched", f"{minute(found.started_at)} to {minute(found.ended_at or found.ends_at)}{' at the latest' if found.open else ''}")]
    seen = found.watched
    if seen is not None and seen.booking_rate is not None:
        before = f"; before its drift {found.healthy.rate:.1%}" if found.healthy is not None else ""
        record = f"version {found.previous_version} {found.bookings.rate:.1%}{before}"
        rows.append(("live", f"books {seen.booking_rate:.1%} of {seen.n:,}; {record}"))
        rows.append(("harm", f"e = {seen.e_harm:,.1f} of {seen.level:.0f}"))
        if seen.rating is not None:
            rows.append(("rated", f"{seen.rating:.1f} by {seen.rated:,} customers"))
    lead = words(found.status) + (f": {found.because}" if found.because else "")
    if found.status is ProbationStatus.RUNNING:
        lead = f"it goes on: {', '.join(seen.needed)}" if seen is not None and seen.needed else "it goes on"
    return Section(key="probation", title="Live, after the promotion", lead=lead, blocks=(Facts(tuple(rows)),))


def evidence_table(found: ShadowAnalysis) -> Table:
    """The e-values, and what both versions came to."""
    reached = {True: Mood.GOOD, False: Mood.PLAIN}
    harmed = {True: Mood.BAD, False: Mood.PLAIN}
    level = f"of {found.level:.0f}"
    rows = [
        row("better", Said(f"{found.e_better:,.2f} {level}", reached[found.e_better >= found.level])),
        row("worse", Said(f"{found.e_worse:,.2f} {level}", harmed[found.e_worse >= found.level])),
        row("worse in hand-offs", Said(f"{found.e_worse_escalation:,.2f} {level}", harmed[found.e_worse_escalation >= found.level])),
        row("futile", f"{found.futility:,.2f}"),
    ]
    if found.incumbent is not None and found.candidate is not None:
        now, then = found.incumbent, found.candidate
        rows.append(row("simulated success", f"{now.success_rate:.1%} → {then.success_rate:.1%}"))
        rows.append(row("simulated hand-offs", f"{now.escalation_rate:.1%} → {then.escalation_rate:.1%}"))
        if now.cost_usd is not None and then.cost_usd is not None:
            rows.append(row("cost of a replay", f"${now.cost_usd:.6f} → ${then.cost_usd:.6f}"))
    return Table(("evidence", "e"), tuple(rows), ("e",))


def gates_table(found: ShadowAnalysis) -> Table:
    """Each gate, whether it passes, its sentence, and the interval of its figure."""
    said = {True: ("passes", Mood.GOOD), False: ("refuses", Mood.BAD), None: ("cannot judge", Mood.DOUBT)}
    rows = (
        row(Said(f"{gate.name}: {said[gate.passed][0]}", said[gate.passed][1]), f"{gate.sentence}{_interval(gate)}") for gate in found.gates
    )
    return Table(("gate", "says"), tuple(rows))


def _interval(gate: Gate) -> str:
    return "" if gate.low is None or gate.high is None else f"; 95% interval {gate.low:+.1%} to {gate.high:+.1%}"


def words(name: str) -> str:
    """The name of a status or a verdict, in words."""
    return name.replace("_", " ")


def minute(instant: datetime | None) -> str:
    """An instant to the minute, in UTC."""
    return "-" if instant is None else f"{instant:%Y-%m-%d %H:%MZ}"


def _beside(found: ShadowAnalysis) -> Iterator[str]:
    """What stands beside a verdict: doubts, what is broken by chance, how far the simulator is from production."""
    yield from found.doubts
    if (broken := found.breakage) is not None:
        floor = "nothing tells reliably what" if broken.floor is None else f"{broken.floor:.1%} is what"
        measured = f"; {broken.measured:.1%} of {broken.twice} served twice" if broken.measured is not None else ""
        yield f"The candidate breaks {broken.share:.1%} of scenarios; {floor} the incumbent would break of itself{measured}"
    if found.simulator_gap is not None and found.simulator_gap_low is not None and found.simulator_gap_high is not None:
        interval = f"95%: {100 * found.simulator_gap_low:+.1f} to {100 * found.simulator_gap_high:+.1f}"
        yield f"The simulator's success lies {100 * found.simulator_gap:+.1f} points from production's on the same scenarios ({interval})"
    if found.disagreement_rate is not None:
        yield f"Two replays of the incumbent on one scenario differ in {found.disagreement_rate:.1%}"
    if found.removed:
        yield f"{found.removed} scenarios were lost to the infrastructure, for both versions"


def _conversation(version: str, arm: Arm, first: Replay | None) -> Conversation:
    count = f"{arm.successes} of {arm.replays} booked"
    if first is None:
        return Conversation(version=version, said=(), ending=Said("its words are kept no more"), count=count)
    ending = "booked" if first.booked else "handed over" if first.escalated else "not booked"
    mood = Mood.GOOD if first.booked else Mood.BAD
    return Conversation(version=version, said=tuple(_said(first.messages)), ending=Said(ending, mood), count=count)


def _said(messages: Iterable[Message]) -> Iterator[tuple[str, str]]:
    for it in messages:
        content = it.get("content") or ""
        if it["role"] in WHO and content:
            yield WHO[it["role"]], cut(content, MESSAGE_CHARACTERS)


def _by(it: Session) -> str:
    """Who decided."""
    if it.review is not None:
        return "a person decided"
    if it.force is not None:
        return "a person had it decided by the gates as they stood"
    if it.open:
        return f"a person is asked, until {minute(it.review_deadline_at)}" if it.review_asked_at else "its evidence will decide"
    return "its evidence decided" if it.shadow_analysis is not None else "it ended before its shadow test had a verdict"


def _decided(it: Session) -> Iterator[tuple[str, str]]:
    if it.review is not None:
        yield "answer", f"{it.review.answer} by {it.review.by}, {minute(it.review.at)}: {it.review.reason}"
        if it.review.evidence:
            yield "answered to", f"evidence {it.review.evidence[:SHOWN]}"
    if it.force is not None:
        yield "forced", f"by {it.force.by}, {minute(it.force.at)}: {it.force.reason}"
    yield "ended", f"{words(it.status)}, {minute(it.completed_at)}" if not it.open else f"{words(it.status)} still"
    for reason in it.reasons:
        yield "because", reason


def _verified(it: Verification) -> str:
    if it.holds:
        return "the verdict is what its rows give" + (", bit for bit" if it.bit_for_bit else ", but for rounding")
    return "the verdict is NOT what its rows give: " + "; ".join(it.differences)
