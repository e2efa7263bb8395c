"""The scripted model reads conversations too, and quotes what was said."""

from datetime import UTC, datetime

import numpy as np
import pytest

from lifecycle_core.replay.agent import Agent
from lifecycle_core.retraining.codes import Code
from lifecycle_core.retraining.reading import read
from lifecycle_core.simulation import prompts
from lifecycle_core.simulation.customers import DRIFTED
from lifecycle_core.simulation.scripted_model import reply
from lifecycle_core.simulation.visits import arrivals, serve


@pytest.fixture(scope="module")
def reading():
    came = arrivals(DRIFTED, np.random.default_rng(3), variant="a", start=datetime(2025, 10, 7, tzinfo=UTC), hours=24, per_day=100)
    agent = Agent(system_prompt=prompts.GAP, model="simulated")
    return read([serve(it, agent, variant="a", version=1) for it in came], chat=reply, model="simulated", marker="marker123")


def test_it_sees_what_the_gap_in_the_prompt_does(reading):
    seen = [code for it in reading.records for code in it.codes]
    assert seen.count(Code.PRICING) > 3
    assert seen.count(Code.AVAILABILITY) > 3


def test_it_quotes_nothing_that_nobody_said(reading):
    assert (reading.unsupported, reading.unreadable, reading.simulated) == (0, (), True)


def test_two_readings_agree_nearly_always(reading):
    assert reading.read_twice
    assert reading.agreement > 0.7
