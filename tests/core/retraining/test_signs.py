"""Every sign, on a conversation that shows it and on one that nearly does."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.codes import Code
from lifecycle_core.retraining.dialogue import Dialogue
from lifecycle_core.retraining.signs import SIGNS

BOOK = {"name": "book_appointment", "arguments": '{"day": "Thursday", "time": "10:00"}'}
CHECK = {"name": "check_availability", "arguments": '{"day": "Thursday"}'}
TAKEN = {"tool": "book_appointment", "message": "Thursday at 10:00 is taken"}
TIMED_OUT = {"tool": "check_availability", "message": "the calendar did not answer in time"}
REFUSED = {"tool": "book_appointment", "message": "no such service"}


def told(*lines, errors=(), actions=(), escalated=False):
    """A conversation of lines: "c: words", "a: words", "t: words", or a call by the agent."""
    roles = {"c": "user", "a": "assistant", "t": "tool"}
    messages = tuple(
        {"role": "assistant", "content": None, "tool_calls": [line]}
        if isinstance(line, dict)
        else {"role": roles[line[0]], "content": line[3:], **({"name": "book_appointment"} if line[0] == "t" else {})}
        for line in lines
    )
    ended = datetime(2025, 10, 7, tzinfo=UTC)
    return Conversation(id="c", variant="v", ended_at=ended, messages=messages, errors=errors, actions=actions, escalated=escalated)


WISH = "c: I'd like a deep clean on Thursday between 9:00 and 12:00."
SHOWN = {
    "mentions_price": told("c: Is it expensive?"),
    "prices_repeatedly": told("c: How much is it?", "a: It depends.", "c: How much is it for two rooms?"),
    "price_unanswered": told("c: How much is it?", "a: We can talk about that later."),
    "mentions_free": told("c: What is available on Friday?"),
    "offers_unchecked": told("c: A clean on Thursday, please.", "a: How about Thursday at 10:00?"),
    "taken_unchecked": told(WISH, BOOK, 't: {"error": "taken"}', errors=(TAKEN,)),
    "lost": told("a: Tier B or C?", "c: I don't understand."),
    "tool_error": told(WISH, BOOK, errors=(REFUSED,)),
    "service_error": told(WISH, CHECK, errors=(TIMED_OUT,)),
    "error_unhandled": told(WISH, BOOK, 't: {"error": "no such service"}', "a: Please try again later.", errors=(REFUSED,)),
    "wrong_time": told(WISH, "a: How about 8:00?", "c: That is too early."),
    "taken_after_all": told(WISH, CHECK, 't: {"free": ["10:00"]}', BOOK, 't: {"error": "taken"}', errors=(TAKEN,)),
    "wrote_unconfirmed": told(WISH, BOOK),
    "wrote_what_is_refused": told(WISH, BOOK, "a: It is booked for 10:00.", "c: No, that's not what we said."),
    "books_unnamed_time": told("c: A clean on Thursday, please.", BOOK),
    "corrected": told(WISH, "a: A standard clean, then.", "c: I asked for a deep one."),
    "guessed": told("c: I need something done soon.", "a: I'll send the team on Thursday."),
    "offers_unasked": told("c: I need a clean.", "a: How about Thursday at 10:00?"),
    "same_question": told("a: How many rooms are there?", "c: Three.", "a: How many rooms are there?"),
    "asks_what_was_said": told(WISH, "a: Which day would you like?"),
    "told_twice": told("c: I already told you that."),
    "handed_over_needlessly": told(WISH, {"name": "escalate", "arguments": "{}"}, escalated=True),
    "forbidden_write": told(WISH, BOOK, errors=({"tool": "book_appointment", "message": "Error: a Sunday cannot be booked"},)),
    "claims_undone": told(WISH, CHECK, "a: I have booked Thursday for you."),
    "writes_again": told(WISH, BOOK, "c: Yes.", BOOK),
    "loops": told(WISH, CHECK, CHECK, CHECK),
    "ends_unanswered": told("a: Hello.", "c: Can you come on Thursday?"),
}
NEARLY = {
    "mentions_price": told("c: I met the priceless team."),
    "prices_repeatedly": told("c: How much is it?", "a: $140.", "c: A fair price."),
    "price_unanswered": told("c: How much is it?", "a: Let me see.", "a: It is $140."),
    "mentions_free": told("c: I need a clean."),
    "offers_unchecked": told("c: Thursday?", CHECK, 't: {"free": ["10:00"]}', "a: How about Thursday at 10:00?"),
    "taken_unchecked": told(WISH, CHECK, BOOK, 't: {"error": "taken"}', errors=(TAKEN,)),
    "lost": told("c: I understand."),
    "tool_error": told(WISH, BOOK, errors=(TAKEN, TIMED_OUT)),
    "service_error": told(WISH, BOOK, errors=(REFUSED,)),
    "error_unhandled": told(WISH, BOOK, 't: {"error": "taken"}', "a: 10:00 is taken. How about 11:00?", errors=(TAKEN,)),
    "wrong_time": told("c: It is too early to say whether I need one."),
    "taken_after_all": told(WISH, BOOK, 't: {"error": "taken"}', errors=(TAKEN,)),
    "wrote_unconfirmed": told(WISH, "a: Thursday at 10:00?", "c: Yes, please.", BOOK),
    "wrote_what_is_refused": told(WISH, "a: How about 8:00?", "c: No, that does not work.", "a: 10:00?", "c: Yes.", BOOK),
    "books_unnamed_time": told("c: A clean on Thursday.", "a: How about 10:00?", "c: Yes.", BOOK),
    "corrected": told(WISH, "a: A deep clean, then.", "c: Yes, a deep one."),
    "guessed": told("c: I need something done soon.", "a: Which day suits you?"),
    "offers_unasked": told("c: I need a clean on Thursday.", "a: How about Thursday at 10:00?"),
    "same_question": told("a: How about Thursday at 10:00?", "c: No.", "a: How about Thursday at 11:00?"),
    "asks_what_was_said": told("c: I need a clean.", "a: Which day would you like?", "c: Thursday."),
    "told_twice": told("c: My neighbour told me of you."),
    "handed_over_needlessly": told("c: I want to speak to a manager.", {"name": "escalate", "arguments": "{}"}, escalated=True),
    "forbidden_write": told(WISH, CHECK, errors=({"tool": "check_availability", "message": "Error: a Sunday cannot be shown"},)),
    "claims_undone": told(WISH, BOOK, "a: I have booked Thursday for you."),
    "writes_again": told(WISH, BOOK, {"name": "book_appointment", "arguments": '{"day": "Friday", "time": "10:00"}'}),
    "loops": told(WISH, CHECK, BOOK, CHECK, BOOK, CHECK),
    "ends_unanswered": told("a: It is booked.", "c: Thank you, bye."),
}
BY_NAME = {it.name: it for it in SIGNS}


def test_every_sign_has_a_name_of_its_own_and_is_tried_here():
    assert len(BY_NAME) == len(SIGNS)
    assert set(BY_NAME) == set(SHOWN) == set(NEARLY)


@pytest.mark.parametrize("name", SHOWN)
def test_a_sign_is_seen_where_it_is(name):
    assert BY_NAME[name].seen(Dialogue.of(SHOWN[name])) is not None


@pytest.mark.parametrize("name", NEARLY)
def test_a_sign_is_not_seen_where_it_nearly_is(name):
    assert BY_NAME[name].seen(Dialogue.of(NEARLY[name])) is None


@pytest.mark.parametrize("name", SHOWN)
def test_no_sign_knows_the_outcome(name):
    seen = {BY_NAME[name].seen(Dialogue.of(replace(SHOWN[name], booked=booked))) for booked in (True, False, None)}

    assert len(seen) == 1


@pytest.mark.parametrize("sign", SIGNS, ids=lambda it: it.name)
@pytest.mark.parametrize(
    "hostile",
    [
        told(),
        told("c: "),
        told("c: " + "?" * 20_000),
        told("a: " + "how much is " * 5_000),
        told("c: \u202e" + "1:" * 10_000),
        told({"function": {"name": "book_appointment", "arguments": "{" * 5_000}}),
        told(actions=("book_appointment",) * 50),
    ],
    ids=["empty", "silent", "questions", "long", "digits", "braces", "no messages"],
)
def test_hostile_text_is_read_without_an_error_and_in_little_time(sign, hostile):
    assert sign.seen(Dialogue.of(hostile)) is None or isinstance(sign.seen(Dialogue.of(hostile)), str)


def test_every_code_but_other_has_a_sign():
    assert {it.code for it in SIGNS} == set(Code) - {Code.OTHER}


def test_calls_in_the_form_of_the_api_and_in_the_short_one_are_the_same():
    short = told(WISH, BOOK)
    long = told(WISH, {"id": "1", "type": "function", "function": BOOK})

    assert Dialogue.of(short).calls == Dialogue.of(long).calls


def test_where_a_source_keeps_only_a_list_of_calls_it_is_used():
    it = Dialogue.of(told("c: Hello.", actions=("check_availability",)))

    assert [call.name for call in it.calls] == ["check_availability"]
    assert not it.shows_calls
