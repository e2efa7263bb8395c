"""The picture of a backtest: an SVG that parses and holds what was replayed, and the same bytes each time."""

from dataclasses import replace
from functools import cache
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from deployments.plots.backtest import drawn
from lifecycle_core.drift.report import Metric
from tests.plots.backtests import CHANGED, FIRST, HOURS, POLICY, backtest, chart, course

SVG = "{http://www.w3.org/2000/svg}"


def parsed(it):
    return ET.fromstring(drawn(it, "svg"))  # noqa: S314 - our own


@cache
def usual():
    """The picture of the backtest by hand."""
    return parsed(backtest())


def words(picture):
    return [" ".join("".join(it.itertext()).split()) for it in picture.iter(f"{SVG}text")]


def group(picture, name):
    return next((it for it in picture.iter(f"{SVG}g") if it.get("id") == name), None)


def marked(picture, name):
    """How many shapes a group holds: those that it draws itself, or uses over and over."""
    it = group(picture, name)
    return 0 if it is None else len(list(it.iter(f"{SVG}use"))) or len([path for path in it.iter(f"{SVG}path") if path.get("clip-path")])


def edges(picture, name):
    """The left and right edge of each span, in points."""
    for path in group(picture, name).iter(f"{SVG}path"):
        if path.get("clip-path"):
            across = [
                float(it.split()[0])
                for it in path.get("d").replace("M", "\n").replace("L", "\n").replace("z", "").split("\n")
                if it.strip()
            ]
            yield min(across), max(across)


@pytest.mark.slow
def test_the_same_backtest_gives_the_same_bytes():
    assert drawn(backtest(), "svg") == drawn(backtest(), "svg")
    assert drawn(backtest(), "png") == drawn(backtest(), "png")


def test_a_png_is_one():
    assert drawn(backtest(), "png").startswith(b"\x89PNG\r\n")


def test_the_title_says_the_variant_the_verdict_the_range_and_n():
    told = " ".join(words(usual()))
    assert "baseline: With bookingRateThreshold 0.15 the watch would have alarmed once instead of 3" in told
    assert "2025-09-02 08:00Z to 2025-09-12 07:00Z, 240 hourly checks, n 2,400 conversations" in told


@pytest.mark.parametrize("name", ["Booking rate", "Escalation rate", "Cost", "Response time", "Action distribution"])
def test_every_chart_says_its_n_and_its_threshold(name):
    (title,) = [it for it in words(usual()) if it.startswith(name)]
    assert "n 2,400, about 240 in 24 h; threshold" in title


def test_the_alarms_of_both_policies_are_shaded_where_they_lasted():
    picture = usual()
    present, changed = list(edges(picture, "alarms-booking_rate-current")), list(edges(picture, "alarms-booking_rate-changed"))
    assert (len(present), len(changed)) == (3, 1)
    hour = (present[2][1] - present[2][0]) / 40
    assert [round((right - left) / hour) for left, right in present] == [10, 1, 40]
    assert round((present[2][0] - present[0][0]) / hour) == 90
    assert (changed[0][0] - present[2][0]) / hour == pytest.approx(4, abs=0.1)


def test_a_metric_without_alarms_is_not_shaded():
    assert group(usual(), "alarms-cost-current") is None


def test_without_a_change_the_bare_thresholds_stand_beside_the_policy():
    picture = parsed(backtest(changed=None))
    assert len(list(edges(picture, "alarms-booking_rate-threshold"))) == 10
    assert "alarm, bare thresholds" in words(picture)


def test_retrainings_are_marked_for_each_policy():
    picture = usual()
    assert (marked(picture, "retrainings-current"), marked(picture, "retrainings-changed")) == (3, 1)
    assert {"present: 3", "changed: 1"} <= set(words(picture))


def test_a_change_of_the_version_is_named():
    assert "v2" in words(usual())
    assert "v2" not in words(parsed(backtest(switches=())))


def test_a_threshold_that_would_flatten_the_figures_is_told_and_not_drawn():
    far = tuple(replace(it, threshold=5.0) if it.metric is Metric.COST else it for it in backtest().charts)
    (title,) = [it for it in words(parsed(backtest(charts=far))) if it.startswith("Cost")]
    assert title.endswith("threshold +500%, off the chart)")


def test_a_metric_that_no_conversation_tells_says_so():
    nothing = np.full(HOURS, np.nan)
    unknown = replace(chart(Metric.COST), n=0, recent=nothing, reference=nothing, change=nothing, recent_n=np.zeros(HOURS))
    charts = tuple(unknown if it.metric is Metric.COST else it for it in backtest().charts)
    assert "no conversation tells it" in words(parsed(backtest(charts=charts)))


def test_a_hostile_name_stays_text():
    told = " ".join(words(parsed(backtest(variant="$x^2$ <script>&"))))
    assert "$x^2$ <script>&: With" in told


def test_a_long_verdict_is_broken_into_lines_that_fit():
    many = replace(CHANGED, cost_increase_threshold=0.31, response_time_threshold=0.33, recent_hours=36, reference_days=9)
    picture = parsed(backtest(changed=course(many, (104, 140))))
    assert any("referenceDays 9" in it for it in words(picture))


def test_a_single_check_is_drawn():
    charts = tuple(
        replace(it, recent=it.recent[:1], reference=it.reference[:1], change=it.change[:1], recent_n=it.recent_n[:1])
        for it in backtest().charts
    )
    one = backtest(ends=np.array([FIRST]), charts=charts, current=course(POLICY), changed=None, bare=course(POLICY), switches=())
    assert any(it.startswith("Booking rate") for it in words(parsed(one)))


@pytest.mark.slow
def test_ten_years_are_drawn_by_few_points():
    hours = 10 * 8766
    long = tuple(
        replace(it, **{name: np.resize(getattr(it, name), hours) for name in ("recent", "reference", "change", "recent_n")})
        for it in backtest().charts
    )
    assert len(drawn(backtest(ends=np.arange(FIRST, FIRST + hours), charts=long), "svg")) < 3_000_000
