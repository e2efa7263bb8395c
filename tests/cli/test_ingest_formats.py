"""Exports of other systems, taken in by the command as a user types it."""

import json

import pytest

from deployments.cli.ingest import FORMATS
from lifecycle_core.traffic.formats.recognition import NAMES
from tests.cli.test_ingest import summary
from tests.core.traffic.formats.test_tau import results, simulation

TALK = [{"role": "user", "content": "Friday?"}, {"role": "assistant", "content": "At nine."}]
TRAJECTORY = {"task_id": 1, "trial": 0, "reward": 1.0, "info": {}, "traj": TALK}


def test_a_dry_run_tells_what_it_recognized_and_what_is_yet_to_be_given_and_does_not_fail_for_that(lifecycle, write):
    told = lifecycle("ingest", write("chats.jsonl", {"messages": TALK}), "--dry-run", "--json")

    said = summary(told)
    assert told.exit_code == 0
    assert (said["format"], said["records"], said["quarantined"]) == ("openai-chat", 1, 0)
    assert set(said["unknown"]) == {"variant", "ended_at", "outcome"}


def test_for_people_each_thing_that_is_yet_to_be_given_stands_beside_its_option(lifecycle, write):
    told = lifecycle("ingest", write("s.json", simulation(reward_info=None)), "--dry-run").stdout

    assert "read as               tau2: a simulation's termination_reason, or results with tasks" in told
    assert "zone (--zone ZONE: times say none)" in told
    assert "outcome (--outcome EXPR, or --map booked=FIELD; else it is unknown)" in told


def test_what_was_yet_to_be_given_is_asked_for_when_it_is_meant(lifecycle, write):
    told = lifecycle("ingest", write("chats.jsonl", {"messages": TALK}))

    assert told.exit_code == 2
    assert "ended_at is missing; give --map ended_at=FIELD, or --ended-at TIME" in told.stderr


def test_a_folder_is_read_with_all_that_lies_in_it_and_below_it(lifecycle, write, tmp_path):
    (tmp_path / "run" / "simulations").mkdir(parents=True)
    write("run/results.json", results())
    for name in ("a", "b"):
        write(f"run/simulations/{name}.json", simulation(id=name))
    (tmp_path / "run" / "notes.txt").write_text("not read")

    told = summary(lifecycle("ingest", "run", "--variant", "v", "--zone", "UTC", "--json"))
    assert (told["format"], told["accepted"], told["quarantined"]) == ("tau2", 2, 0)
    assert summary(lifecycle("ingest", "run", "--variant", "v", "--zone", "UTC", "--json"))["known"] == 2


@pytest.mark.parametrize(("files", "said"), [((), "holds no file that ends in .json"), (("results.json",), "none of 1 files tells of a")])
def test_a_folder_that_tells_of_no_conversation_is_refused(lifecycle, write, tmp_path, files, said):
    (tmp_path / "run").mkdir()
    for name in files:
        write(f"run/{name}", results())

    told = lifecycle("ingest", "run", "--variant", "v")
    assert (told.exit_code, said in told.stderr) == (2, True)


def test_an_outcome_is_what_somebody_says_counts(lifecycle, write):
    runs = [TRAJECTORY | {"trial": trial, "reward": reward} for trial, reward in enumerate((1.0, 0.4, None))]
    given = "--variant", "v", "--ended-at", "2025-10-07T11:30:00Z", "--dry-run", "--json"

    told = summary(lifecycle("ingest", write("runs.json", json.dumps(runs)), *given, "--outcome", "reward >= 0.4"))
    assert [it["booked"] for it in told["firstRecords"]] == [True, True]
    assert told["untoldFields"]["booked"] == 1


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("reward", "write PATH SIGN VALUE, such as reward==1"),
        ("reward > high", "'high' is no number, and only numbers are more or less; use == or !="),
        ("rewad == 1", "--outcome: no record of runs.json has 'rewad'; did you mean 'reward'?"),
    ],
)
def test_an_outcome_that_cannot_be_meant_is_refused_with_the_remedy(lifecycle, write, expression, said):
    path = write("runs.json", json.dumps([TRAJECTORY]))

    told = lifecycle("ingest", path, "--variant", "v", "--ended-at", "2025-10-07T11:30:00Z", "--outcome", expression)
    assert (told.exit_code, said in told.stderr) == (2, True)


def test_every_format_that_can_be_read_can_be_told():
    assert FORMATS == NAMES


def test_a_format_that_is_told_is_taken_at_its_word(lifecycle, write):
    told = lifecycle("ingest", write("chats.jsonl", {"messages": TALK}), "--format", "native", "--variant", "v", "--dry-run", "--json")

    assert summary(told)["format"] == "native"
