"""Refused records, looked at and tried again as a user types it."""

import json

import pytest

from lifecycle_core.operations.database import verify
from tasks import context
from tests.cli.test_ingest import ROW, rows, summary

NAIVE = {**ROW, "id": "naive", "ended_at": "2025-10-07T11:30:00"}


@pytest.fixture
def refused(lifecycle, write):
    """A file of which one record came in and three did not: one lacks its zone, one its variant, and one costs less than nothing."""
    lacking = {"id": "whose", "ended_at": ROW["ended_at"]}
    lifecycle("ingest", write("traffic.jsonl", *rows(1), NAIVE, lacking, {**ROW, "id": "cheap", "cost_usd": -1}))
    return "traffic.jsonl"


def left(lifecycle):
    return {json.loads(it["content"])["id"] for it in summary(lifecycle("quarantine", "list", "--json"))["quarantined"]}


def test_a_refused_record_is_shown_whole_with_its_reason(lifecycle, refused):
    told = lifecycle("quarantine", "show", f"{refused}:2").stdout

    assert "ended_at is" in told
    assert json.dumps(NAIVE) in told


@pytest.mark.parametrize(
    ("place", "said"), [("traffic.jsonl", "is no FILE:LINE"), ("traffic.jsonl:99", "nothing of traffic.jsonl, line 99")]
)
def test_a_record_that_is_not_there_is_told_with_what_is(lifecycle, refused, place, said):
    told = lifecycle("quarantine", "show", place)

    assert (told.exit_code, said in told.stderr) == (2, True)


def test_what_was_lacking_is_given_and_only_what_can_be_taken_by_now_leaves_the_quarantine(lifecycle, refused):
    told = summary(lifecycle("quarantine", "retry", "--zone", "UTC", "--json"))

    assert (told["accepted"], told["quarantined"], left(lifecycle)) == (1, 2, {"whose", "cheap"})
    again = summary(lifecycle("quarantine", "retry", "--zone", "UTC", "--json"))
    assert (again["accepted"], again["known"], again["quarantined"]) == (0, 0, 2)
    assert not verify(context.database()).problems


def test_a_rehearsal_of_a_retry_takes_nothing_in(lifecycle, refused):
    told = lifecycle("quarantine", "retry", "--zone", "UTC", "--dry-run")

    assert "would be taken        1" in told.stdout
    assert left(lifecycle) == {"naive", "whose", "cheap"}


def test_a_retry_may_be_of_one_file_alone(lifecycle, refused, write):
    lifecycle("ingest", write("other.jsonl", *rows(1), {**NAIVE, "id": "other"}))
    lifecycle("quarantine", "retry", "--source", "other.jsonl", "--zone", "UTC")

    assert left(lifecycle) == {"naive", "whose", "cheap"}


def test_a_record_that_was_kept_shortened_is_told_to_be_read_again(lifecycle, write):
    long = {**NAIVE, "goal": "g" * 9_000, "extra": "x" * 5_000}
    lifecycle("ingest", write("long.jsonl", *rows(1), long))

    told = lifecycle("quarantine", "retry", "--zone", "UTC")
    assert "take its file in again: only there it stands whole" in told.stdout
    assert "the first 10,000 characters are kept" in lifecycle("quarantine", "show", "long.jsonl:2").stdout


def test_with_nothing_there_a_retry_says_so(lifecycle):
    assert lifecycle("quarantine", "retry").stdout.startswith("Nothing is in quarantine")
