"""A figure day by day: its n is always told, a gap is a gap, few conversations are hollow, and the same stands as a table."""

import re

import pytest

from deployments.reports.trend import trend
from lifecycle_core.retraining.report.blocks import Day, Trend, Unit


def made(*values, name="booking rate", level=None, few=()):
    days = tuple(
        Day(label=f"Oct {n}", value=it, interval=None if it is None else (it - 0.1, it + 0.1), n=0 if it is None else 9 if n in few else 72)
        for n, it in enumerate(values)
    )
    return Trend(name=name, unit=Unit.PERCENT, days=days, fewest=50, level=level)


def test_n_is_told_with_every_chart():
    assert "n = 72 a day" in trend(made(0.7, 0.8))
    assert "n = 9 to 72 a day; bars are 95% intervals, hollow points n under 50" in trend(made(0.7, 0.8, few={0}))


def test_a_day_without_traffic_parts_the_line():
    lines = re.findall(r'<path d="M[^"]*"/>', trend(made(0.7, 0.8, None, 0.6, 0.7)))
    assert len(lines) == 2


def test_few_conversations_are_hollow():
    assert trend(made(0.7, 0.8, few={1})).count('<i class="few"') == 1


def test_the_threshold_is_drawn_and_told():
    said = trend(made(0.8, 0.8, level=(0.7, "alerts below")))
    assert "dotted: alerts below 70.0%" in said
    assert 'class="level"' in said


def test_the_same_stands_as_a_table():
    rows = re.findall(r"<tr><td>.*?</tr>", trend(made(0.7, None)))
    assert rows == [
        "<tr><td>Oct 0</td><td>70.0%</td><td>60.0% to 80.0%</td><td>72</td></tr>",
        "<tr><td>Oct 1</td><td></td><td></td><td>0</td></tr>",
    ]


@pytest.mark.parametrize("values", [(0.0, 0.0), (1.0, 1.0), (0.5,), (0.2, None, 0.9)])
def test_every_point_lies_on_the_plot(values):
    said = trend(made(*values))
    assert all(0 <= float(it) <= 100 for it in re.findall(r"top:([\d.-]+)%", said))


def test_where_nobody_tells_it_a_sentence_says_so():
    assert "no conversation tells it" in trend(made(None, None))


def test_a_hostile_name_is_words():
    assert "<script>" not in trend(made(0.5, name="<script>alert(1)</script>"))
