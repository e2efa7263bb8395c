"""What a customer wants is read out of words."""

import pytest

from lifecycle_core.replay.wants import Want


@pytest.mark.parametrize(
    ("text", "service", "days", "hours"),
    [
        ("You want a deep cleaning on Thursday, between 16:00 and 19:00.", "deep", ("Thursday",), (16, 19)),
        ("Need the office cleaned, Monday or Tuesday morning", "office", ("Monday", "Tuesday"), (8, 12)),
        ("We are moving out: any day but not on Friday, after 2 pm", "move-out", (), (14, 20)),
        ("a regular clean from 9 to 11 am on Wednesdays", "standard", ("Wednesday",), (9, 11)),
        ("Saturday at 10:00, please", None, ("Saturday",), (10, 11)),
        ("Before 12:00 on Monday", None, ("Monday",), (8, 12)),
        ("not before 14:00", None, (), (14, 20)),
        ("Where is my invoice?", None, (), None),
        ("between 19:00 and 9:00", None, (), None),
    ],
)
def test_service_days_and_hours_are_read_where_they_are_said(text, service, days, hours):
    assert Want.of(text) == Want(service=service, days=days, hours=hours)


def test_what_is_left_open_is_met_by_anything():
    assert Want.of("I need a cleaning").met_by("deep", "Monday", 19)


def test_a_booking_at_another_time_than_wanted_does_not_meet_it():
    want = Want.of("a deep cleaning on Monday between 9:00 and 12:00")
    assert [
        want.met_by(*it) for it in (("deep", "Monday", 11), ("deep", "Monday", 12), ("deep", "Tuesday", 11), ("office", "Monday", 11))
    ] == [
        True,
        False,
        False,
        False,
    ]


def test_what_is_said_later_takes_the_place_of_what_was_said():
    assert Want.of("a deep cleaning on Monday").then(Want.of("Friday morning")) == Want(service="deep", days=("Friday",), hours=(8, 12))
