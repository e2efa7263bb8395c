"""What contributes: a planted segment is found first, what changed for all is blamed on nobody, and hostile labels change nothing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lifecycle_core.conversations import Window
from lifecycle_core.drift.attribution import NO_VALUE, OTHERS, Cause, Question
from lifecycle_core.drift.contributions import Noise, actions_of, errors_of, labels_of, unnamed_of
from lifecycle_core.drift.labelling import MOST_LABELS, MOST_VALUES, LabelKey
from lifecycle_core.drift.pieces import Coded, Piece
from lifecycle_core.drift.report import Comparison, Metric
from lifecycle_core.drift.slicing import sliced
from lifecycle_core.rollups import NAMED_ACTIONS, OTHER_ACTIONS, epoch_hour

NOW = datetime(2025, 10, 7, 12, tzinfo=UTC)
ONSET = NOW - timedelta(days=2)
START = ONSET - timedelta(days=14)
QUIET = Noise(0.0, (2.0, 14.0))


def coded(column):
    codes = {it: code for code, it in enumerate(dict.fromkeys(column))}
    return Coded(list(codes), np.array([codes[it] for it in column], dtype=np.int64))


def piece(hours, metric, figure, *, segments=None, models=None, actions=None, faults=None, versions=1):
    r = len(hours)
    pairs = [tuple(sorted(it.items())) for it in segments or [{}] * r]
    labels = coded(pairs)
    met = coded(faults or [None] * r)
    return Piece(
        hours=np.asarray(hours, dtype=np.int64),
        versions=np.broadcast_to(versions, r).astype(np.int64),
        figures={metric: np.asarray(figure, dtype=float)},
        model=coded(models or [None] * r),
        segments=Coded([dict(it) for it in labels.values], labels.codes),
        actions=coded([tuple(it) for it in actions or [()] * r]),
        faults=Coded([(it[0], [{"tool": it[1], "message": it[2]}]) if it else (False, []) for it in met.values], met.codes),
    )


def question(comparison=Comparison.BOOKING_RATE, **others):
    return Question(comparison, Window(ONSET, NOW), Window(START, ONSET), 1, 1, **others)


def traffic(chance, recent=600, reference=3000):
    """Hours of two windows: the recent conversations first."""
    return np.concatenate(
        [chance.integers(epoch_hour(ONSET), epoch_hour(NOW), recent), chance.integers(epoch_hour(START), epoch_hour(ONSET), reference)]
    ), np.arange(recent + reference) < recent


def explained(*pieces, comparison=Comparison.BOOKING_RATE, noise=QUIET, **others):
    slices = sliced([question(comparison, **others)], ["look_up", "book"] + [""] * NAMED_ACTIONS, pieces)
    return slices, slices.tallies[0], *labels_of(slices, slices.tallies[0], noise)


@pytest.fixture
def chance():
    return np.random.default_rng(5)


@pytest.fixture
def planted(chance):
    """A fall of the north alone, three conversations in ten."""
    hours, recent = traffic(chance)
    region = np.where(chance.random(len(hours)) < 0.3, "north", np.where(chance.random(len(hours)) < 0.5, "south", "east"))
    rate = np.where(recent & (region == "north"), 0.35, 0.8)
    booked = chance.random(len(hours)) < rate
    return piece(hours, Metric.BOOKING_RATE, booked, segments=[{"region": it, "plan": "free"} for it in region.tolist()])


def test_a_planted_segment_is_found_first_with_the_right_sign(planted):
    _, _, labels, finding = explained(planted)
    assert (labels[0].name, labels[0].segments[0].value) == ("region", "north")
    assert labels[0].segments[0].rate < 0
    assert (finding.label, finding.segment.value, finding.cause) == ("region", "north", Cause.RATE)
    assert 0.7 < finding.of_change < 1.3


def test_the_segments_of_every_label_add_up_to_the_whole_change(planted):
    _, tally, labels, _ = explained(planted)
    (n1, total1), (n0, total0) = tally.whole.sums[:, 0, :2]
    for label in labels:
        assert sum(it.contribution for it in label.segments) == pytest.approx(total1 / n1 - total0 / n0, abs=1e-12)
        assert sum(it.of_change for it in label.segments) == pytest.approx(1)


def test_in_pieces_the_answer_is_the_same(planted):
    r = len(planted.hours)
    parts = [
        Piece(
            planted.hours[at : at + 100],
            planted.versions[at : at + 100],
            {metric: figure[at : at + 100] for metric, figure in planted.figures.items()},
            *(Coded(it.values, it.codes[at : at + 100]) for it in (planted.model, planted.segments, planted.actions, planted.faults)),
        )
        for at in range(0, r, 100)
    ]
    whole, piecewise = (explained(*it)[2] for it in ([planted], parts))
    assert {(it.name, one.value): one.contribution for it in whole for one in it.segments} == pytest.approx(
        {(it.name, one.value): one.contribution for it in piecewise for one in it.segments}, abs=1e-12
    )


def test_a_label_with_one_value_divides_nothing(planted):
    assert "plan" not in {it.name for it in explained(planted)[2]}


def test_a_fall_for_all_alike_is_blamed_on_no_segment():
    found = 0
    for seed in range(40):
        chance = np.random.default_rng(seed)
        hours, recent = traffic(chance)
        booked = chance.random(len(hours)) < np.where(recent, 0.6, 0.8)
        segments = [dict(zip("abc", row, strict=True)) for row in chance.choice(["v0", "v1", "v2", "v3"], (len(hours), 3)).tolist()]
        found += explained(piece(hours, Metric.BOOKING_RATE, booked, segments=segments))[3] is not None
    assert found <= 4


def test_another_model_under_the_same_prompt_is_found_as_a_shift_of_the_mix(chance):
    hours, recent = traffic(chance, recent=80, reference=900)
    booked = chance.random(len(hours)) < np.where(recent, 0.5, 0.85)
    models = ["gpt-5-mini" if it else "gemini" for it in recent.tolist()]
    finding = explained(piece(hours, Metric.BOOKING_RATE, booked, models=models))[3]
    assert (finding.label, finding.segment.value, finding.cause) == ("model", "gpt-5-mini", Cause.MIX)
    assert finding.of_change == pytest.approx(1)


def test_more_of_those_who_seldom_book_is_mix_and_not_rate(chance):
    hours, recent = traffic(chance)
    phone = chance.random(len(hours)) < np.where(recent, 0.7, 0.2)
    booked = chance.random(len(hours)) < np.where(phone, 0.4, 0.9)
    finding = explained(piece(hours, Metric.BOOKING_RATE, booked, segments=[{"channel": "phone" if it else "web"} for it in phone]))[3]
    assert (finding.segment.value, finding.cause) == ("phone", Cause.MIX)


def test_a_weekend_that_the_window_has_not_is_no_shift_of_the_mix(chance):
    hours, recent = traffic(chance)
    hours[recent] = epoch_hour(NOW) - 1 - chance.integers(0, 20, recent.sum())
    booked = chance.random(len(hours)) < np.where(recent, 0.5, 0.8)
    (label,) = [it for it in explained(piece(hours, Metric.BOOKING_RATE, booked))[2] if it.name == "weekday"]
    assert abs(label.mix) < 0.01
    assert [it.value for it in label.segments] == ["Monday to Friday", OTHERS]


def test_segments_under_fifty_stand_together(chance):
    hours, recent = traffic(chance)
    names = [f"shop {it}" for it in chance.integers(0, 100, len(hours))]
    booked = chance.random(len(hours)) < np.where(recent, 0.5, 0.8)
    (label,) = [
        it for it in explained(piece(hours, Metric.BOOKING_RATE, booked, segments=[{"shop": it} for it in names]))[2] if it.name == "shop"
    ]
    assert [it.value for it in label.segments] == [OTHERS]
    assert (label.segments[0].recent_n, label.segments[0].q, label.values) == (600, None, 100)


def test_conversations_without_the_label_are_a_segment_of_their_own(chance):
    hours, _ = traffic(chance)
    labelled = chance.random(len(hours)) < 0.5
    (label,) = [
        it
        for it in explained(
            piece(hours, Metric.BOOKING_RATE, chance.random(len(hours)) < 0.8, segments=[{"beta": "yes"} if it else {} for it in labelled])
        )[2]
        if it.name == "beta"
    ]
    assert {it.value for it in label.segments} == {"yes", NO_VALUE}
    assert sum(it.recent_n for it in label.segments) == 600


def test_an_unknown_outcome_enters_no_segment(chance):
    hours, _ = traffic(chance)
    booked = np.where(chance.random(len(hours)) < 0.2, np.nan, 1.0)
    _, tally, _, _ = explained(piece(hours, Metric.BOOKING_RATE, booked))
    assert tally.whole.sums[..., 0].sum() == (~np.isnan(booked)).sum()


def test_a_label_of_single_conversations_is_skipped_with_a_reason(chance):
    hours, _ = traffic(chance)
    segments = [{"order": f"o{number}", "plan": f"p{number % 2}"} for number in range(len(hours))]
    slices, _, labels, _ = explained(piece(hours, Metric.BOOKING_RATE, np.ones(len(hours)), segments=segments))
    assert slices.labels.skipped == {LabelKey(built_in=False, name="order"): f"it has more than {MOST_VALUES:,} values"}
    assert "order" not in {it.name for it in labels}
    assert "plan" in {it.name for it in labels}


def test_labels_past_the_twentieth_are_not_looked_at(chance):
    hours, _ = traffic(chance)
    segments = [{f"label {name}": f"{number % 2}" for name in range(3 * MOST_LABELS)} for number in range(len(hours))]
    slices, _, labels, _ = explained(piece(hours, Metric.BOOKING_RATE, np.ones(len(hours)), segments=segments))
    assert sum(not it.built_in for it in labels) == MOST_LABELS
    assert slices.labels.crowded


def test_a_label_called_as_one_of_ours_is_told_from_it(chance):
    hours, recent = traffic(chance)
    segments = [{"model": "theirs", "hour": "x"} if it else {"model": "other", "hour": "y"} for it in chance.random(len(hours)) < 0.5]
    labels = explained(piece(hours, Metric.BOOKING_RATE, np.where(recent, 0.0, 1.0), segments=segments, models=["m"] * len(hours)))[2]
    assert [it.built_in for it in labels if it.name == "model"] == [False]
    assert sorted(it.built_in for it in labels if it.name == "hour") == [False, True]


def test_dearer_conversations_of_one_segment_are_found_by_their_mean_cost(chance):
    hours, recent = traffic(chance)
    long = chance.random(len(hours)) < 0.4
    cost = chance.lognormal(-4, 0.5, len(hours)) * np.where(recent & long, 3, 1)
    finding = explained(
        piece(hours, Metric.COST, cost, segments=[{"length": "long" if it else "short"} for it in long]), comparison=Comparison.COST
    )[3]
    assert (finding.segment.value, finding.cause) == ("long", Cause.RATE)
    assert finding.segment.rate > 0


def test_runaways_of_one_segment_are_found_by_the_share_past_the_edge(chance):
    hours, recent = traffic(chance)
    long = chance.random(len(hours)) < 0.4
    cost = np.where(recent & long & (chance.random(len(hours)) < 0.3), 9.0, 0.01)
    it = piece(hours, Metric.COST, cost, segments=[{"length": "long" if one else "short"} for one in long])
    finding = explained(it, comparison=Comparison.COST_TAIL, edge=1.0)[3]
    assert (finding.segment.value, finding.segment.reference_value) == ("long", 0.0)


def test_a_slower_segment_is_told_in_geometric_means(chance):
    hours, recent = traffic(chance)
    far = chance.random(len(hours)) < 0.4
    latency = chance.lognormal(0.7, 0.5, len(hours)) * np.where(recent & far, 2, 1)
    finding = explained(
        piece(hours, Metric.RESPONSE_TIME, latency, segments=[{"region": "far" if it else "near"} for it in far]),
        comparison=Comparison.RESPONSE_TIME,
    )[3]
    assert finding.segment.value == "far"
    assert finding.segment.recent_value / finding.segment.reference_value == pytest.approx(2, rel=0.1)


def test_more_day_noise_takes_stars_away(planted):
    _, _, labels, _ = explained(planted, noise=Noise(0.2, (2.0, 14.0)))
    assert not any(one.starred for it in labels for one in it.segments)


def test_one_conversation_is_divided_by_nothing(chance):
    _, _, labels, finding = explained(piece([epoch_hour(NOW) - 1], Metric.BOOKING_RATE, [1.0]))
    assert (labels, finding) == ((), None)


def test_one_conversation_on_each_side_has_no_star():
    it = piece([epoch_hour(NOW) - 1, epoch_hour(ONSET) - 9], Metric.BOOKING_RATE, [0.0, 1.0])
    _, _, labels, finding = explained(it)
    assert finding is None
    assert not any(one.starred for label in labels for one in label.segments)


def test_no_conversation_at_all_has_no_answer():
    slices, tally, labels, finding = explained()
    assert (labels, finding, actions_of(slices, tally, QUIET), errors_of(tally, QUIET)) == ((), None, (), ())


def test_where_nothing_changed_nothing_contributes(chance):
    hours, _ = traffic(chance)
    _, _, labels, finding = explained(
        piece(hours, Metric.BOOKING_RATE, np.ones(len(hours)), segments=[{"a": str(it % 2)} for it in range(len(hours))])
    )
    assert finding is None
    assert {one.of_change for it in labels for one in it.segments} == {None}


def test_under_a_day_only_like_hours_of_the_reference_count():
    recent = [epoch_hour(NOW) - 1, epoch_hour(NOW) - 2]
    before = [epoch_hour(ONSET) - back for back in range(1, 100)]
    it = Question(Comparison.BOOKING_RATE, Window(NOW - timedelta(hours=2), NOW), Window(START, ONSET), 1, 1, like_hours=True)
    (tally,) = sliced([it], [], [piece([*recent, *before], Metric.BOOKING_RATE, np.ones(101))]).tallies
    assert tally.all_n.tolist() == [2, sum(hour % 24 in {10, 11} for hour in before)]


def test_the_version_before_is_the_reference_where_it_was_compared(chance):
    hours, recent = traffic(chance)
    it = Question(Comparison.BOOKING_RATE, Window(ONSET, NOW), Window(START, ONSET), 2, 1)
    (tally,) = sliced([it], [], [piece(hours, Metric.BOOKING_RATE, np.ones(len(hours)), versions=np.where(recent, 2, 1))]).tallies
    assert tally.all_n.tolist() == [600, 3000]


def test_conversations_of_a_drift_that_has_ended_belong_to_neither_side(chance):
    hours, _ = traffic(chance)
    ended = Window(ONSET - timedelta(days=4), ONSET - timedelta(days=1))
    it = piece(hours, Metric.BOOKING_RATE, np.ones(len(hours)))
    (tally,) = sliced([question(left_out=(ended,))], [], [it]).tallies
    within = (hours >= epoch_hour(ended.start)) & (hours < epoch_hour(ended.end))
    assert tally.all_n.tolist() == [600, 3000 - within.sum()]


def called(chance, recent_p, r=3600):
    hours, recent = traffic(chance)
    more = chance.random(r) < np.where(recent, recent_p, 0.2)
    return piece(hours, Metric.ACTION_DISTRIBUTION, np.zeros(r), actions=[("look_up", "book", *(["look_up"] * it)) for it in more.tolist()])


def test_the_action_that_rose_and_the_one_that_fell_share_the_likelihood_ratio(chance):
    slices, tally, _, _ = explained(called(chance, 0.6), comparison=Comparison.ACTION_DISTRIBUTION)
    moves = {it.action: it for it in actions_of(slices, tally, QUIET)}
    assert moves["look_up"].of_g2 > 0 > moves["book"].of_g2
    assert sum(abs(it.of_g2) for it in moves.values()) == pytest.approx(1)
    assert moves["look_up"].starred


def test_the_residual_of_an_action_is_a_normal_deviate_though_calls_cluster():
    residuals = []
    for seed in range(300):
        chance = np.random.default_rng(seed)
        hours, _ = traffic(chance, 100, 400)
        often = [("look_up",) * 8 + ("book",) if it else ("book",) for it in chance.random(500) < 0.3]
        slices, tally, _, _ = explained(
            piece(hours, Metric.ACTION_DISTRIBUTION, np.zeros(500), actions=often), comparison=Comparison.ACTION_DISTRIBUTION
        )
        residuals += [it.residual for it in actions_of(slices, tally, QUIET) if it.action == "book"]
    assert np.std(residuals) == pytest.approx(1, abs=0.12)


def test_five_thousand_actions_are_counted_in_bounded_memory_and_the_ones_that_moved_are_named(chance):
    hours, recent = traffic(chance)
    actions = [("book", f"tool {number % 5000}", *(("new_tool",) if it else ())) for number, it in enumerate(recent.tolist())]
    slices, tally, _, _ = explained(
        piece(hours, Metric.ACTION_DISTRIBUTION, np.zeros(len(hours)), actions=actions), comparison=Comparison.ACTION_DISTRIBUTION
    )
    assert {it.action for it in actions_of(slices, tally, QUIET)} == {"book", OTHER_ACTIONS}
    assert unnamed_of(tally, 1) == (("new_tool", 1.0, 0.0),)
    assert len(tally.calls.unnamed) <= 1000


def test_failures_that_grew_come_first_and_a_providers_come_last(chance):
    hours, recent = traffic(chance)
    odds = chance.random(len(hours))
    faults = [
        (False, "book", "slot 7 is taken") if it < (0.3 if now else 0.05) else (True, None, "502 bad gateway") if it > 0.8 else None
        for it, now in zip(odds.tolist(), recent.tolist(), strict=True)
    ]
    _, tally, _, _ = explained(piece(hours, Metric.BOOKING_RATE, np.ones(len(hours)), faults=faults))
    first, *_, last = errors_of(tally, QUIET)
    assert (first.tool, first.message, first.starred) == ("book", "slot # is taken", True)
    assert first.recent_share == pytest.approx(0.3, abs=0.06)
    assert (last.provider_fault, last.starred) == (True, False)
