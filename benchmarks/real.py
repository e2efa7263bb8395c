"""What is found in real conversations, against what their page says is true: a swap of models, pairs of agents, agents and themselves.

Only the clocks are made. Of a pair, the first side ended evenly over the 13 days before the last, the second evenly over the last
24 hours, each in random order; so did the halves of a run that is compared with itself.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from benchmarks._real import NOW, SEED, Shuffled, missing, runs
from benchmarks._real_pairs import INCIDENTS, PAIRS, judge, told
from benchmarks._real_timeline import SOURCE, SWITCH, TIMELINE, Replayed, answer, replayed
from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.report import Metric
from lifecycle_core.policy import Mode, Policy

TRIALS: Final = "tau.jsonl.gz"
_BARE: Final = Policy(mode=Mode.THRESHOLD, reference_days=14, min_samples_for_comparison=1)
"""The plan's thresholds, alone, over the whole of such a clock."""
_THRESHOLDS: Final = np.array([0.10, 0.15, 0.20, 0.25])
_PAGES_SPLITS: Final = 2000


def run(splits: int = 200) -> dict[str, object]:
    """Measure all three; `splits` of each run against itself."""
    lacking = missing(TIMELINE, SOURCE, TRIALS, *(it.file for it in INCIDENTS))
    if lacking:
        print(f"left out: {lacking}")
        return {"left_out": lacking, "real_aa_alarm_rate": None}
    return {**_timeline(), **_pairs(), **_themselves(splits)}


def aa_alarm_rate(splits: int = 200) -> float | None:
    """The share of splits in which a real agent is told to drift from itself: of `splits` a run, over the 11 runs of tau2.

    Each conversation of a run is used once. None where the data are absent, which is told.
    """
    lacking = missing(SOURCE)
    if lacking:
        print(f"real_aa_alarm_rate is left out: {lacking}", file=sys.stderr)
        return None
    rates = split(runs(SOURCE), splits, Policy())
    return sum(rates.values()) / len(rates)


def split(groups: Mapping[str, Sequence[Conversation]], splits: int, policy: Policy, *metrics: Metric) -> dict[str, float]:
    """Of each group the share of splits at random, one half before the other, in which any of `metrics`, or of all, is told to drift."""
    generator, counted = np.random.default_rng(SEED), set(metrics or Metric)
    rates = {}
    for name, group in groups.items():
        halves = Shuffled.of(group[: len(group) // 2], group[len(group) // 2 :])
        drifts = (detect(halves.table(generator.permutation(len(group))), policy, NOW).drifts for _ in range(splits))
        rates[name] = sum(bool(counted & set(found)) for found in drifts) / splits
    return rates


def rule_of_the_page(run: Sequence[Conversation], splits: int) -> float:
    """The share of splits at random in which the plan's rule alarms, as the data's page asks it.

    Success 10% down, escalation 15% up, mean cost 20%, mean of mean response times 25%; from zero on, any rise alarms.
    """
    unknown = float("nan")
    figures = np.array(
        [
            (
                -float(it.booked or 0),
                float(it.escalated or 0),
                unknown if it.cost_usd is None else it.cost_usd,
                float(np.mean(it.response_times_s)) if it.response_times_s else unknown,
            )
            for it in run
        ]
    )
    generator, half = np.random.default_rng(SEED), len(run) // 2
    orders = np.array([generator.permutation(len(run)) for _ in range(splits)])
    before, after = (np.nanmean(figures[side], axis=1) for side in (orders[:, :half], orders[:, half:]))
    return float((after - before > _THRESHOLDS * np.abs(before)).any(axis=1).mean())


def trials() -> dict[str, list[Conversation]]:
    """The agents of tau that called tools, each with both its trials of 50 and 100 conversations, by model."""
    groups: dict[str, list[Conversation]] = {}
    for name, held in runs(TRIALS).items():
        kind, model, _ = name.split("_")
        if kind == "tool-calling":
            groups.setdefault(model, []).extend(held)
    return groups


def _timeline() -> dict[str, object]:
    passed, named = replayed(with_models=False), replayed(with_models=True)
    last = passed.reports[-1]
    print(f"timeline, {len(passed.reports)} hourly checks to {last.at:%Y-%m-%dT%H:%MZ}; the model was swapped at {SWITCH:%Y-%m-%dT%H:%MZ}")
    print(f"  up to the swap: {passed.alarms_before()} of {len(passed.before)} checks alarm; the bare thresholds at {passed.bare}")
    hours = {it.value: _hours(passed, it) for it in (Metric.BOOKING_RATE, Metric.RESPONSE_TIME)}
    for name, after in hours.items():
        print(f"  {name}: {'never found' if after is None else f'first found {after} h after the swap'}")
    print(f"  at the end: {told(last)}; severity {last.severity}, advice {last.recommended_action}")
    answers = {
        "attribution": [answer(it) for it in passed.explanation.attributions],
        "attribution_with_models": [answer(it) for it in named.explanation.attributions],
    }
    for name, said in answers.items():
        print("".join(f"  {name.replace('_', ' ')}: {it}\n" for it in said), end="")
    return {
        "timeline_alarms_before": passed.alarms_before(),
        "timeline_checks_before": len(passed.before),
        "timeline_bare_alarms_before": passed.bare,
        "timeline_first_h": hours,
        "timeline_verdict": told(last),
        **answers,
    }


def _hours(passed: Replayed, metric: Metric) -> int | None:
    first = passed.first(metric)
    return None if first is None else round((first - SWITCH).total_seconds() / 3600)


def _pairs() -> dict[str, object]:
    listed = []
    for heading, pairs in (("pairs of agents", PAIRS), ("incidents", INCIDENTS)):
        print(f"\n{heading}: whether the verdict is right in the first order, and in how many orders")
        for pair in pairs:
            it = judge(pair)
            faults, verdict = it.faults[0], told(it.reports[0])
            why = f"; WRONG: {', '.join(faults)}" if faults else ""
            print(f"  {'FAIL' if faults else 'pass'} {it.right:>2} of {len(it.reports)}  {pair.name}: {verdict}{why}")
            print(f"{'':18}a right verdict: {pair.says}", flush=True)
            listed.append({"pair": pair.name, "says": pair.says, "verdict": verdict, "faults": faults, "right": it.right})
    return {"pairs_right": sum(not it["faults"] for it in listed), "pairs": listed}


def _themselves(splits: int) -> dict[str, object]:
    four = [it for it in Metric if it is not Metric.ACTION_DISTRIBUTION]
    print(f"\nagents against themselves: share of {splits} splits that alarm, and by the plan's four thresholds alone")
    page = [rule_of_the_page(it, _PAGES_SPLITS) for it in runs(SOURCE).values()]
    mean = sum(page) / len(page)
    print(f"  the plan's rule with means of response times, as the page has it: {min(page):.2f} to {max(page):.2f}, mean {mean:.2f}")
    figures: dict[str, object] = {"plan_rule_alarm_rate": round(mean, 3)}
    for key, groups in (("real_aa", runs(SOURCE)), ("trials_aa", trials())):
        ours, bare = split(groups, splits, Policy()), split(groups, splits, _BARE, *four)
        for name in ours:
            print(f"  {name:<42}{ours[name]:>8.3f}{bare[name]:>8.2f}")
        means = [sum(it.values()) / len(it) for it in (ours, bare)]
        print(f"  {f'mean of {len(ours)}':<42}{means[0]:>8.4f}{means[1]:>8.2f}\n", flush=True)
        figures |= {f"{key}_alarm_rate": means[0], f"{key}_bare_rate": round(means[1], 3), f"{key}_by_run": ours}
    return figures
