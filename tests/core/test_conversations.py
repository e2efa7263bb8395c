from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from lifecycle_core.conversations import MAX_MESSAGES_CHARACTERS, Conversation, Window, conversation_adapter, told_fields

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)


def held(**given: object):
    return Conversation(**{"id": "c1", "variant": "baseline", "ended_at": NOON, **given})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ended_at", datetime(2025, 10, 7, 12)),  # noqa: DTZ001 - a naive time is what must be refused
        ("cost_usd", -0.01),
        ("cost_usd", float("inf")),
        ("cost_usd", float("nan")),
        ("cost_usd", "0.02"),
        ("booked", "maybe"),
        ("booked", 1),
        ("input_tokens", -1),
        ("response_times_s", (1.0, -0.5)),
        ("version", 0),
        ("id", ""),
        ("id", "a\nb"),
        ("variant", "v\x9b31mred"),
        ("variant", "txt.\u202eexe"),
        ("actions", ("look\u2028",)),
        ("segments", {"shop\x9b": "north"}),
        ("ended_at", datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))),
        ("started_at", datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
        ("variant", "v" * 201),
        ("cost_source", "guessed"),
        ("goal", "a\x00b"),
        ("started_at", NOON + timedelta(seconds=1)),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(field, value):
    with pytest.raises(ValidationError):
        held(**{field: value})


def test_only_id_variant_and_end_must_be_there():
    assert conversation_adapter().validate_json(b'{"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T12:00:00Z"}') == held()


def test_an_unknown_field_is_refused():
    with pytest.raises(ValidationError, match="Unexpected keyword argument"):
        conversation_adapter().validate_json(b'{"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T12:00:00Z", "bookd": true}')


def test_unknown_outcomes_stay_unknown():
    assert (held().booked, held().escalated, held().cost_usd) == (None, None, None)


def test_a_conversation_belongs_to_the_hour_in_utc_in_which_it_ended():
    ended_at = datetime(2025, 10, 7, 14, 59, tzinfo=timezone(timedelta(hours=2)))
    assert held(ended_at=ended_at).hour == NOON


@pytest.mark.parametrize("messages", [({"role": "user", "content": "x" * 999_999},), ({"role": "user", "content": None}, {"role": "user"})])
def test_messages_up_to_the_limit_are_kept(messages):
    assert held(messages=messages).messages == messages


@pytest.mark.parametrize(
    "messages",
    [
        ({"role": "user", "content": "x" * 600_000}, {"role": "user", "content": "y" * 600_000}),
        ({"role": "assistant", "tool_calls": [{"arguments": "z" * (MAX_MESSAGES_CHARACTERS + 1)}]},),
    ],
)
def test_messages_past_the_limit_are_refused_with_the_limit(messages):
    with pytest.raises(ValidationError, match="1,000,000"):
        held(messages=messages)


@pytest.mark.parametrize(
    ("errors", "broken"),
    [
        ((), False),
        (({"tool": "book", "message": "503"},), False),
        (({"tool": None, "message": "litellm.RateLimitError: 429"},), True),
        (({"tool": None, "message": "agent_error"},), True),
        (({"tool": None, "message": "max_steps"},), False),
        (({"tool": None, "message": "too_many_errors"},), False),
    ],
)
def test_a_provider_breaks_a_conversation_but_the_agents_own_limit_does_not(errors, broken):
    assert held(errors=errors).provider_fault is broken


def test_the_version_that_served_is_filled_in_and_nothing_else_changed():
    assert held(booked=True).served_by(3) == held(booked=True, version=3)


def test_each_field_is_described():
    assert set(told_fields()) == {field.name for field in fields(Conversation)}


def test_a_window_ends_where_it_is_told_to():
    assert Window.before(NOON, hours=24) == Window(NOON - timedelta(days=1), NOON)
