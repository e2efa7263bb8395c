"""Alert storms, small: every message that is due is sent, once, also by two workers that are killed."""

import pytest

from benchmarks import alerts

pytestmark = pytest.mark.slow


def test_whatever_storms_each_message_that_is_due_is_accepted_once(monkeypatch):
    monkeypatch.setattr(alerts, "FLAPPING_DAYS", 2)
    found = alerts.run(variants=3, kills=2)
    assert (found["messages_sent"], found["lost"], found["duplicates"], found["dead"]) == (found["messages_due"], 0, 0, 0)
    assert (found["pending"], found["forged"], found["invariant_problems"]) == (0, 0, [])
