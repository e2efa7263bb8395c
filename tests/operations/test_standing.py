"""Sessions as they stand, with the progress, the evidence and the probation that belong to them."""

import pytest

from benchmarks._sessions import STEPS, in_shadow_test, later, proved, ready, samples, taken
from lifecycle_core.errors import UnknownVariantError
from lifecycle_core.operations import promotion, shadow, standing
from lifecycle_core.retraining.errors import UnknownSessionError
from lifecycle_core.retraining.verdict import Verdict


def test_a_session_before_its_test_has_neither_progress_nor_evidence(database, act):
    it = taken(ready(database, act), act, 2)
    found = standing.of_session(database, it.session_id, act.at)
    assert (found.progress, found.analysis, found.probation) == (None, None, None)


def test_a_session_in_its_test_tells_its_samples_and_the_evidence_so_far(any_database, act):
    it = in_shadow_test(any_database, act)
    shadow.record_samples(any_database, act, it.session_id, samples(act, 63, incumbent=3))
    [found] = standing.shadow_tests(any_database, act.at)
    assert (found.progress.n, found.analysis.n, found.analysis.verdict) == (63, 63, Verdict.COLLECTING)


def test_a_promoted_session_has_its_probation_and_no_progress(any_database, act):
    it = in_shadow_test(any_database, act)
    shadow.record_samples(any_database, act, it.session_id, proved(act))
    promotion.finalize(any_database, act, it.session_id)
    found = standing.of_session(any_database, it.session_id, act.at)
    assert (found.progress, found.probation.version) == (None, 2)
    overview = standing.overview(any_database, act.at)
    assert (overview.open, [one.session.session_id for one in overview.newest]) == ((), [it.session_id])
    assert [one.version for one in overview.probations] == [2]
    assert standing.shadow_tests(any_database, act.at) == []


def test_the_newest_test_is_found_past_sessions_that_never_had_one(database, act):
    tested = in_shadow_test(database, act)
    promotion.cancel(database, act, tested.session_id)
    other = ready(database, later(act, hours=1), variant="other")
    taken(other, later(act, hours=1), len(STEPS) - 1, variant="other")
    assert standing.newest_tested(database, None, act.at).session.session_id == tested.session_id
    with pytest.raises(UnknownSessionError, match="no session of 'other' has had a shadow test yet"):
        standing.newest_tested(database, "other", act.at)


def test_a_variant_that_nobody_knows_has_no_test(database, act):
    with pytest.raises(UnknownVariantError):
        standing.newest_tested(database, "nobody", act.at)
