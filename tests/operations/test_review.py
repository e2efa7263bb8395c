"""A person's answer is to the evidence that was shown, and to no other."""

import pytest
from sqlmodel import select

from benchmarks._sessions import in_shadow_test, proved
from lifecycle_core.operations import arms, promotion, retraining, shadow, versions_asked
from lifecycle_core.retraining.errors import StaleEvidenceError
from lifecycle_core.retraining.session import Answer, Status
from lifecycle_core.store.tables import ShadowSampleRow

WHY = "looked at ten pairs"


@pytest.fixture
def asked(any_database, act):
    """A session whose verdict waits for a person."""
    it = in_shadow_test(any_database, act, manual_review=True)
    shadow.record_samples(any_database, act, it.session_id, proved(act, 100))
    shadow.keep_verdict(any_database, act, it.session_id)
    return it.session_id


def shown(database, session_id):
    return arms.basis(database, session_id).evidence_hash


def test_an_answer_keeps_the_evidence_that_it_is_to(any_database, act, asked):
    given = shown(any_database, asked)
    promotion.record_decision(any_database, act, asked, Answer.PROMOTE, WHY, given[:12])
    done = promotion.promote_or_roll_back(any_database, act, asked)
    assert (done.status, done.review.evidence, shown(any_database, asked)) == (Status.PROMOTED, given, given)


def test_an_answer_to_other_evidence_is_refused_and_nothing_is_kept(any_database, act, asked):
    with pytest.raises(StaleEvidenceError):
        promotion.record_decision(any_database, act, asked, Answer.PROMOTE, WHY, "0" * 64)
    assert retraining.session(any_database, asked).review is None


def test_an_answer_that_names_no_evidence_is_to_what_the_session_shows_then(any_database, act, asked):
    it = promotion.record_decision(any_database, act, asked, Answer.PROMOTE, WHY)
    assert it.review.evidence == shown(any_database, asked)


@pytest.mark.parametrize(("answer", "ending"), [(Answer.PROMOTE, Status.INCONCLUSIVE), (Answer.REJECT, Status.ROLLED_BACK)])
def test_a_yes_to_evidence_that_was_changed_after_it_promotes_nothing(any_database, act, asked, answer, ending):
    promotion.record_decision(any_database, act, asked, answer, WHY)
    with any_database.write(act) as tx:
        row = tx.exec(select(ShadowSampleRow).where(ShadowSampleRow.session_id == asked)).first()
        row.sample = {**row.sample, "candidate": {**row.sample["candidate"], "escalations": 1}}
        tx.add(row)
    done = promotion.promote_or_roll_back(any_database, act, asked)
    assert (done.status, versions_asked.active(any_database, "baseline").version) == (ending, 1)
    if answer is Answer.PROMOTE:
        assert done.reasons[0].startswith("test approved evidence ")


def test_there_is_no_evidence_before_there_is_a_verdict(any_database, act):
    assert shown(any_database, in_shadow_test(any_database, act).session_id) == ""
