"""A source that changed its form is told in words; traffic that merely drifts is not."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.rollups import SCALARS, summarize
from lifecycle_core.traffic.upstream import by_variant, changes

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)


def traffic(count, seed, cost=0.02, seconds=2.0, booked=0.8):
    generator = np.random.default_rng(seed)
    for number in range(count):
        yield Conversation(
            id=f"{seed}-{number}",
            variant="v",
            version=1,
            ended_at=NOON,
            booked=bool(generator.random() < booked),
            escalated=False,
            cost_usd=float(cost * generator.lognormal(0, 0.6)),
            response_times_s=(float(seconds * generator.lognormal(0, 0.6)),),
            input_tokens=900,
            output_tokens=100,
        )


@pytest.fixture
def before():
    sums = summarize(traffic(400, 1), {}, NOON)
    [vector] = sums.values()
    return dict(zip(SCALARS, vector[: len(SCALARS)].tolist(), strict=True))


def told(batch, before):
    return list(changes("v", list(batch), before))


@pytest.mark.parametrize("changed", [{"cost": 0.05}, {"seconds": 6.0}, {"booked": 0.3}, {}], ids=str)
def test_traffic_that_drifts_keeps_its_form(before, changed):
    assert told(traffic(200, 2, **changed), before) == []


def test_seconds_that_became_milliseconds_are_asked_about(before):
    [sentence] = told(traffic(100, 2, seconds=2000.0), before)

    assert sentence.startswith("response_times_s of v is 1,0")
    assert sentence.endswith("is it in milliseconds?")


@pytest.mark.parametrize(("cost", "words"), [(2.0, "is it in cents?"), (0.0002, "was it in cents?"), (0.00002, "is it in another unit?")])
def test_dollars_that_became_cents_are_asked_about(before, cost, words):
    [sentence] = told(traffic(100, 2, cost=cost), before)

    assert sentence.startswith("cost_usd of v is ")
    assert sentence.endswith(words)


@pytest.mark.parametrize("field", ["booked", "escalated", "cost_usd"])
def test_a_field_that_vanished_is_asked_about(before, field):
    [sentence] = told((replace(it, **{field: None}) for it in traffic(100, 2)), before)

    assert sentence.startswith(f"{field} of v is told by 0% of 100 conversations, and was by 100% of those before; did the field vanish")


def test_a_field_that_is_new_is_asked_about(before):
    [sentence] = told(traffic(100, 2), before | {"escalated_n": 0.0})

    assert sentence == "escalated of v is told by 100% of 100 conversations, and was by 0% of those before; is it new upstream?"


def test_of_few_conversations_and_of_a_new_variant_nothing_is_said(before):
    odd = list(traffic(100, 2, seconds=2000.0))

    assert by_variant(odd[:19]) == {}
    assert (told(odd, None), told(odd, before | {"conversations": 49.0})) == ([], [])
