"""The sandbox answers every call, and remembers what was written."""

import json

import pytest

from lifecycle_core.chat import ToolCall
from lifecycle_core.replay.sandbox import Sandbox
from lifecycle_core.replay.slots import Facts, Slot
from lifecycle_core.replay.wants import Want

TAKEN = Slot("Monday", 9)


def call(name, arguments):
    return ToolCall(id="1", name=name, arguments=arguments if isinstance(arguments, str) else json.dumps(arguments))


def book(time, day="Monday"):
    return call("book_appointment", {"service": "deep", "day": day, "time": time})


@pytest.fixture
def sandbox():
    return Sandbox(Facts(taken=frozenset({TAKEN})))


def test_a_taken_slot_is_not_among_the_free_ones(sandbox):
    answer = json.loads(sandbox.call(call("check_availability", {"service": "deep", "day": "Monday"})))
    assert "9:00" not in answer["free"]
    assert "10:00" in answer["free"]


def test_a_taken_slot_cannot_be_booked(sandbox):
    assert json.loads(sandbox.call(book("9:00"))) == {"error": "Monday at 9:00 is taken"}
    assert sandbox.errors == [{"tool": "book_appointment", "message": "Monday at 9:00 is taken"}]
    assert not sandbox.booked


def test_booking_again_moves_the_appointment(sandbox):
    sandbox.call(book("10:00"))
    sandbox.call(book("11:00", "Tuesday"))
    assert sandbox.holds(Want.of("deep, on Tuesday"))
    assert not sandbox.holds(Want.of("deep, on Monday"))


@pytest.mark.parametrize(
    "hostile",
    [
        call("cancel_everything", {}),
        call("book_appointment", "{not json"),
        call("book_appointment", "[1]"),
        call("book_appointment", {}),
        book("25:00"),
        book("noon"),
        book("10:00", "Sunday"),
        call("check_availability", {"service": "wizardry", "day": "Monday"}),
    ],
    ids=lambda it: f"{it.name} {it.arguments}"[:40],
)
def test_a_call_that_cannot_be_meant_is_answered_with_an_error_and_writes_nothing(sandbox, hostile):
    assert "error" in json.loads(sandbox.call(hostile))
    assert (sandbox.booked, sandbox.escalated, len(sandbox.errors), sandbox.actions) == ([], False, 1, [hostile.name])


def test_a_calendar_that_fails_answers_when_it_is_asked_again():
    sandbox = Sandbox(Facts(taken=frozenset(), failing=1))
    asked = call("check_availability", {"service": "deep", "day": "Monday"})
    assert "error" in json.loads(sandbox.call(asked))
    assert "free" in json.loads(sandbox.call(asked))


@pytest.mark.parametrize("seed", range(50))
def test_whoever_comes_could_be_served(seed):
    want = Want.of("a deep cleaning on Friday between 17:00 and 19:00")
    taken = Facts.of(want, seed).taken
    assert {Slot("Friday", 17), Slot("Friday", 18)} - taken
