"""Cases of a variant's own: kept masked, all or none, removed and brought back; what was served is known for a week."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.errors import InvalidInputError, TooLargeError, UnknownCaseError, UnknownVariantError
from lifecycle_core.operations import audit, cases, versions
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.replay.episode import Replay
from lifecycle_core.replay.identity import Served
from lifecycle_core.retraining.written_cases import MOST_CASES, WrittenCase

MASKER = Masker(b"k" * 32)
ONE = WrittenCase(name="one", goal="You are Jane Roe, phone 555-0199. A deep clean on Friday.", calls=("check", "book"), taken=("Monday",))


@pytest.fixture
def variant(any_database, act):
    versions.register(any_database, act, variant="a", system_prompt="one")
    return any_database


def add(database, act, *written, **more):
    return cases.add(database, act, "a", written or [ONE], masker=MASKER, **more)


def names(database):
    return [it.case.name for it in cases.list_cases(database, "a")]


def test_a_case_is_kept_as_it_was_written_but_for_personal_data(variant, act):
    add(variant, act)
    [kept] = cases.list_cases(variant, "a")
    assert kept.case == replace(ONE, goal=MASKER(ONE.goal))
    assert "Roe" not in kept.case.goal
    assert (kept.added_by, kept.added_at, kept.conversation_id) == ("test", act.at, None)


def test_the_same_case_again_changes_nothing_and_another_of_its_name_is_refused(variant, act):
    add(variant, act)
    assert add(variant, act).unchanged == ("one",)
    with pytest.raises(InvalidInputError, match="has another case 'one'"):
        add(variant, act, WrittenCase(name="two", goal="x"), replace(ONE, failing=1))
    assert names(variant) == ["one"]


def test_a_removed_case_serves_no_more_and_comes_back_as_it_was_or_as_it_is_given(variant, act):
    add(variant, act)
    before = cases.list_cases(variant, "a")
    cases.remove(variant, act, "a", ["one"])
    assert names(variant) == []
    cases.restore(variant, act, "a", ["one"])
    assert cases.list_cases(variant, "a") == before
    cases.remove(variant, act, "a", ["one"])
    assert add(variant, act, replace(ONE, failing=1)).changed[0].case.failing == 1


def test_each_change_stands_in_the_audit_log(variant, act):
    add(variant, act)
    cases.remove(variant, replace(act, why="tried"), "a", ["one"])
    removed, added = audit.newest(variant, audit.Asked(subject="cases:a/"), 10)
    assert (removed.why, removed.after["removed_at"] is not None, added.after["document"]["name"]) == ("tried", True, "one")


@pytest.mark.parametrize("change", [cases.remove, cases.restore])
def test_all_or_none_are_changed(variant, act, change):
    add(variant, act)
    with pytest.raises(UnknownCaseError, match="'nobody'"):
        change(variant, act, "a", ["one", "nobody"])
    assert names(variant) == ["one"]


@pytest.mark.parametrize("given", [[], [ONE, ONE]])
def test_names_are_given_and_once(variant, act, given):
    with pytest.raises(InvalidInputError):
        cases.add(variant, act, "a", given, masker=MASKER)


def test_a_variant_nobody_knows_has_no_cases(variant, act):
    for asked in (lambda: cases.list_cases(variant, "b"), lambda: cases.add(variant, act, "b", [ONE], masker=MASKER)):
        with pytest.raises(UnknownVariantError):
            asked()


def test_a_variant_has_so_many_cases_at_most(variant, act):
    add(variant, act, *[WrittenCase(name=f"c{number}", goal="x") for number in range(MOST_CASES)])
    with pytest.raises(TooLargeError, match="would have 201 cases"):
        add(variant, act)
    assert len(names(variant)) == MOST_CASES


def test_under_one_key_cases_are_added_once(variant, act):
    act = replace(act, idempotency_key="k")
    first = add(variant, act)
    assert add(variant, act) == first
    with pytest.raises(InvalidInputError):
        add(variant, act, WrittenCase(name="two", goal="x"))


def test_a_request_that_is_repeated_after_another_one_changes_nothing(variant, act):
    add(variant, act)
    once = replace(act, idempotency_key="k")
    first = cases.remove(variant, once, "a", ["one"])
    cases.restore(variant, act, "a", ["one"])
    assert cases.remove(variant, once, "a", ["one"]) == first
    assert names(variant) == ["one"]


def test_a_mined_case_tells_its_conversation(variant, act):
    add(variant, act, conversations={"one": "c17"})
    [kept] = cases.list_cases(variant, "a")
    assert (kept.conversation_id, kept.to_serve("a").source) == ("c17", "mined")


def test_what_was_served_is_known_for_a_week_and_the_newest_stays(variant, act):
    replay = Replay(
        scenario_id="one", replay=0, booked=False, escalated=False, cost_usd=None, input_tokens=1, output_tokens=1, latency_s=None
    )
    for booked in (False, True):
        made = Served(content_hash="h", case_id="one", version=1, replay=replace(replay, booked=booked))
        cases.keep_served(variant, act, "a", made)
    assert cases.served(variant, ["h", "other"], act.at + timedelta(days=7)) == {"h": replace(replay, booked=True)}
    assert cases.served(variant, ["h"], act.at + timedelta(days=7, seconds=1)) == {}
    later = replace(act, at=act.at + timedelta(days=8))
    cases.keep_served(variant, later, "a", Served(content_hash="new", case_id="one", version=1, replay=replay))
    assert cases.served(variant, ["h"], act.at) == {}
