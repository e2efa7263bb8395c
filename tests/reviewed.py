"""A pair of conversations as a person is shown it: the candidate's words are kept no more."""

from datetime import UTC, datetime

from lifecycle_core.replay.episode import Replay, Scenario
from lifecycle_core.retraining.pairs import Pair
from lifecycle_core.retraining.shadow import Arm, Sample, Source

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)


def reviewed_pair(words: str = "A deep clean, please.") -> Pair:
    """One, in which the incumbent did not book."""
    first = Replay(
        scenario_id="s1",
        replay=0,
        booked=False,
        escalated=False,
        cost_usd=None,
        input_tokens=None,
        output_tokens=None,
        latency_s=None,
        messages=({"role": "user", "content": words},),
    )
    arms = {"incumbent": Arm(replays=4, successes=0), "candidate": Arm(replays=4, successes=4)}
    return Pair(
        scenario=Scenario(id="s1", goal="a deep clean", seed=1, ended_at=NOON),
        sample=Sample(scenario_id="s1", ended_at=NOON, source=Source.NEW, **arms),
        incumbent=first,
        candidate=None,
    )
