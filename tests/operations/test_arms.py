"""What a session compares."""

from benchmarks._sessions import ready, taken
from lifecycle_core.operations import arms, shadow
from lifecycle_core.policy import ShadowSource
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.pairs import Pair
from lifecycle_core.retraining.shadow import Arm, Sample, Source


def test_a_session_has_no_candidate_before_it_is_registered(database, act):
    it = arms.arms(database, taken(ready(database, act), act, 1).session_id)
    assert (it.incumbent.version, it.candidate) == (1, None)


def test_a_served_scenario_comes_with_its_sample(database, act):
    it = taken(ready(database, act), act, 6, Options(shadow_source=ShadowSource.RECORDED, max_samples=5))
    [goal, *_] = shadow.goals(database, act, it.session_id, 5, Masker(b"secret"))
    sample = Sample(
        scenario_id=goal.scenario.id,
        ended_at=goal.scenario.ended_at,
        source=Source.RECORDED,
        incumbent=Arm(replays=1, successes=0),
        candidate=Arm(replays=1, successes=1),
    )
    shadow.record_samples(database, act, it.session_id, [sample])
    assert arms.basis(database, it.session_id).pairs == (Pair(scenario=goal.scenario, sample=sample),)
