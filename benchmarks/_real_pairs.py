"""Pairs of real runs, what the data's own page says of each, and the product's verdict on them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks._real import NOW, SEED, Shuffled, runs
from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.report import DriftReport, Metric, MetricReport
from lifecycle_core.policy import Policy

BOOKED: Final = Metric.BOOKING_RATE
SLOW: Final = Metric.RESPONSE_TIME
DEAR: Final = Metric.COST
ORDERS: Final = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs of a file, each of one or more of its names, and a right verdict on the second after the first.

    says : the verdict in the page's words. drifts : the metrics that must drift; open : those that may, since the page leaves it open.
    incidents : the kinds of incident of which one must be told; none, and no incident may be.
    """

    file: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    says: str
    drifts: frozenset[Metric] = frozenset()
    open: frozenset[Metric] = frozenset()
    incidents: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Both sides, by their runs."""
        return " → ".join("+".join(side) for side in (self.before, self.after))


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair's reports, one for each order, and what of each is not right; empty where all is."""

    pair: Pair
    reports: tuple[DriftReport, ...]
    faults: tuple[tuple[str, ...], ...]

    @property
    def right(self) -> int:
        """In how many orders all is right."""
        return sum(not it for it in self.faults)


def _tau2(before: str, after: str, says: str, *drifts: Metric, may: tuple[Metric, ...] = (), incidents: tuple[str, ...] = ()) -> Pair:
    return Pair("tau2.jsonl.gz", (before,), (after,), says, frozenset(drifts), frozenset(may), frozenset(incidents))


def _tau(model: str, before: str, after: str, says: str) -> Pair:
    name = f"tool-calling_{model}_1129"
    return Pair("tau.jsonl.gz", (name + before,), (name + after,), says)


CRASHES: Final = ("provider_faults", "missing_cost", "missing_latency")
PAIRS: Final = (
    _tau2("gemini-3-flash_base", "gpt-5-mini_base", "success and latency drift; escalation +36% is noise; cost fell", BOOKED, SLOW),
    _tau2("gpt-4.1-mini_base", "gpt-5-mini_base", "latency only; escalation +57% is noise", SLOW),
    _tau2("gpt-4.1-mini_base", "gemini-3-flash_base", "better, yet cost and latency drift", DEAR, SLOW),
    _tau2("gpt-4.1-mini_base", "gpt-4.1-mini_policy_v1", "not shown to differ"),
    _tau2("gpt-4.1-mini_policy_v1", "gpt-4.1-mini_policy_v2", "success not shown to differ; a little slower"),
    _tau2("gemini-3-flash_base_usergemini", "gemini-3-flash_base_usergemini_verified", "no harm"),
    _tau2("gpt-4.1-mini_0221a", "gpt-4.1-mini_base", "open: the prompt's label is inferred", may=(BOOKED,)),
    _tau("grok-4-fast-reasoning", "151151", "164721", "no drift"),
    _tau("grok-4-fast-non-reasoning", "151208", "154422", "no drift"),
    _tau("grok-4-1-fast-reasoning", "154012", "174540", "no drift"),
    _tau("grok-4-1-fast-non-reasoning", "153740", "174548", "no drift: escalation +46% is noise"),
    Pair(
        "tau.jsonl.gz",
        ("tool-calling_grok-4-fast-reasoning_1129164721",),
        ("tool-calling_grok-4-fast-non-reasoning_1129154422",),
        "success 53 → 41 with p = .09: not shown, or open; escalation fell",
        open=frozenset({BOOKED}),
    ),
)
"""Fact 3 of the page."""
INCIDENTS: Final = (
    _tau2("gpt-4.1-mini_policy_v1", "gpt-4.1-mini_policy_v1_raw", "18 crashed: an incident, the prompt is not to blame", incidents=CRASHES),
    _tau2(
        "gemini-3-flash_base_usergemini",
        "gemini-3-flash_0220_incident",
        "21 crashed, and slower besides: an incident and a drift of latency; success among those that ran 86 → 71, p = .008",
        SLOW,
        may=(BOOKED,),
        incidents=CRASHES,
    ),
    *(
        Pair(
            "promptversions.jsonl.gz",
            ("eval_policy_md_gpt-4o_test_5trials",),
            (f"{batch}_retail_test_agent-gpt-4o_seed42",),
            "a quota ran out: success 0% says nothing of the prompt",
            incidents=frozenset(CRASHES),
        )
        for batch in ("batch2", "batch6")
    ),
)
"""Fact 5 of the page, as far as it names runs."""


def judge(pair: Pair, orders: int = ORDERS) -> Judged:
    """The product's verdicts on the pair as of the end of its clock, held against a right one.

    Where in a run a conversation stands says nothing of a time of day, so each side is put on the clock in `orders` orders at random.
    """
    of = runs(pair.file)
    before, after = ([it for name in side for it in of[name]] for side in (pair.before, pair.after))
    sides, generator = Shuffled.of(before, after), np.random.default_rng(SEED)
    reports = []
    for _ in range(orders):
        order = np.concatenate([generator.permutation(len(before)), len(before) + generator.permutation(len(after))])
        reports.append(detect(sides.table(order), Policy(), NOW))
    return Judged(pair, tuple(reports), tuple(tuple(_faults(pair, it)) for it in reports))


def _faults(pair: Pair, report: DriftReport) -> list[str]:
    drifts, kinds = set(report.drifts), {it.kind for it in report.incidents}
    faults = [f"{it.value} does not drift: {_evidence(report.of(it))}" for it in sorted(pair.drifts - drifts)]
    faults += [f"{it.value} drifts" for it in sorted(drifts - pair.drifts - pair.open)]
    if pair.incidents and not kinds & pair.incidents:
        faults.append("no incident is told")
    faults += [f"incident {it}" for it in sorted(kinds - pair.incidents)]
    return faults


def _evidence(it: MetricReport) -> str:
    evidence = it.decided_by
    level = "" if evidence is None else f", z {evidence.z:.1f} of {evidence.entry:.1f}"
    return f"{it.status.value.replace('_', ' ')}{level}"


def told(report: DriftReport) -> str:
    """What a report finds, in a few words: each drift with its change and z, each incident by its kind."""
    found = []
    for it in report.metrics:
        evidence = it.decided_by
        if it.drifting and evidence is not None:
            change = "" if evidence.relative_change is None else f" {evidence.relative_change:+.0%}"
            tail = " or its tail" if it.tail and it.tail.status is it.status else ""
            found.append(f"{it.metric.value}{tail}{change} (z {evidence.z:.1f} of {evidence.entry:.1f})")
    found += [f"incident {it.kind}" for it in report.incidents]
    return ", ".join(found) or report.status.value.replace("_", " ")
