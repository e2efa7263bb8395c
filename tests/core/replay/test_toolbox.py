"""An agent's own tools are stood in for, whatever they are called."""

import json
from datetime import date

import pytest

from lifecycle_core.chat import Done, ToolCall
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.replay.sandbox import TOOLS, Sandbox
from lifecycle_core.replay.slots import Facts, Slot
from lifecycle_core.replay.toolbox import Act, Toolbox, hints_in, specs_in
from lifecycle_core.replay.wants import SERVICES, Want

MONDAY = date(2025, 10, 6)
TREATMENT = {"type": "string", "enum": ["checkup", "root_canal"]}


def tool(tool_name, hint=None, **properties):
    written = {"type": "function", "function": {"name": tool_name, "parameters": {"type": "object", "properties": properties}}}
    return written if hint is None else {**written, "x-lifecycle": hint}


DENTIST = [
    tool("listOpenings", treatment=TREATMENT, date={"type": "string", "format": "date"}),
    tool("bookVisit", treatment=TREATMENT, startTime={"type": "string", "format": "date-time"}),
    tool("cancelVisit", visitId={"type": "string"}),
    tool("transferToHuman", reason={"type": "string"}),
    tool("lookupPatient", {"does": "tell", "answer": {"vip": True}}, phone={"type": "string"}),
    tool("sendNewsletter", text={"type": "string"}),
]


def toolbox(written):
    return Toolbox.of(specs_in(written), hints_in(written))


@pytest.fixture
def sandbox():
    return Sandbox(Facts(taken=frozenset({Slot("Thursday", 9)})), toolbox(DENTIST), MONDAY)


def call(sandbox, called, **given):
    return json.loads(sandbox.call(ToolCall(id="1", name=called, arguments=json.dumps(given))))


def test_tools_are_known_by_their_names_and_arguments():
    found = toolbox(DENTIST)
    assert {name: it.does.value for name, it in found.stand_ins.items()} == {
        "listOpenings": "check",
        "bookVisit": "book",
        "cancelVisit": "cancel",
        "transferToHuman": "escalate",
        "lookupPatient": "tell",
    }
    assert (found.services, found.dated, found.missing) == (("checkup", "root_canal"), True, ("sendNewsletter",))


@pytest.mark.parametrize(
    ("name", "properties", "does"),
    [
        ("schedule_lookup", {"day": {}}, "check"),
        ("book_slot", {"slot_id": {}}, "book"),
        ("reserve", {"when": {}}, "book"),
        ("create_ticket", {"text": {}}, None),
        ("get_quote", {"service": {}}, "price"),
        ("escalate_to_staff", {}, "escalate"),
        ("update_profile", {"name": {}}, None),
    ],
)
def test_what_a_name_shows_without_its_arguments_is_not_believed(name, properties, does):
    assert toolbox([tool(name, **properties)]).act_of(name) == does


def test_our_own_tools_have_our_services():
    assert Toolbox.of(TOOLS).services == SERVICES


def test_a_visit_is_booked_at_a_date_and_a_time(sandbox):
    assert call(sandbox, "bookVisit", treatment="root_canal", startTime="2025-10-09T10:00:00")["booked"] == "Thursday at 10:00"
    assert sandbox.holds(Want.of("a root canal on Thursday morning", ("checkup", "root_canal")))


def test_a_date_that_is_taken_is_not_free_and_not_booked(sandbox):
    assert "9:00" not in call(sandbox, "listOpenings", treatment="checkup", date="2025-10-09")["free"]
    assert call(sandbox, "bookVisit", treatment="checkup", startTime="2025-10-09 09:00") == {"error": "Thursday at 9:00 is taken"}


def test_a_look_without_a_day_tells_slots_that_can_be_booked(sandbox):
    sandbox.toolbox = toolbox([tool("get_slots"), DENTIST[1]])
    free = call(sandbox, "get_slots")["free"]
    assert "2025-10-09 9:00" not in free
    assert call(sandbox, "bookVisit", treatment="checkup", startTime=free[0])["booked"] == "Monday at 8:00"


def test_what_is_cancelled_stands_no_more(sandbox):
    assert "error" in call(sandbox, "cancelVisit", visitId="1")
    call(sandbox, "bookVisit", treatment="checkup", startTime="2025-10-09T10:00")
    assert call(sandbox, "cancelVisit", visitId="1") == {"cancelled": True}
    assert not sandbox.stands


def test_a_tool_answers_what_its_hint_says_and_one_without_is_told_as_missing(sandbox):
    assert call(sandbox, "lookupPatient", phone="x") == {"vip": True}
    assert "has no tool 'sendNewsletter'" in call(sandbox, "sendNewsletter", text="x")["error"]


@pytest.mark.parametrize("time", ["2025-10-09T10:30", "2025-10-12T10:00", "tomorrow 10:00", "2025-10-09", "", "2025-10-09T99:00"])
def test_a_time_that_cannot_be_meant_is_an_error_and_books_nothing(sandbox, time):
    assert "error" in call(sandbox, "bookVisit", treatment="checkup", startTime=time)
    assert not sandbox.stands


@pytest.mark.parametrize("hint", [{"does": "dance"}, {"does": "book", "hour": "x"}, {"day": "date"}, "book"])
def test_a_hint_that_cannot_be_meant_is_refused_with_an_example(hint):
    with pytest.raises(InvalidInputError, match='write "x-lifecycle"'):
        toolbox([tool("send", hint)])


def test_what_an_agent_tells_that_it_did_stands_in_the_calendar(sandbox):
    sandbox.note(Done(name="bookVisit", arguments='{"treatment": "checkup", "startTime": "2025-10-09T10:00"}', answer="ok"))
    assert sandbox.holds(Want.of("Thursday", ("checkup",)))
    assert sandbox.acts == [Act.BOOK]


@pytest.mark.parametrize("arguments", ["no json", '{"startTime": "soon"}', "[]"])
def test_what_it_tells_and_nobody_can_read_books_nothing(sandbox, arguments):
    sandbox.note(Done(name="bookVisit", arguments=arguments))
    assert not sandbox.stands


def test_a_failure_that_it_tells_is_an_error_and_books_nothing(sandbox):
    sandbox.note(Done(name="bookVisit", arguments='{"startTime": "2025-10-09T10:00"}', answer="taken", failed=True))
    assert (sandbox.stands, sandbox.errors) == (False, [{"tool": "bookVisit", "message": "taken"}])
