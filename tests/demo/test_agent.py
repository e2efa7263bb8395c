"""The simulated agent and its customers."""

import json
import threading
from collections import Counter
from datetime import timedelta

import pytest

from deployments.demo import agent
from deployments.demo.agent import Customers
from lifecycle_core.errors import SetupError


class Api:
    """Takes conversations in; fails the first `failures` times."""

    def __init__(self, failures=0):
        self.failures = failures
        self.taken: dict[str, dict] = {}
        self.came = threading.Event()

    def post(self, body):
        if self.failures:
            self.failures -= 1
            message = "away"
            raise SetupError(message)
        posted = [json.loads(line) for line in body.splitlines()]
        known = sum(it["id"] in self.taken for it in posted)
        self.taken |= {it["id"]: it for it in posted}
        self.came.set()
        return {"accepted": len(posted) - known, "known": known, "differing": 0}


def booked(found):
    return sum(it.booked for it in found) / len(found)


def test_the_history_is_two_weeks_of_two_versions():
    found = list(agent.history())
    assert {it.version for it in found if it.ended_at < agent.SECOND} == {1}
    assert {it.version for it in found if it.ended_at >= agent.SECOND} == {2}
    assert found[0].ended_at - agent.BEGAN < timedelta(hours=2)
    assert agent.NOW - found[-1].ended_at < timedelta(hours=2)
    assert len(found) == len({it.id for it in found}) > 2500


def test_customers_meet_the_changed_model_from_the_next_full_hour_on_and_no_conversation_is_doubled():
    now = [agent.NOW + timedelta(hours=30, minutes=20)]
    customers = Customers(Api().post, lambda: now[0])
    before = customers._due()
    since = customers.change_model()
    now[0] += timedelta(days=3)
    after = customers._due()
    assert since >= agent.NOW + timedelta(hours=31)
    assert (since.minute, since.second) == (0, 0)
    assert booked([it for it in before + after if it.ended_at < since]) > 0.65
    assert booked([it for it in after if it.ended_at >= since]) < 0.55
    assert Counter(it.id for it in before + after).most_common(1)[0][1] == 1


def test_what_an_api_that_was_away_did_not_take_is_posted_again():
    api = Api(failures=2)
    with Customers(api.post, lambda: agent.NOW + timedelta(days=1)) as customers:
        assert api.came.wait(30)
        assert customers.leave() == len(api.taken) > 100


def test_customers_of_an_api_that_stays_away_say_so(monkeypatch):
    monkeypatch.setattr(agent, "_TRIES", 0)
    with Customers(Api(failures=99).post, lambda: agent.NOW + timedelta(days=1)) as customers, pytest.raises(SetupError, match="away"):
        customers.leave() if customers._visits.exception(30) is None else customers.expect_well()
