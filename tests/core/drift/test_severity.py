import pytest

from lifecycle_core.drift.report import RecommendedAction, Severity
from lifecycle_core.drift.severity import recommended, severity_of


@pytest.mark.parametrize(
    ("change", "threshold", "severity"),
    [
        (-0.10, 0.10, Severity.LOW),
        (-0.1249, 0.10, Severity.LOW),
        (-0.125, 0.10, Severity.MEDIUM),
        ((0.65 - 0.75) / 0.75, 0.10, Severity.MEDIUM),
        ((0.000170 - 0.000130) / 0.000130, 0.20, Severity.MEDIUM),
        (0.1 + 0.1, 0.10, Severity.HIGH),
        (0.60, 0.15, Severity.HIGH),
        (0.20, 0.10, Severity.HIGH),
        (None, 0.15, Severity.HIGH),
    ],
)
def test_severity_is_the_change_over_its_threshold(change, threshold, severity):
    assert severity_of(change, threshold) is severity


@pytest.mark.parametrize(
    ("severities", "incidents", "action"),
    [
        ([], False, RecommendedAction.MONITOR),
        ([Severity.LOW], False, RecommendedAction.MONITOR),
        ([Severity.LOW, Severity.MEDIUM], False, RecommendedAction.INVESTIGATE),
        ([Severity.MEDIUM, Severity.HIGH], True, RecommendedAction.RETRAIN),
        ([], True, RecommendedAction.INVESTIGATE),
        ([Severity.LOW], True, RecommendedAction.INVESTIGATE),
    ],
)
def test_the_advice_follows_the_worst_severity(severities, incidents, action):
    assert recommended(severities, incidents=incidents) is action
