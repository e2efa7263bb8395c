"""`lifecycle drift explain`, as a tired person and as a program reads it."""

import json
from datetime import timedelta

import pytest

from deployments.wire.attribution import ExplanationWire
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import traffic
from lifecycle_core.operations.explaining import explain
from lifecycle_core.provenance import Provenance
from tasks import context
from tests.planted import END, plant

AT = "2025-10-07T12:00:00Z"
HOSTILE = "[red]*[/red] <script>"


@pytest.fixture
def planted(lifecycle):
    """Two weeks whose last day one region, of a hostile name, books nothing."""
    plant(HOSTILE, HOSTILE, "quiet")
    return lifecycle


def test_the_first_sentence_says_what_changed_and_what_it_mostly_is(planted):
    said = planted("drift", "explain", "planted", "--at", AT)
    assert said.exit_code == 0
    (sentence,) = [line for line in said.stdout.splitlines() if line.startswith("Booking rate fell")]
    assert "(80.05% to 40.10%)" in sentence
    assert f"100% of it is {HOSTILE} {HOSTILE} (50% of conversations), by rate and not by mix." in sentence


def test_a_hostile_label_is_shown_as_what_it_is(planted):
    rows = [line for line in planted("drift", "explain", "planted", "--at", AT).stdout.splitlines() if line.startswith(HOSTILE)]
    assert [row.split()[2] + row.split()[3] for row in rows] == [f"{HOSTILE}*".replace(" ", ""), "quiet50%"]


def test_it_says_that_it_raises_no_alarm(planted):
    said = planted("drift", "explain", "planted", "--at", AT).stdout
    assert "explains an alarm and never raises one" in said.splitlines()[-1]


def test_conversations_that_show_it_are_listed_up_to_the_limit(planted):
    said = planted("drift", "explain", "planted", "--at", AT, "--limit", 2).stdout
    assert said.count("not booked; ") == 2


def test_where_nothing_drifts_it_says_so_and_what_to_ask(watched):
    said = watched("drift", "explain", "baseline", "--at", "2025-10-06T12:00:00Z")
    assert said.exit_code == 0
    assert said.stdout.endswith("  lifecycle drift explain baseline --metric booking_rate\n")


def test_where_there_is_no_verdict_it_does_not_say_that_nothing_drifts(watched):
    said = watched("drift", "explain", "baseline", "--at", "2026-10-06T12:00:00Z").stdout
    assert "No verdict, and so nothing to explain: too few conversations tell of then." in said
    assert said.endswith("\n  lifecycle drift check baseline\n")
    assert "Nothing drifts" not in said


def test_a_change_for_all_alike_is_blamed_on_nobody(watched):
    said = watched("drift", "explain", "baseline", "--at", AT).stdout
    assert "Booking rate fell 62.5% (80.00% to 30.00%): too few conversations to tell segments apart." in said
    assert "Note: the conversations tell no model and no segments" in said


def test_a_metric_is_explained_on_demand(watched):
    said = watched("drift", "explain", "baseline", "--at", AT, "--metric", "action_distribution").stdout
    assert "The mix of actions moved 0.00% of all calls: no single action is believed to have moved." in said


def test_json_is_what_the_api_answers(planted):
    said = planted("drift", "explain", "planted", "--at", AT, "--limit", 3, "--json")
    expected = ExplanationWire.of(explain(context.database(), "planted", END, limit=3))
    assert json.loads(said.stdout) == {"schemaVersion": 1} | json.loads(expected.model_dump_json(by_alias=True))


def test_an_episode_and_a_time_are_not_asked_for_together(watched):
    said = watched("drift", "explain", "baseline", "--at", AT, "--episode", 1)
    assert said.exit_code == 2
    assert "leave one of --episode and --at out" in said.stderr


def test_an_episode_is_explained_by_its_number(watched):
    watched("drift", "check", "baseline", "--at", AT, "--record")
    said = watched("drift", "explain", "baseline", "--episode", 1)
    assert said.exit_code == 0
    assert "as of 2025-10-07 12:00Z" in said.stdout


def test_an_unknown_episode_is_refused_in_a_sentence(watched):
    said = watched("drift", "explain", "baseline", "--episode", 9)
    assert said.exit_code == 2
    assert "episode 9 is none of 'baseline'" in said.stderr


def test_another_model_that_fails_in_its_own_way_is_told_as_more_of_it_with_its_failures(lifecycle):
    conversations = [
        Conversation(
            id=f"c{number}",
            variant="swapped",
            ended_at=END - timedelta(days=14) + timedelta(minutes=7.5 * (number + 0.5)),
            booked=number % 10 < (4 if number >= 13 * 192 else 8),
            errors=({"tool": "book", "message": f"no slot '{number}'"},) if number >= 13 * 192 and number % 3 == 0 else (),
            model="second" if number >= 13 * 192 else "first",
        )
        for number in range(14 * 192)
    ]
    traffic.ingest(context.database(), Provenance("test", END), conversations)
    said = lifecycle("drift", "explain", "swapped", "--at", AT).stdout
    assert "100% of it is more of model second (0% to 100% of conversations), by mix and not by rate." in said
    (row,) = [line.split() for line in said.splitlines() if line.startswith("no slot")]
    assert row == ["no", "slot", "'…'*", "book", "0.0%", "33.3%", "64"]
