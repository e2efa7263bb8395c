"""`lifecycle policy`: thresholds and limits of a variant, shown, changed, and changed back."""

import json
import shlex

import pytest

from benchmarks._sessions import ready
from lifecycle_core.operations import policies
from lifecycle_core.policy import Policy
from tasks import context


@pytest.fixture
def policy(lifecycle, act):
    """`lifecycle policy …`, of a database with `baseline`."""
    ready(context.database(), act, 1)
    return lambda *words: lifecycle("policy", *words)


def of_baseline():
    return policies.policy(context.database(), "baseline")


def test_every_setting_is_shown_with_the_plans_name(policy):
    said = policy("show", "baseline")
    assert said.exit_code == 0
    for line in ("bookingRateThreshold", "retraining.cooldownDays", "shadow.minShadowSamples", "probation.minConversations"):
        assert f"\n{line} " in said.stdout


def test_a_change_says_what_it_replaced_and_its_undoing_brings_that_back(policy, lifecycle):
    said = policy("set", "baseline", "bookingRateThreshold=0.15", "retraining.cooldownDays=14", "retraining.manualReview=true")
    assert "retraining.cooldownDays is 14 in place of 7\n" in said.stdout
    assert (of_baseline().booking_rate_threshold, of_baseline().retraining.manual_review) == (0.15, True)
    assert policy("show", "baseline", "--changed").stdout.count("\n") == 5
    undo = next(line for line in said.stdout.splitlines() if line.startswith("Undo: "))
    assert lifecycle(*shlex.split(undo)[2:]).exit_code == 0
    assert of_baseline() == Policy()
    assert policy("show", "baseline", "--changed").stdout == "Every setting of baseline is the default\n"


def test_a_limit_is_taken_away_by_none_and_metrics_are_listed_with_commas(policy):
    policy("set", "baseline", "retraining.budgetUsd=none", "retraining.retrainOn=booking_rate,cost", "shadow.source=recorded")
    assert (of_baseline().retraining.budget_usd, of_baseline().retraining.retrain_on) == (None, ("booking_rate", "cost"))
    policy("set", "baseline", "retraining.retrainOn=")
    assert of_baseline().retraining.retrain_on == ()


def test_what_is_so_already_changes_nothing(policy):
    assert policy("set", "baseline", "shadow.replays=4").stdout == "Nothing changed: each has this value already\n"


def test_for_programs_it_is_one_object_and_names_what_was_changed(policy):
    told = json.loads(policy("set", "baseline", "shadow.replays=8", "--json").stdout)
    assert (told["variant"], told["policy"]["shadow"]["replays"], told["changed"]) == ("baseline", 8, ["shadow.replays"])
    assert json.loads(policy("show", "baseline", "--json").stdout) == told


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("shadow.replay=8", "no setting is called 'shadow.replay'; did you mean 'shadow.replays'?"),
        ("shadow.replays", "'shadow.replays' sets nothing; write NAME=VALUE"),
        ("shadow.replays=many", "shadow.replays is 'many': input should be a valid integer"),
        ("shadow.replays=0", "shadow.replays is 0; give a number from 1 to 20"),
        ("shadow.source=old", "shadow.source is 'old': input should be 'new' or 'recorded'"),
        ("shadow.maxSamples=50", "shadow.minShadowSamples is 100 and shadow.maxSamples is 50; the first may not be more than the second"),
        ("retraining.budgetUsd=-1", "retraining.budgetUsd is -1.0; give a number from 0.0"),
        ("retraining.retrainOn=weather", "retraining.retrainOn names weather; the metrics are booking_rate"),
        ("retraining.manualReview=perhaps", "retraining.manualReview is 'perhaps': input should be a valid boolean"),
        ("bookingRateThreshold=nan", "bookingRateThreshold is nan; give a number from 0.0 to 0.999"),
        ("bookingRateThreshold=5", "bookingRateThreshold is 5.0; give a number from 0.0 to 0.999; a rate cannot fall by all of itself"),
        ("actionDistributionThreshold=1.1", "actionDistributionThreshold is 1.1; give a number from 0.0 to 1.0; two mixes of actions"),
        ("confidenceLevel=1", "confidenceLevel is 1.0; give a number from 0.5 to 0.9999"),
        ("recentHours=168", "recentHours is 168 and referenceDays 7, which leaves nothing to compare with; give fewer than 168 hours, or"),
        ("referenceDays=100000", "referenceDays is 100000; give a number from 1 to 3,650"),
        ("windows=3", "no setting is called 'windows'; lifecycle policy show VARIANT lists them"),
        ("bookingRateThreshold=none", "bookingRateThreshold is 'None': input should be a valid number"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(policy, given, sentence):
    said = policy("set", "baseline", given)
    assert (said.exit_code, said.stdout) == (2, "")
    assert sentence in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert of_baseline() == Policy()


def test_a_threshold_of_zero_says_that_any_change_passes_it(policy):
    said = policy("set", "baseline", "bookingRateThreshold=0")
    assert "bookingRateThreshold is 0: any change at all passes it, and evidence alone decides\n" in said.stdout


def test_no_metric_to_retrain_on_says_that_no_drift_begins_one(policy):
    assert (
        "retraining.retrainOn names no metric: no drift begins a retraining\n" in policy("set", "baseline", "retraining.retrainOn=").stdout
    )


def test_a_reason_that_is_too_long_to_keep_is_refused_and_changes_nothing(policy):
    said = policy("set", "baseline", "recentHours=12", "--why", "x" * 1001)
    assert (said.exit_code, said.stdout) == (2, "")
    assert "reason has 1,001 characters; give up to 1,000" in said.stderr
    assert of_baseline() == Policy()


def test_a_reset_brings_back_what_is_named_and_its_undoing_takes_that_back(policy, lifecycle):
    policy("set", "baseline", "shadow.replays=8", "recentHours=12")
    said = policy("reset", "baseline", "shadow.replays")
    assert said.stdout.splitlines()[0] == "shadow.replays is 4 in place of 8"
    assert of_baseline() == Policy(recent_hours=12)
    lifecycle(*shlex.split(next(line for line in said.stdout.splitlines() if line.startswith("Undo: ")))[2:])
    assert of_baseline().shadow.replays == 8


def test_a_reset_without_a_name_brings_all_back(policy):
    policy("set", "baseline", "shadow.replays=8", "recentHours=12")
    policy("reset", "baseline")
    assert of_baseline() == Policy()
    assert policy("reset", "baseline").stdout == "Nothing changed: each is the default already\n"


def test_a_reset_of_what_is_no_setting_is_refused(policy):
    said = policy("reset", "baseline", "shadow.replay")
    assert (said.exit_code, said.stdout) == (2, "")
    assert "no setting is called 'shadow.replay'" in said.stderr


def test_the_history_tells_who_what_and_why_and_how_to_take_the_newest_back(policy, lifecycle):
    assert policy("history", "baseline").stdout == "Nobody changed the policy of baseline: every setting is the default\n"
    policy("set", "baseline", "recentHours=12", "--why", "short days")
    policy("set", "baseline", "shadow.replays=8", "retraining.budgetUsd=none", "--why", "a big test")
    lines = policy("history", "baseline").stdout.splitlines()
    assert [line.split()[3:6] for line in lines[2:5]] == [
        ["retraining.budgetUsd", "100.0", "none"],
        ["shadow.replays", "4", "8"],
        ["recentHours", "24", "12"],
    ]
    assert lines[4].rstrip().endswith("short days")
    lifecycle(*shlex.split(lines[-1].partition(": ")[2])[1:])
    assert of_baseline() == Policy(recent_hours=12)


def test_for_programs_the_history_is_one_object(policy):
    policy("set", "baseline", "recentHours=12", "--why", "short days")
    [told] = json.loads(policy("history", "baseline", "--json").stdout)["changes"]
    assert (told["reason"], told["settings"], told["undo"]) == (
        "short days",
        {"recentHours": {"before": 24, "after": 12}},
        {"recentHours": 24},
    )


def test_a_variant_that_nobody_knows_has_no_policy(policy):
    assert policy("show", "baselin").exit_code == 2
    assert policy("set", "baselin", "shadow.replays=8").exit_code == 2
