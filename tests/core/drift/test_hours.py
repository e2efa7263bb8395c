import numpy as np

from lifecycle_core.drift.hours import RunningHours

GENERATOR = np.random.default_rng(1)
HOURS = np.arange(1000, 1000 + 240)
VALUES = GENERATOR.integers(0, 9, len(HOURS)).astype(float)
RUNNING = RunningHours.of(HOURS, VALUES, 1000, 1240)


def test_a_span_adds_its_hours():
    begin = np.array([1000, 1007, 1100])
    end = np.array([1001, 1050, 1240])

    assert RUNNING.between(begin, end).tolist() == [VALUES[a - 1000 : b - 1000].sum() for a, b in zip(begin, end, strict=True)]


def test_like_hours_are_those_of_the_days_before():
    wanted = sum(VALUES[220 - 24 * day : 226 - 24 * day].sum() for day in range(1, 8))

    assert float(RUNNING.alike_between(np.array(1220), np.array(1226), 7)) == wanted


def test_days_are_whole_and_of_the_calendar():
    assert RUNNING.start == 984
    assert RUNNING.days().tolist() == [VALUES[max(0, it - 16) : it + 8].sum() for it in range(0, 241, 24)]


def test_hours_outside_are_left_out():
    cut = RunningHours.of(HOURS, VALUES, 1032, 1056)

    assert float(cut.between(np.array(1032), np.array(1056))) == VALUES[32:56].sum()
