"""`lifecycle drift backtest`, as a person and as a program reads it."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from deployments.cli import drift_backtest
from deployments.wire.backtest import BacktestWire, verdict
from lifecycle_core.operations import policies
from lifecycle_core.operations.backtesting import backtest as replayed
from tasks import context
from tests.plots.backtests import CHANGED, POLICY, backtest, course


def shown(it, capsys):
    drift_backtest._show(it)
    return capsys.readouterr().out.splitlines()


def test_the_verdict_comes_first(capsys):
    first = shown(backtest(), capsys)[0]
    assert first == ("With bookingRateThreshold 0.15 the watch would have alarmed once instead of 3 and begun 1 retraining instead of 3.")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (None, "The watch would have alarmed 3 times and begun 3 retrainings; the bare thresholds 10 times and 10 retrainings"),
        (course(CHANGED), "the watch would have alarmed 0 times instead of 3 and begun no retraining instead of 3"),
        (course(CHANGED, (1, 2), (3, 4), (5, 6)), "the watch would have alarmed 3 times as before and begun 3 retrainings as before"),
        (course(POLICY, (1, 2)), "The policy says this already: the watch would have alarmed 3 times and begun 3 retrainings"),
    ],
    ids=["no change", "no alarm", "as many", "the same policy"],
)
def test_the_verdict_says_what_differs(changed, words):
    assert verdict(backtest(changed=changed)).endswith(words)


def test_policies_stand_side_by_side(capsys):
    lines = shown(backtest(), capsys)
    cells = {line[:20].strip(): line[20:].split() for line in lines if line[:1] != "─"}
    assert cells["alarms"] == ["3", "1", "10"]
    assert cells["alarms a week"] == ["2.10", "0.70", "7.00"]
    assert cells["checks a week"] == ["168"] * 3
    assert cells["retrainings begun"] == ["3", "1", "10"]
    assert cells["their cost"] == ["$3.750000", "$1.250000", "$12.500000"]


def test_the_list_says_which_policy_brings_an_alarm(capsys):
    rows = [line.split() for line in shown(backtest(), capsys) if line.startswith("booking rate ")]
    assert [it[-1] for it in rows] == ["present", "present", "present", "changed"]
    assert rows[0][2:-1] == ["2025-09-02", "18:00Z", "2025-08-31", "18:00Z", "10", "h", "-25%", "high"]


def test_no_line_is_wider_than_a_hundred_columns_but_sentences(capsys):
    table = [line for line in shown(backtest(), capsys) if not line.endswith(".")]
    assert max(map(len, (line.rstrip() for line in table))) <= 100


def test_a_long_list_is_cut_and_says_so(capsys):
    many = backtest(changed=None, current=course(POLICY, *((it, it + 1) for it in range(0, 200, 4))))
    assert "And 30 more; --json lists them." in shown(many, capsys)


def test_without_past_retrainings_the_cost_is_unknown(watched):
    told = watched("drift", "backtest", "baseline")
    assert told.exit_code == 0, told.output
    assert next(line.split() for line in told.stdout.splitlines() if "their cost" in line)[2:] == ["unknown", "unknown"]


def test_json_is_what_the_api_answers(watched):
    told = watched("drift", "backtest", "baseline", "--set", "bookingRateThreshold=0.9", "--json")
    assert told.exit_code == 0, told.output
    current = policies.policy(context.database(), "baseline")
    found = replayed(context.database(), "baseline", context.as_of(None), changed=replace(current, booking_rate_threshold=0.9))
    assert json.loads(told.stdout) == {"schemaVersion": 1} | json.loads(BacktestWire.of(found).model_dump_json(by_alias=True))


def test_the_plot_is_written_and_told(watched, tmp_path):
    told = watched("drift", "backtest", "baseline", "--mode", "threshold", "--plot", tmp_path / "drift.svg")
    assert told.exit_code == 0, told.output
    assert told.stdout.endswith(f"Drawn: {tmp_path / 'drift.svg'}\n")
    assert ET.parse(tmp_path / "drift.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--set", "bookingRateTreshold=0.15"), "did you mean 'bookingRateThreshold'?"),
        (("--set", "bookingRateThreshold"), "sets nothing; write NAME=VALUE"),
        (("--set", "costIncreaseThreshold=-1"), "costIncreaseThreshold is -1"),
        (("--set", "costIncreaseThreshold=dear"), "costIncreaseThreshold is 'dear'"),
        (("--from", "2025-10-05T00:00Z", "--to", "2025-10-01T00:00Z"), "the first check must not come after the last"),
        (("--from", "2024-10-05T00:00Z", "--to", "2024-11-01T00:00Z"), "has no conversation from 2024-10-05"),
        (("--from", "2025-10-05"), "has no zone"),
        (("--plot", "drift.pdf"), "end its name in .svg or .png"),
        (("--plot", "nowhere/drift.svg"), "there is no folder 'nowhere'"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(watched, tmp_path, words, message):
    before = set(tmp_path.rglob("*"))
    told = watched("drift", "backtest", "baseline", *words)
    assert (told.exit_code, told.stdout) == (2, "")
    assert message in told.stderr
    assert {it for it in tmp_path.rglob("*") if it.parent.name != "data"} == {it for it in before if it.parent.name != "data"}


def test_an_unknown_variant_is_refused(watched):
    told = watched("drift", "backtest", "basline")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "baseline" in told.stderr
