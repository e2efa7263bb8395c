"""The watch's tasks: which variants there are, a check of each, and the table for Prefect's pages.

They pass words and numbers, never what a customer said; the database keeps what was found.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run

from lifecycle_core.drift.glance import Glance
from lifecycle_core.drift.report import DriftReport, MetricReport, Status
from lifecycle_core.errors import LifecycleError
from lifecycle_core.operations import drift, policies, retraining
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.errors import RetrainingRefusedError
from tasks import context, runs
from tasks.markdown import cell, literal

ACTOR = "flow:watch-drift"
TABLE = "drift"
FAILED = "failed"
_FAULT_OF_THIS_SIDE = 500
INCIDENT = "incident"
_LOUD = (FAILED, Status.DRIFT.value, INCIDENT)
_FIRST = (*_LOUD, Status.SUSPECTED.value)
"""What a reader must see first; all else follows by name."""
MOST_QUIET = 50
"""More variants than this that have nothing to say are counted, and not named."""
MOST_NAMED = 10
"""So many names make a sentence; of more the rest is counted."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to, in words: the variant's status, and the rows of its table: of all five metrics where one of them speaks.

    retraining : what the triggers said to it; empty where nothing asked them.
    """

    variant: str
    status: str
    rows: tuple[dict[str, str], ...]
    retraining: str = ""

    @classmethod
    def of(cls, report: DriftReport) -> "Finding":
        """The words for `report`."""
        spoken = any(it.status in {Status.DRIFT, Status.SUSPECTED} and not it.incident for it in report.metrics)
        rows = [_row_of(report.variant, it) for it in report.metrics] if spoken else []
        rows += [_row(report.variant, INCIDENT, it.message) for it in report.incidents]
        status = INCIDENT if report.incidents and report.status is not Status.DRIFT else report.status.value.replace("_", " ")
        return cls(report.variant, status, tuple(rows or [_row(report.variant, status)]))

    @classmethod
    def glanced(cls, it: Glance) -> "Finding":
        """The words for a variant that has nothing to say."""
        status = it.status.value.replace("_", " ")
        return cls(it.variant, status, (_row(it.variant, status),))

    @classmethod
    def failed(cls, variant: str, error: BaseException) -> "Finding":
        """The words for a check that could not be made; only a refusal's own are fit to be shown."""
        why = str(error) if isinstance(error, LifecycleError) else type(error).__name__
        return cls(variant, FAILED, (_row(variant, FAILED, why),))


def may_pass(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again can help: a database that is locked or away comes back, a refusal stays one."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, LifecycleError) and error.status >= _FAULT_OF_THIS_SIDE


@dataclass(frozen=True, slots=True)
class Glanced:
    """What a sweep came to: the findings of the variants that have nothing to say, and those that have to be checked."""

    quiet: tuple[Finding, ...]
    speaking: tuple[str, ...]


@task(task_run_name="glance at all", retries=3, retry_delay_seconds=[1, 5, 30], retry_condition_fn=may_pass, persist_result=False)
def glance_at_all() -> Glanced:
    """Glance at every variant as of now, and record those that have nothing to say; hours that no sweep was made of are made up for."""
    database, act = context.database(), context.act(ACTOR, request_id=str(flow_run.id or ""))
    swept = drift.sweep_and_record(database, act, act.at)
    return Glanced(tuple(Finding.glanced(it) for it in swept.quiet), swept.speaking)


@task(task_run_name="check {variant}", retries=3, retry_delay_seconds=[1, 5, 30], retry_condition_fn=may_pass, persist_result=False)
def check_drift(variant: str) -> Finding:
    """Check `variant` as of now and record it, then ask the triggers; the same hour again changes nothing."""
    act = context.act(ACTOR, request_id=str(flow_run.id or ""))
    report = drift.check_and_record(context.database(), act, variant, act.at)
    return replace(Finding.of(report), retraining=_asked(report, act))


@task(task_run_name="leave the table", persist_result=False)
def leave_table(findings: Sequence[Finding]) -> None:
    """Leave the artifact `drift`: the verdict first, of a variant that speaks a row for each metric, and where to read on."""
    first = by_weight(findings)
    create_table_artifact(key=TABLE, table=rows_of(first), description=description(first, context.settings().api_url))


def _asked(report: DriftReport, act: Provenance) -> str:
    """What the triggers say to a recorded check: a session begun, with its run, or why not; empty where nothing asks for one."""
    due = policies.policy(context.database(), report.variant).retraining.retrain_every_days is not None
    if not report.drifts and not due:
        return ""
    try:
        session = retraining.begin(context.database(), act, report.variant, f"{ACTOR}/{report.at.isoformat()}", triggered=True)
    except RetrainingRefusedError as error:
        return f"no retraining: {error}" if report.drifts else ""
    if session.open and session.flow_run_id is None:
        try:
            run = runs.now(runs.begin_run(session))
            retraining.note_flow_run(context.database(), act, session.session_id, str(run))
        except runs.RunnerUnavailableError as error:
            log.warning("%s", error)  # the session is open, and its run is started by the reconciler
    return f"retraining {session.session_id}"


def by_weight(findings: Sequence[Finding]) -> list[Finding]:
    """What was found, what must be seen first before the rest; each by name."""
    return sorted(findings, key=lambda it: (_FIRST.index(it.status) if it.status in _FIRST else len(_FIRST), it.variant))


def rows_of(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """The table's rows: all of those that have something to say; of the others too, or where they are many a row for each status.

    >>> many = [Finding(str(number), "stable", ()) for number in range(1000)]
    >>> rows_of(many)[0]["variant"]
    '1,000 variants'
    """
    loud, quiet = _parted(findings)
    rows = [row for finding in loud for row in finding.rows]
    if len(quiet) <= MOST_QUIET:
        return rows + [row for finding in quiet for row in finding.rows]
    counted = Counter(it.status for it in quiet)
    return rows + [_row(f"{count:,} variants", status, "counted, not named") for status, count in counted.items()]


def _parted(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Those that have something to say, and the others."""
    return [it for it in findings if it.status in _LOUD], [it for it in findings if it.status not in _LOUD]


def description(findings: Sequence[Finding], api: str) -> str:
    """The artifact's description in Markdown.

    >>> print(description([], "http://127.0.0.1:3001").splitlines()[0])
    **Nothing to check yet**: bring conversations in with `lifecycle ingest FILE`.
    """
    if not findings:
        return f"**{verdict(findings)}**: bring conversations in with `lifecycle ingest FILE`."
    loud, quiet = _parted(findings)
    doubtful = [it for it in quiet if it.status == Status.SUSPECTED.value]
    linked = [*loud, *(doubtful if len(quiet) <= MOST_QUIET else [])]
    lines = [f"**{verdict(findings, literal)}**", "", *(_links(it, api) for it in linked[:MOST_QUIET])]
    if len(linked) > MOST_QUIET:
        lines.append(f"- and {len(linked) - MOST_QUIET:,} more, in the table")
    if len(quiet) > MOST_QUIET:
        counted = ", ".join(f"{count:,} {status}" for status, count in Counter(it.status for it in quiet).items())
        lines += ["", f"Nothing to say of the others: {counted}. Suspected is past a threshold without the evidence; chance does that."]
    lines += ["", f"[Fleet]({api}/) · [the watch itself]({api}/api/lifecycle/drift/metrics) · [API]({api}/docs)"]
    return "\n".join(lines)


def _links(it: Finding, api: str) -> str:
    """Where to read on about one variant."""
    name = quote(it.variant, safe="")
    ways = ", ".join(f"[{what}]({api}{path}?variant={name})" for what, path in _WAYS)
    return f"- {it.status}, {literal(it.variant)}: {ways}" + (f"; {literal(it.retraining)}" if it.retraining else "")


_WAYS = (("page", "/variant"), ("report", "/api/lifecycle/drift/detect"), ("history", "/api/lifecycle/drift/history"))


def verdict(findings: Sequence[Finding], shown: Callable[[str], str] = str) -> str:
    """What the checks came to, in a sentence without its full stop; names of variants as `shown` writes them.

    >>> verdict([Finding("a", "drift", ()), Finding("b", "stable", ())])
    'Drift in 1 of 2 variants: a'
    >>> verdict([Finding("a", "stable", ()), Finding("b", "failed", ())])
    'No drift in 2 variants; 1 could not be checked: b'
    """
    if not findings:
        return "Nothing to check yet"
    drifting = [shown(it.variant) for it in findings if it.status == Status.DRIFT.value]
    failed = [shown(it.variant) for it in findings if it.status == FAILED]
    all_of_them = f"{len(findings):,} variant{'s' * (len(findings) != 1)}"
    said = f"Drift in {len(drifting):,} of {all_of_them}: {_listed(drifting)}" if drifting else f"No drift in {all_of_them}"
    return said + (f"; {len(failed):,} could not be checked: {_listed(failed)}" if failed else "")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _row_of(variant: str, it: MetricReport) -> dict[str, str]:
    status = f"{it.status.value}, {it.severity.value}" if it.severity else it.status.value
    what = it.metric.value.replace("_", " ")
    by = it.decided_by
    if by is None:
        return _row(variant, status, what, change=_percent(it.relative_change, it.interval), n=_n(it.recent.n, it.reference.n))
    if it.drifting and by.z < by.entry:
        if it.tail is not None and it.tail.status is Status.DRIFT:
            what, by = f"{what}, extremes", it.tail.evidence
        elif it.held:
            lasting, began = it.held[0], min(alarm.onset for alarm in it.held)
            quiet = f"lasts: quiet in {lasting.quiet_checks} of {lasting.needed} checks"
            return _row(
                variant, status, what, change=_percent(lasting.relative_change), n=f"n {lasting.n:,}", evidence=quiet, since=_minute(began)
            )
    evidence = f"{abs(by.z):.1f} / {by.entry:.1f}"
    change, n = _percent(by.relative_change, by.interval), _n(by.recent_n, by.reference_n)
    return _row(variant, status, what, change=change, n=n, evidence=evidence, since=_minute(by.onset) if it.drifting else "")


def _row(
    variant: str, status: str, what: str = "", *, change: str = "", n: str = "", evidence: str = "", since: str = ""
) -> dict[str, str]:
    row = {"variant": variant, "status": status, "what": what}
    row |= {"change (95%), n now / before": ", ".join(filter(None, (change, n))), "z / entry": evidence, "since (UTC)": since}
    return {name: cell(text) for name, text in row.items()}


def _percent(change: float | None, interval: tuple[float, float] | None = None) -> str:
    """A change, and what it may be by its 95% interval.

    >>> _percent(-0.13, (-0.2, -0.06))
    '-13% (-20 to -6)'
    """
    if change is None:
        return ""
    return f"{change:+.0%}" + (f" ({100 * interval[0]:+.0f} to {100 * interval[1]:+.0f})" if interval else "")


def _n(now: int, before: int) -> str:
    return f"n {now:,} / {before:,}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
