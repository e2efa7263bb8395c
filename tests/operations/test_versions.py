"""Register, activate, roll back, tag, compare."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import (
    InvalidInputError,
    NothingActiveError,
    NothingToRollBackError,
    TooLargeError,
    UnknownVariantError,
    UnknownVersionError,
)
from lifecycle_core.operations import traffic, versions, versions_asked
from lifecycle_core.versions.version import Tag


@pytest.fixture
def variant(any_database, act):
    """A database whose variant `baseline` has five versions, none active."""
    for prompt in ("one", "two", "three", "four", "five"):
        versions.register(any_database, act, variant="baseline", system_prompt=prompt)
    return any_database


def nested(depth):
    """Lists in lists, as deep as that."""
    made = []
    for _ in range(depth):
        made = [made]
    return made


def activate(database, act, *numbers: int):
    for number in numbers:
        versions.activate(database, act, "baseline", number)


def tags(database):
    return {tag: it.version for it in versions_asked.history(database, "baseline", 10).versions for tag in it.tags}


def active(database):
    return versions_asked.active(database, "baseline").version


def test_versions_are_numbered_from_one(variant):
    assert [it.version for it in versions_asked.history(variant, "baseline", 10).versions] == [5, 4, 3, 2, 1]


def test_conversations_use_up_no_numbers(database, act):
    traffic.ingest(database, act, [Conversation(id="c", variant="baseline", version=7, ended_at=act.at)])
    assert versions.register(database, act, variant="baseline", system_prompt="one").version == 1


def test_a_version_is_kept_as_it_was_given(any_database, act):
    given = {
        "metadata": {"description": "priced", "changes": ["a"]},
        "model": "gpt-5",
        "parameters": {"t": 0.5},
        "tools": [{"name": "book"}],
    }
    versions.register(any_database, act, variant="baseline", system_prompt="Be kind.\n", **given)
    versions.activate(any_database, act, "baseline", 1)
    kept = versions_asked.active(any_database, "baseline")
    assert (kept.system_prompt, kept.model, kept.parameters, kept.tools) == ("Be kind.\n", "gpt-5", {"t": 0.5}, [{"name": "book"}])
    assert kept.metadata == {"createdBy": "test", "description": "priced", "changes": ["a"]}
    assert (kept.created_at, kept.activated_at, kept.is_active) == (act.at, act.at, True)


def test_the_same_content_is_the_same_version(variant, act):
    again = versions.register(variant, act, variant="baseline", system_prompt="two", metadata={"description": "again"})
    assert (again.version, again.metadata) == (2, {"createdBy": "test"})
    assert len(versions_asked.history(variant, "baseline", 10).versions) == 5


@pytest.mark.parametrize("other", [{"model": "gpt-5"}, {"parameters": {"temperature": 0}}, {"tools": [{"name": "book"}]}])
def test_another_model_parameter_or_tool_is_another_version(database, act, other):
    versions.register(database, act, variant="baseline", system_prompt="one")
    assert versions.register(database, act, variant="baseline", system_prompt="one", **other).version == 2


def test_activation_is_a_change_of_exactly_one_version(variant, act):
    activate(variant, act, 1, 2)
    assert [it.version for it in versions_asked.history(variant, "baseline", 10).versions if it.is_active] == [2]


def test_activation_tells_what_was_active_before(variant, act):
    activate(variant, act, 1)
    done = versions.activate(variant, replace(act, why="better"), "baseline", 2)
    assert (done.version, done.previous_version, done.kind, done.by, done.why, done.at) == (2, 1, "activate", "test", "better", act.at)


def test_activating_what_is_active_answers_the_activation_there_was(variant, act):
    activate(variant, act, 1)
    first = versions.activate(variant, act, "baseline", 2)
    assert versions.activate(variant, replace(act, at=act.at + timedelta(hours=1)), "baseline", 2) == first
    assert len(versions_asked.history(variant, "baseline", 10).activations) == 2


def test_a_rollback_goes_to_the_version_before(variant, act):
    activate(variant, act, 1, 2)
    back = versions.roll_back(variant, act, "baseline")
    assert (back.previous_version, back.current_version, back.rolled_back_at) == (2, 1, act.at)
    assert active(variant) == 1


def test_rolling_back_twice_goes_back_twice(variant, act):
    activate(variant, act, 1, 2, 3)
    assert [versions.roll_back(variant, act, "baseline").current_version for _ in range(2)] == [2, 1]


def test_the_last_three_stay_ready_for_a_rollback(variant, act):
    activate(variant, act, 1, 2, 3, 4, 5)
    assert [versions.roll_back(variant, act, "baseline").current_version for _ in range(3)] == [4, 3, 2]
    with pytest.raises(NothingToRollBackError, match="was rolled back 3 times in a row"):
        versions.roll_back(variant, act, "baseline")
    assert active(variant) == 2


def test_an_activation_after_a_rollback_starts_from_where_that_went(variant, act):
    activate(variant, act, 1, 2)
    versions.roll_back(variant, act, "baseline")
    activate(variant, act, 3)
    assert versions.roll_back(variant, act, "baseline").current_version == 1


def test_a_rollback_never_goes_to_the_version_that_is_active(variant, act):
    activate(variant, act, 1, 2, 1, 1)
    assert [versions.roll_back(variant, act, "baseline").current_version for _ in range(2)] == [2, 1]


@pytest.mark.parametrize(("numbers", "because"), [((), "has no active version"), ((1,), "had no other version active before version 1")])
def test_nothing_to_go_back_to_is_told_with_the_remedy(variant, act, numbers, because):
    activate(variant, act, *numbers)
    with pytest.raises(NothingToRollBackError, match=f"variant 'baseline' {because}; activate one by its number"):
        versions.roll_back(variant, act, "baseline")


def test_each_change_follows_from_the_one_before(variant, act):
    activate(variant, act, 1, 2, 3)
    versions.roll_back(variant, act, "baseline")
    activate(variant, act, 4)
    trail = versions_asked.history(variant, "baseline", 10).activations
    assert [(it.kind, it.previous_version, it.version, it.popped) for it in trail] == [
        ("activate", 2, 4, False),
        ("rollback", 3, 2, False),
        ("activate", 2, 3, True),
        ("activate", 1, 2, False),
        ("activate", None, 1, False),
    ]


def test_a_new_version_is_tagged_experimental_until_it_is_active(variant, act):
    assert tags(variant) == {Tag.EXPERIMENTAL: 5}
    activate(variant, act, 5)
    assert Tag.EXPERIMENTAL not in tags(variant)


def test_production_and_rollback_move_with_an_activation(variant, act):
    activate(variant, act, 1, 2)
    assert tags(variant) == {Tag.PRODUCTION: 2, Tag.ROLLBACK: 1, Tag.EXPERIMENTAL: 5}


def test_production_and_rollback_move_with_a_rollback(variant, act):
    activate(variant, act, 1, 2, 3)
    versions.roll_back(variant, act, "baseline")
    assert tags(variant) == {Tag.PRODUCTION: 2, Tag.ROLLBACK: 1, Tag.EXPERIMENTAL: 5}


def test_a_version_that_cannot_be_reached_by_rollback_does_not_say_so(variant, act):
    activate(variant, act, 1, 2)
    versions.roll_back(variant, act, "baseline")
    assert Tag.ROLLBACK not in tags(variant)


def test_a_tag_marks_one_version_of_a_variant(variant, act):
    versions.tag(variant, act, "baseline", 1, "stable", "first")
    tagged = versions.tag(variant, act, "baseline", 3, "stable", "82% booking rate")
    assert tagged.version.tags == {"stable": "82% booking rate"}
    assert tags(variant)["stable"] == 3


def test_setting_a_tag_tells_who_lost_it_and_what_it_said_there(variant, act):
    first = versions.tag(variant, act, "baseline", 1, "stable", "first")
    again = versions.tag(variant, act, "baseline", 1, "stable", "still")
    moved = versions.tag(variant, act, "baseline", 3, "stable", "82% booking rate")
    assert [(it.lost_by, it.lost_description) for it in (first, again, moved)] == [(None, ""), (None, ""), (1, "still")]


def test_a_tag_like_another_is_another(variant, act):
    versions.tag(variant, act, "baseline", 1, 'a%_"b', "")
    versions.tag(variant, act, "baseline", 2, 'aXX"b', "")
    assert {'a%_"b': 1, 'aXX"b': 2}.items() <= tags(variant).items()


def test_production_may_be_described_by_hand(variant, act):
    activate(variant, act, 2)
    assert versions.tag(variant, act, "baseline", 2, "production", "82% booking rate").version.tags["production"] == "82% booking rate"


def test_production_goes_to_no_other_version_by_hand(variant, act):
    activate(variant, act, 1)
    with pytest.raises(InvalidInputError, match="version 2 of 'baseline' is not active"):
        versions.tag(variant, act, "baseline", 2, "production", "")


@pytest.mark.parametrize("number", [2, 3])
def test_rollback_goes_to_no_version_that_a_rollback_would_not_bring_back(variant, act, number):
    activate(variant, act, 1, 2)
    with pytest.raises(InvalidInputError, match=f"a rollback would not bring version {number} of 'baseline' back"):
        versions.tag(variant, act, "baseline", number, "rollback", "")
    assert tags(variant)[Tag.ROLLBACK] == 1


def test_what_waited_for_another_change_is_dated_no_earlier_than_it(variant, act):
    activate(variant, act, 1, 2)
    late = replace(act, at=act.at - timedelta(seconds=1))
    assert versions.activate(variant, late, "baseline", 3).at == act.at
    assert versions.roll_back(variant, late, "baseline").rolled_back_at == act.at
    assert versions_asked.active(variant, "baseline").activated_at == act.at


@pytest.mark.parametrize(
    "change",
    [
        lambda it, act: versions.register(it, act, variant="baseline", system_prompt="six"),
        lambda it, act: versions.activate(it, act, "baseline", 1),
        lambda it, act: versions.roll_back(it, act, "baseline"),
        lambda it, act: versions.tag(it, act, "baseline", 1, "stable"),
    ],
    ids=["register", "activate", "roll back", "tag"],
)
@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("a\x00", "reason has a NUL character"),
        ("a\ud800", "reason has half a character"),
        ("x" * 1001, "reason has 1,001 characters; at most 1,000 are kept"),
    ],
    ids=["NUL", "surrogate", "long"],
)
def test_a_reason_that_cannot_be_kept_is_refused(database, act, change, why, told):
    with pytest.raises((InvalidInputError, TooLargeError), match=told):
        change(database, replace(act, why=why))


def test_history_goes_on_below_a_version(variant):
    assert [it.version for it in versions_asked.history(variant, "baseline", 2, before_version=4).versions] == [3, 2]


def test_every_variant_is_listed_with_its_versions_and_traffic(variant, act):
    activate(variant, act, 2)
    traffic.ingest(variant, act, [Conversation(id=str(number), variant="imported", ended_at=act.at) for number in range(3)])
    baseline, imported = versions_asked.list_variants(variant)
    assert (baseline.variant_name, baseline.latest_version, baseline.total_versions, baseline.active_version) == ("baseline", 5, 5, 2)
    assert (baseline.conversations, baseline.last_ended_at) == (0, None)
    assert (imported.variant_name, imported.latest_version, imported.total_versions, imported.active_version) == ("imported", None, 0, None)
    assert (imported.conversations, imported.last_ended_at) == (3, act.at)


def test_versions_are_compared_by_their_traffic(variant, act):
    conversations = [
        Conversation(
            id=f"{version}-{number}", variant="baseline", version=version, ended_at=act.at, booked=number < bookings, cost_usd=0.01
        )
        for version, bookings in ((1, 5), (2, 6))
        for number in range(10)
    ]
    traffic.ingest(variant, act, conversations)
    found = versions_asked.compare(variant, "baseline", 1, 2)
    assert (found.version1.booking_rate, found.version2.booking_rate) == (0.5, 0.6)
    assert found.differences.booking_rate == pytest.approx(0.2)
    assert found.differences.escalation_rate is None


def test_a_version_known_by_its_traffic_alone_can_be_compared(database, act):
    conversations = [Conversation(id=str(version), variant="imported", version=version, ended_at=act.at) for version in (1, 2)]
    traffic.ingest(database, act, conversations)
    assert versions_asked.compare(database, "imported", 1, 2).version2.total_conversations == 1


def test_a_diff_is_of_registered_versions(variant):
    assert versions_asked.diff(variant, "baseline", 1, 3).unified[-2:] == ("-one", "+three")


@pytest.mark.parametrize(
    "ask",
    [
        lambda it, act: versions.activate(it, act, "baseline", 9),
        lambda it, act: versions.tag(it, act, "baseline", 9, "stable", ""),
        lambda it, act: versions_asked.compare(it, "baseline", 1, 9),
        lambda it, act: versions_asked.diff(it, "baseline", 1, 9),
    ],
    ids=["activate", "tag", "compare", "diff"],
)
def test_a_version_that_does_not_exist_is_told_with_those_that_do(variant, act, ask):
    with pytest.raises(UnknownVersionError, match="variant 'baseline' has no version 9; its versions are 1 to 5"):
        ask(variant, act)


@pytest.mark.parametrize(
    "ask",
    [
        lambda it, act: versions.activate(it, act, "basline", 1),
        lambda it, act: versions.roll_back(it, act, "basline"),
        lambda it, act: versions_asked.active(it, "basline"),
        lambda it, act: versions_asked.history(it, "basline", 5),
        lambda it, act: versions_asked.compare(it, "basline", 1, 2),
        lambda it, act: versions_asked.diff(it, "basline", 1, 2),
        lambda it, act: versions.tag(it, act, "basline", 1, "stable", ""),
    ],
    ids=["activate", "roll back", "active", "history", "compare", "diff", "tag"],
)
def test_an_unknown_variant_is_told_with_the_nearest(variant, act, ask):
    with pytest.raises(UnknownVariantError, match="no variant is called 'basline'; did you mean 'baseline'"):
        ask(variant, act)


def test_a_variant_without_versions_says_so(database, act):
    traffic.ingest(database, act, [Conversation(id="c", variant="imported", ended_at=act.at)])
    with pytest.raises(UnknownVersionError, match="'imported' has no registered version; register one first"):
        versions.activate(database, act, "imported", 1)
    with pytest.raises(NothingActiveError, match="'imported' has no active version"):
        versions_asked.active(database, "imported")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"variant": ""}, "variant is ''"),
        ({"variant": "x" * 201}, "variant is 'xxx"),
        ({"variant": "a\nb"}, r"variant is 'a\\nb'; give 1 to 200 printable characters"),
        ({"system_prompt": "  "}, "system_prompt is empty"),
        ({"system_prompt": "a\x00"}, "system_prompt has a NUL character"),
        ({"model": ""}, "model is ''"),
        ({"metadata": {"score": float("nan")}}, "metadata is not JSON"),
        ({"parameters": {"when": object()}}, "parameters is not JSON"),
        ({"parameters": {"a": "\ud800"}}, "parameters has half a character"),
        ({"metadata": {"\udcff": 1}}, "metadata has half a character"),
        ({"tools": ["\ud800"]}, "tools has half a character"),
        ({"system_prompt": "a\ud800"}, "system_prompt has half a character"),
        ({"metadata": {"a": nested(100)}}, "metadata has lists or objects in each other over 100 deep"),
        ({"metadata": {"a": nested(100_000)}}, "metadata is not JSON"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_leaves_nothing(database, act, wrong, told):
    with pytest.raises(InvalidInputError, match=told):
        versions.register(database, act, **{"variant": "baseline", "system_prompt": "one", **wrong})
    assert versions_asked.list_variants(database) == []


def test_a_document_may_be_as_deep_as_the_limit(database, act):
    keyed = replace(act, idempotency_key="k")
    kept = versions.register(database, keyed, variant="baseline", system_prompt="one", metadata={"a": nested(98)})
    assert kept.metadata["a"] == nested(98)


@pytest.mark.parametrize("wrong", [{"system_prompt": "x" * 1_000_001}, {"metadata": {"text": "x" * 200_000}}], ids=["prompt", "metadata"])
def test_what_is_too_long_is_refused_with_the_limit(database, act, wrong):
    with pytest.raises(TooLargeError, match=r"characters; at most (1,000,000|200,000) are kept"):
        versions.register(database, act, **{"variant": "baseline", "system_prompt": "one", **wrong})
