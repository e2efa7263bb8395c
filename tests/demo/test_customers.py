"""The simulated agents and their customers."""

import json
import threading
from collections import Counter
from datetime import timedelta

import pytest

from deployments.demo import agents, customers
from deployments.demo.agents import BOOKING, PHONE
from deployments.demo.customers import Customers
from lifecycle_core.errors import SetupError
from lifecycle_core.simulation import prompts

pytestmark = pytest.mark.slow


class Api:
    """Takes conversations in, and tells the active version; fails the first `failures` times."""

    def __init__(self, failures=0):
        self.failures = failures
        self.taken: dict[str, dict] = {}
        self.came = threading.Event()
        self.versions = {it.variant: (1, prompts.GAP, agents.BEGAN) for it in agents.DESKS}

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

    def active(self, variant):
        version, prompt, since = self.versions[variant]
        return {"version": version, "systemPrompt": prompt, "activatedAt": since.isoformat()}


@pytest.fixture
def now():
    return [agents.NOW]


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def came(api, now):
    """Who has come by now, as the agents served them."""
    found = Customers(api.post, api.active, lambda: now[0])

    def until(at):
        now[0] = at
        return found._served(found._due())

    until.customers = found
    return until


def booked(found, variant=BOOKING.variant):
    own = [it for it in found if it.variant == variant]
    return sum(bool(it.booked) for it in own) / len(own)


def test_the_history_is_two_weeks_of_both_agents():
    found = list(agents.history())
    assert {it.variant for it in found} == {BOOKING.variant, PHONE.variant}
    assert min(it.ended_at for it in found) - agents.BEGAN < timedelta(hours=2)
    assert agents.NOW - max(it.ended_at for it in found) < timedelta(hours=2)
    assert len(found) == len({it.id for it in found}) > 3000


def test_the_first_agents_customers_change_from_the_next_full_hour_on_and_none_comes_twice(came):
    before = came(agents.NOW + timedelta(hours=30, minutes=20))
    since = came.customers.change()
    after = came(agents.NOW + timedelta(days=4))
    own = [it for it in before + after if it.variant == BOOKING.variant]
    assert since >= agents.NOW + timedelta(hours=31)
    assert (since.minute, since.second) == (0, 0)
    assert booked([it for it in own if it.ended_at < since]) > 0.7
    assert booked([it for it in own if it.ended_at >= since]) < 0.6
    assert booked(after, PHONE.variant) > 0.7
    assert Counter(it.id for it in before + after).most_common(1)[0][1] == 1


@pytest.mark.parametrize("minutes", [24, 30, 36])
def test_whenever_they_change_nobody_comes_who_came_before(now, api, minutes):
    """Also where the next who comes is the other agent's, and the first agent's next one, who is known already, comes an hour later."""
    for hour in range(24):
        found = Customers(api.post, api.active, lambda: now[0])
        now[0] = agents.NOW + timedelta(hours=hour, minutes=minutes + 20)
        came = found._due()
        found.change()
        now[0] += timedelta(hours=6)
        ids = [it.id for _, it in came + found._due()]
        assert len(ids) == len(set(ids)), now[0]


def test_customers_are_served_by_the_version_that_was_active_then(came, api):
    came(agents.NOW + timedelta(hours=12))
    since = agents.NOW + timedelta(hours=20)
    api.versions[BOOKING.variant] = (2, prompts.MENDED, since)
    found = [it for it in came(agents.NOW + timedelta(hours=48)) if it.variant == BOOKING.variant]
    assert {it.version for it in found if it.ended_at < since} == {1}
    assert {it.version for it in found if it.ended_at >= since} == {2}


def test_what_an_api_that_was_away_did_not_take_is_posted_again():
    api = Api(failures=2)
    with Customers(api.post, api.active, lambda: agents.NOW + timedelta(hours=12)) as found:
        assert api.came.wait(30)
        assert found.leave() == len(api.taken) > 50


def test_customers_of_an_api_that_stays_away_say_so(monkeypatch):
    monkeypatch.setattr(customers, "_TRIES", 0)
    api = Api(failures=99)
    with Customers(api.post, api.active, lambda: agents.NOW + timedelta(hours=3)) as found:
        error = found._visits.exception(30)
        with pytest.raises(SetupError, match="away"):
            found.expect_well()
    assert isinstance(error, SetupError)


def test_an_api_that_takes_other_conversations_than_were_posted_ends_them():
    api = Api()
    wrong = {"accepted": 0, "known": 0, "differing": 0}
    with Customers(lambda _: wrong, api.active, lambda: agents.NOW + timedelta(hours=3)) as found, pytest.raises(SetupError, match="took"):
        found._visits.result(30)
