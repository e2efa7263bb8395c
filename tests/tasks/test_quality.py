import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lifecycle_core.conversations import Conversation
from tasks.quality import check

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)


def held(**given: object):
    return Conversation(**{"id": "c", "variant": "baseline", "ended_at": NOON, **given})


SOUND = held(
    started_at=NOON - timedelta(seconds=40),
    booked=True,
    escalated=False,
    cost_usd=0.02,
    input_tokens=900,
    output_tokens=100,
    total_tokens=1000,
    response_times_s=(10.0, 20.0),
)


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ({"ended_at": NOON + timedelta(days=2)}, "ended_at", "ended_at is 2025-10-09T12:00:00Z; it must lie between 2015 and now"),
        ({"ended_at": datetime(1970, 1, 21, tzinfo=UTC)}, "ended_at", "1970-01-21T00:00:00Z"),
        ({"started_at": NOON - timedelta(days=32)}, "started_at", "it must lie within 31 days of ended_at"),
        (
            {"started_at": NOON - timedelta(seconds=30), "response_times_s": (1800.0, 950.0)},
            "response_times_s",
            "2,750.0 s together in a conversation of 30.0 s; replies cannot take longer",
        ),
        ({"cost_usd": 10_000.0}, "cost_usd", "cost_usd is 10,000.00; a conversation must cost below 10,000 US dollars"),
        ({"cost_usd": 3.5, "total_tokens": 900}, "cost_usd", "cost_usd is 3.5000 for 900 tokens; past 0.10 a token must cost below 0.002"),
        ({"total_tokens": 10, "input_tokens": 900, "output_tokens": 10}, "total_tokens", "are two fields swapped?"),
    ],
)
def test_what_no_type_can_see_is_refused_at_its_place(given, field, told):
    found = check([SOUND, held(**given), SOUND], NOON)
    assert list(found.refused) == [1]
    assert found.refused[1].field == field
    assert told in found.refused[1].sentence


def test_sound_conversations_and_silent_ones_pass():
    assert check([SOUND, held(), held(cost_usd=0.0, total_tokens=0), held(cost_usd=0.02, total_tokens=5)], NOON).refused == {}


def test_a_clock_may_be_a_little_fast():
    assert check([held(ended_at=NOON + timedelta(hours=12))], NOON).refused == {}


def test_what_the_others_do_not_tell_is_counted():
    found = check([SOUND, held(booked=False), held(ended_at=NOON + timedelta(days=9))], NOON)
    assert found.untold == {"booked": 0, "escalated": 1, "cost_usd": 1, "response_times_s": 1, "total_tokens": 1}


def test_milliseconds_without_a_start_are_remarked_upon():
    found = check([held(response_times_s=(1800.0,)), held(response_times_s=(2500.0,))], NOON)
    assert found.refused == {}
    assert found.remarks == ["half of the conversations have response times over 2,150 s; response_times_s are seconds"]


def test_of_an_empty_batch_there_is_nothing_to_say():
    assert check([], NOON).refused == {}


WATCHED = """
import os, sys
reached = []
def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event in {"socket.connect", "socket.getaddrinfo"}:
        reached.append((event, str(arguments[:2])))
sys.addaudithook(watch)
sys.dont_write_bytecode = True
from datetime import UTC, datetime
from lifecycle_core.conversations import Conversation
from tasks.quality import check
noon = datetime(2025, 10, 7, tzinfo=UTC)
check([Conversation(id="c", variant="v", ended_at=noon)], noon)
print(reached)
"""


@pytest.mark.slow
def test_the_suite_asks_no_network_writes_no_file_and_prints_nothing(tmp_path):
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"
    assert ran.stderr == ""
    assert list(tmp_path.iterdir()) == []
