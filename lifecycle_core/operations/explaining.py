"""Explain a drift: what contributes to the comparison that decided, read from the conversations themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import nlargest
from itertools import islice
from statistics import median
from typing import Any, NamedTuple

from lifecycle_core.conversations import Window
from lifecycle_core.drift.attributing import Sums, attribute, holds, questions_of
from lifecycle_core.drift.attribution import Attribution, Example, Explanation, Question
from lifecycle_core.drift.pieces import Piece
from lifecycle_core.drift.report import DriftReport, Metric
from lifecycle_core.drift.slicing import sliced
from lifecycle_core.errors import UnknownEpisodeError
from lifecycle_core.operations.checked import report_of
from lifecycle_core.store import conversations, episodes, explaining, variants
from lifecycle_core.store.database import Database, Transaction


def explain(
    database: Database,
    variant: str,
    at: datetime,
    metric: Metric | None = None,
    *,
    episode: int | None = None,
    limit: int = 10,
) -> Explanation:
    """What contributes to the drift of `variant` as of `at`; it explains an alarm and never raises one, and changes nothing.

    metric : the one to be explained, drifting or not. None: each that drifts, else each that is suspected.
    episode : explain what this episode's last positive check found, instead of a check as of `at`.
    limit : of the conversations listed for each.

    Raises UnknownVariantError, UnknownEpisodeError for another's episode, and InvalidInputError for an `at` that cannot be meant.
    """
    with database.read() as tx:
        variants.expect(tx, variant)
        report = report_of(tx, variant, at) if episode is None else _report_of_episode(tx, variant, episode)
        questions = questions_of(report, metric, _ended(tx, variant, report.at))
        slices = sliced(questions, conversations.actions(tx, variant), _pieces(tx, variant, questions))
        found = []
        for tally in slices.tallies:
            attribution, sums = attribute(report, slices, tally)
            found.append(replace(attribution, examples=_examples(tx, variant, attribution, sums, limit)))
        return Explanation(report.variant, report.version, report.at, report.status, tuple(found))


def _report_of_episode(tx: Transaction, variant: str, episode: int) -> DriftReport:
    it = episodes.get(tx, episode)
    if it is None or it.variant != variant:
        message = f"episode {episode} is none of {variant!r}; `lifecycle drift history` lists them"
        raise UnknownEpisodeError(message, field="episode")
    return it.report


def _ended(tx: Transaction, variant: str, at: datetime) -> tuple[Window, ...]:
    """The spans of drifts that had ended by then, by which a check judges nothing."""
    frozen = episodes.references(tx, at, variant).get(variant)
    ended = () if frozen is None else ((it.onset_at, it.healed_at) for it in frozen.ended)
    return tuple(Window(onset, healed) for onset, healed in ended if healed is not None)


def _pieces(tx: Transaction, variant: str, questions: Sequence[Question]) -> Iterator[Piece]:
    """The conversations that the questions ask about, read once."""
    if not questions:
        return iter(())
    spans = [span for it in questions for span in (it.recent, it.reference)]
    asked = [version for it in questions for version in (it.recent_version, it.reference_version)]
    within = Window(min(it.start for it in spans), max(it.end for it in spans))
    return explaining.pieces(tx, variant, asked, within, [it.comparison.metric for it in questions])


class _Candidate(NamedTuple):
    weight: float
    id: str
    ended_at: datetime
    why: str


def _examples(tx: Transaction, variant: str, it: Attribution, sums: Sums, limit: int) -> tuple[Example, ...]:
    """Recent conversations that show the change, of the segment that sets it apart where there is one."""
    metric, span = it.question.comparison.metric, it.question.recent
    rows = explaining.newest(tx, variant, it.question.recent_version, span, where=metric)
    candidates = _candidates((row for row in rows if it.finding is None or holds(it.finding, row[1], row[2])), metric, sums)
    within = "" if it.finding is None else f"; {it.finding.label} = {it.finding.segment.value}"
    by_time = metric in {Metric.BOOKING_RATE, Metric.ESCALATION_RATE}
    chosen = islice(candidates, limit) if by_time else nlargest(limit, candidates, key=lambda one: one.weight)
    return tuple(Example(one.id, one.ended_at, f"{one.why}{within}") for one in chosen)


def _candidates(rows: Iterator[tuple[str, datetime, Mapping[str, Any]]], metric: Metric, sums: Sums) -> Iterator[_Candidate]:
    for id_, ended_at, values in rows:
        if metric is Metric.BOOKING_RATE:
            yield _Candidate(0, id_, ended_at, "not booked")
        elif metric is Metric.ESCALATION_RATE:
            yield _Candidate(0, id_, ended_at, "escalated")
        elif metric is Metric.COST and values["cost_usd"] is not None:
            yield _Candidate(values["cost_usd"], id_, ended_at, f"cost ${values['cost_usd']:.6f}")
        elif metric is Metric.RESPONSE_TIME and values["response_times_s"]:
            latency_s = median(values["response_times_s"])
            yield _Candidate(latency_s, id_, ended_at, f"answered in {latency_s:.2f} s, its median")
        elif metric is Metric.ACTION_DISTRIBUTION:
            excess, action, count, usual = sums.excess(values["actions"])
            if excess > 0:
                yield _Candidate(excess, id_, ended_at, f"{action} {count} times, {usual:.2f} on average before")
