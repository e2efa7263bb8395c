"""`lifecycle drift known`, `drift episode` and `drift history`: what was found, how it ended, and that it is meant."""

import json
from datetime import timedelta

import pytest

from deployments.wire.watch import DriftHistoryWire, ToldEpisodeWire
from lifecycle_core.operations import drift
from tasks import context
from tests.cli.conftest import END

WHY = "the new price list is out"


@pytest.fixture
def found(watched, monkeypatch):
    """The same as `watched`, at noon of the last day, where the watch has found a drift in three checks."""
    monkeypatch.setenv("LIFECYCLE_CLOCK", f"{(END + timedelta(hours=3)).isoformat()}=2025-01-01T00:00:00Z*0")
    context.configure()
    for hours in (0, 2):
        watched("drift", "check", "baseline", "--at", (END + timedelta(hours=hours)).isoformat(), "--record")
    return watched


def test_known_tells_what_it_means(found):
    said = found("drift", "known", 1, "--reason", WHY)
    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        "Known: the change in booking rate and response time of baseline, version 1, is meant",
        said.stdout.splitlines()[1],
        "From the next check on:",
        "  the episode is closed, and none of its alarms lasts",
        "  the reference begins anew at 2025-10-06 12:00Z, where the last of its alarms began",
        "  the days before are compared with nothing; they teach how much days differ",
        "  a metric is insufficient_data until 50 conversations since then lie on both sides",
        "  the audit log keeps who said so, when and why",
        "Next: lifecycle drift check baseline",
        "No undo: what is known to be meant is compared with nothing from before",
        said.stdout.splitlines()[-1],
    ]
    assert said.stdout.splitlines()[-1].startswith("Audit: ")
    assert said.stdout.splitlines()[1].startswith("Said at 2025-10-07 15:00Z by cli:")


def test_the_next_check_drifts_no_more(found):
    assert found("drift", "check", "baseline").exit_code == 5
    found("drift", "known", 1, "--reason", WHY)
    assert found("drift", "check", "baseline").exit_code == 0


def test_known_said_again_changes_nothing_and_says_so(found, monkeypatch):
    found("drift", "known", 1, "--reason", WHY)
    monkeypatch.setenv("LIFECYCLE_CLOCK", f"{(END + timedelta(hours=4)).isoformat()}=2025-01-01T00:00:00Z*0")
    context.settings.cache_clear()
    said = found("drift", "known", 1, "--reason", "something else")
    assert f": {WHY}\nIt was known already; nothing changed\n" in said.stdout


def test_known_as_json_is_what_the_api_answers(found):
    told = json.loads(found("drift", "known", 1, "--reason", WHY, "--json").stdout)
    assert (told["episode"]["knownBecause"], told["episode"]["closedBecause"]) == (WHY, f"known: {WHY}")
    assert (told["minSamplesForComparison"], len(told["meaning"])) == (50, 5)


def test_history_tells_where_it_began_when_it_was_found_and_how_it_ended(found):
    def row():
        lines = found("drift", "history", "baseline").stdout.splitlines()
        return next(line for line in lines if "baseline" in line)

    begun = ["booking", "rate,", "response", "time", "high", "2025-10-06", "12:00Z", "2025-10-07", "12:00Z", "26", "h"]
    assert row().split() == ["1", "baseline", "1", *begun, "goes", "on"]
    found("drift", "known", 1, "--reason", WHY)
    assert row().split() == ["1", "baseline", "1", "booking", "rate,", "response", "time", *begun[4:-2], "27", "h", "known:", *WHY.split()]


def test_history_as_json_is_what_the_api_answers(found):
    told = DriftHistoryWire.of(drift.history(context.database(), None, 50), 50)
    assert found("drift", "history", "--json").stdout == f'{{"schemaVersion":1,{told.model_dump_json(by_alias=True)[1:]}\n'


def test_a_full_page_says_that_there_may_be_more(found):
    assert "These are the newest 1; --limit shows more" in found("drift", "history", "--limit", 1).stdout
    assert "--limit shows more" not in found("drift", "history").stdout


def test_an_episode_is_told_with_its_verdict_its_course_its_alarms_and_what_to_do(found):
    said = found("drift", "episode", 1).stdout
    assert said.startswith("Episode 1: booking rate, response time of baseline, version 1, worst severity high\n")
    for line in (
        "As of 2025-10-07 14:00Z, the last check that found it: Drift, severity high, since about 2025-10-06 12:00Z: ",
        "\nlength      26 h so far; 3 checks found it\n",
        "\n2025-10-07 12:00Z  high      booking rate, response time\n",
        "\nbooking rate             2025-10-06 12:00Z  2025-10-07 12:00Z, 24 h  2025-09-23 to 2025-10-06  too few yet       0 of 24  ",
        "\n  lifecycle drift explain baseline --episode 1 ",
        "\n  lifecycle drift known 1 --reason WHY ",
    ):
        assert line in said


def test_an_episode_that_is_known_tells_who_said_so_and_offers_it_no_more(found):
    found("drift", "known", 1, "--reason", WHY)
    said = found("drift", "episode", 1).stdout
    assert f": {WHY}\n" in said
    assert "closed with the episode" in said
    assert "lifecycle drift known" not in said


def test_an_episode_as_json_is_what_the_api_answers(found):
    told = ToldEpisodeWire.of(drift.episode(context.database(), 1))
    assert found("drift", "episode", 1, "--json").stdout == f'{{"schemaVersion":1,{told.model_dump_json(by_alias=True)[1:]}\n'


def test_a_reason_is_no_markup_and_no_control_to_the_terminal(found):
    said = found("drift", "known", 1, "--reason", "[bold]\x1b[31mred")
    assert "[bold]�[31mred" in said.stdout
    assert "known: [bold]�[31mred" in found("drift", "history").stdout


def test_metrics_name_the_variants_that_drift_too_often(found):
    assert "over 2 a week    no variant, in the last week" in found("drift", "metrics").stdout
    assert (json.loads(found("drift", "metrics", "--json").stdout)["alertPerWeek"]) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["known", 7, "--reason", WHY], "no episode 7 is known; lifecycle drift history lists them"),
        (["known", 1, "--reason", " "], "reason has 0 characters; say in 1 to 1,000 why the change is meant"),
        (["known", 1, "--reason", "a\x00b"], "reason has 3 characters; give up to 1,000, none of them NUL"),
        (["known", 1], "Missing option '--reason'"),
        (["known", "baseline", "--reason", WHY], "'baseline' is not a valid integer"),
        (["known", 0, "--reason", WHY], "0 is not in the range"),
        (["episode", 7], "no episode 7 is known; lifecycle drift history lists them"),
    ],
    ids=lambda it: " ".join(map(str, it)) if isinstance(it, list) else "",
)
def test_bad_input_is_one_sentence_and_exits_with_2(found, words, told):
    said = found("drift", *words)
    assert (said.exit_code, said.stdout) == (2, "")
    assert told in said.stderr
    assert len(said.stderr.splitlines()) == 1
