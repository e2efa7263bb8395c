from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lifecycle_core.traffic.times import parse_time

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("given", "zone", "read"),
    [
        ("2025-10-07T12:00:00Z", None, datetime(2025, 10, 7, 12, tzinfo=UTC)),
        ("2025-10-07T14:00:00.250+02:00", None, datetime(2025, 10, 7, 12, 0, 0, 250_000, tzinfo=UTC)),
        ("2025-10-07 12:00:00", UTC, datetime(2025, 10, 7, 12, tzinfo=UTC)),
        ("2025-07-01T12:00:00", BERLIN, datetime(2025, 7, 1, 10, tzinfo=UTC)),
        ("2025-12-01T12:00:00", BERLIN, datetime(2025, 12, 1, 11, tzinfo=UTC)),
        ("2025-10-07T12:00:00Z", BERLIN, datetime(2025, 10, 7, 12, tzinfo=UTC)),
        (1759838400, None, datetime(2025, 10, 7, 12, tzinfo=UTC)),
        (1759838400.5, None, datetime(2025, 10, 7, 12, 0, 0, 500_000, tzinfo=UTC)),
        (1759838400000, None, datetime(2025, 10, 7, 12, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_utc(given, zone, read):
    assert parse_time(given, zone) == read


def test_of_an_hour_that_comes_twice_the_first_is_taken():
    assert parse_time("2025-10-26T02:30:00", BERLIN) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_an_hour_that_is_left_out_counts_on_from_the_one_before():
    assert parse_time("2025-03-30T02:30:00", BERLIN) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


def test_a_naive_time_is_refused_with_the_remedy():
    assert (
        parse_time("2025-10-07T12:00:00", None) == "it has no zone; give --zone UTC, or the zone of its clock, such as --zone Europe/Berlin"
    )


def test_a_day_is_no_instant():
    assert "is a day" in parse_time("2025-10-07", UTC)


@pytest.mark.parametrize("given", ["yesterday", "", True, [], {}, 0, -5, 17, 10**18, "9999-12-31T23:59:59-14:00"])
def test_what_is_no_time_is_refused_with_an_example(given):
    assert "ISO 8601" in parse_time(given, UTC)
