"""Kinds of failures: alike but for numbers, ids and what is somebody's; and never more than memory allows."""

import pytest

from lifecycle_core.drift.error_kinds import MOST_CHARACTERS, MOST_KINDS, OTHER_MESSAGES, Kinds, kind_of_message


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("Order #W5199551 not found", "Order #W77 not found"),
        ("timeout after 600 s", "timeout after 31.5 s"),
        ("user anna@example.com is unknown", "user bob@example.org is unknown"),
        ('no such slot "Tuesday"', 'no such slot "Friday at noon"'),
        ("  a\nbroken   line ", "a broken line"),
    ],
)
def test_messages_that_differ_in_particulars_are_one_kind(one, another):
    assert kind_of_message(one) == kind_of_message(another)


def test_messages_of_other_words_are_other_kinds():
    assert kind_of_message("Order not found") != kind_of_message("User not found")


@pytest.mark.parametrize("text", ["", "\x1b[31m", "x" * 1_000_000, "\u202etxt", '"' * 5000, "7" * 100_000])
def test_a_hostile_message_has_a_short_kind(text):
    assert 0 < len(kind_of_message(text)) <= MOST_CHARACTERS


def test_a_conversation_that_fails_twice_alike_met_one_kind():
    fault = {"tool": "book", "message": "slot 7 is taken"}
    assert len(Kinds().of([fault, {**fault, "message": "slot 8 is taken"}], broken=False)) == 1


def test_the_kinds_are_bounded_and_the_rest_are_one():
    kinds = Kinds()
    words = ["".join(chr(97 + int(digit)) for digit in str(number)) for number in range(3 * MOST_KINDS)]
    met = frozenset().union(*(kinds.of([{"tool": f"t{word}", "message": word}], broken=False) for word in words))
    assert len(met) <= MOST_KINDS + 4
    assert any(it.message == OTHER_MESSAGES for it in met)


def test_a_providers_fault_is_the_one_without_a_tool():
    faults = [{"tool": None, "message": "502 from upstream"}, {"tool": "book", "message": "taken"}]
    assert {it.tool: it.provider_fault for it in Kinds().of(faults, broken=True)} == {None: True, "book": False}
