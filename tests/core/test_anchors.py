"""Anchors: lines that follow each other, signed or not, and a log held against them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.anchors import Anchor, Follower, Signatures, read
from lifecycle_core.chain import GENESIS, Change, link
from lifecycle_core.errors import InvalidInputError

AT = datetime(2025, 10, 7, 12, tzinfo=UTC)
KEY, OTHER = b"a key of chance!", b"another of chance"


def linked(said):
    """A log with a row for each of the texts."""
    rows, previous = [], GENESIS
    for number, why in enumerate(said, start=1):
        given = {"at": AT, "by": "ada", "why": why, "request_id": None, "subject": "policies:a", "before": {}, "after": {"policy": why}}
        rows.append(Change(number=number, **given, previous_hash=previous, hash=link(previous, **given)))
        previous = rows[-1].hash
    return rows


LOG = linked(["one", "two", "three", "four", "five"])


def anchored(log, *lengths, key=None):
    """Anchors of the log when it had so many rows."""
    made, previous = [], GENESIS
    for hour, rows in enumerate(lengths):
        head = log[rows - 1].hash if rows else GENESIS
        it = Anchor(at=AT + timedelta(hours=hour), rows=rows, id=log[rows - 1].number if rows else 0, head=head, previous=previous)
        made.append(it.signed(key))
        previous = made[-1].digest
    return made


def lines(made):
    return [f"{it.line}\n" for it in made]


def told(log, made, **given):
    """What is said of `log` by anchors, and how many of its rows they hold."""
    follower = Follower(read(lines(made), None).by_line, **given)
    return [*(it for row in log for it in follower.follow(row)), *follower.end()], follower.vouched_rows


def test_an_anchor_is_read_as_it_was_written():
    for key in (None, KEY):
        (it,) = anchored(LOG, 3, key=key)
        assert Anchor.parse(it.line) == it


ODD = [
    anchored(LOG, 3)[0].line.replace('"rows":3', odd) for odd in ('"rows":"3"', '"rows":true', '"rows":-3', '"rows":3.0', '"rows":null')
] + [replace(anchored(LOG, 3)[0], **{name: "\ud800"}).line for name in ("head", "previous", "signature")]


@pytest.mark.parametrize("line", ["", "{}", "[]", "nonsense", "[" * 900, '{"at":1}', anchored(LOG, 3)[0].line + " ", *ODD])
def test_what_is_not_to_the_letter_an_anchor_is_refused(line):
    with pytest.raises(InvalidInputError, match="is no anchor"):
        Anchor.parse(line)


def test_a_log_that_only_grew_agrees_with_all_anchors():
    assert told(LOG, anchored(LOG, 0, 2, 4)) == ([], 4)


def test_rows_that_no_anchor_holds_may_be_rewritten_unseen_and_are_counted_as_such():
    rewritten = linked(["one", "two", "three", "four", "other"])
    assert told(rewritten, anchored(LOG, 2, 4)) == ([], 4)


def test_a_full_rewrite_is_told_by_every_anchor_from_there_on():
    rewritten = linked(["one", "two", "other", "four", "five"])
    problems, vouched = told(rewritten, anchored(LOG, 2, 4, 5))
    rewritten_up_to = "holds: the log was rewritten somewhere after row 2, up to that row"
    assert problems == [
        f"audit row 4 is another one than anchor 2 of 2025-10-07T13:00:00Z {rewritten_up_to}",
        f"audit row 5 is another one than anchor 3 of 2025-10-07T14:00:00Z {rewritten_up_to}",
    ]
    assert vouched == 2


def test_a_log_cut_short_is_told():
    problems, _ = told(LOG[:3], anchored(LOG, 2, 4))
    assert problems == ["anchor 2 of 2025-10-07T13:00:00Z holds audit row 4, and the log ends at row 3: it was cut short"]


def test_an_empty_log_with_an_anchor_was_cut_short():
    assert "the log ends at row 0" in told([], anchored(LOG, 2))[0][0]


def test_a_row_in_the_middle_that_an_anchor_names_is_missed():
    problems, _ = told([*LOG[:1], *LOG[2:]], anchored(LOG, 2))
    assert problems[1] == "anchor 1 of 2025-10-07T12:00:00Z holds audit row 2, which is not in the log"


def test_an_anchor_that_counts_otherwise_is_told():
    (it,) = anchored(LOG, 3)
    assert told(LOG, [replace(it, rows=4)])[0] == ["anchor 1 of 2025-10-07T12:00:00Z counts 4 rows up to audit row 3; there are 3"]


def test_a_part_of_the_log_is_held_against_the_anchors_of_that_part():
    assert told(LOG[2:], anchored(LOG, 2, 4), whole=False)[0] == []
    assert told(linked("abcde")[2:], anchored(LOG, 2, 4), whole=False)[0] != []


def test_anchors_follow_each_other():
    first, second, third = anchored(LOG, 1, 2, 3)
    assert read(lines([first, second, third]), None).problems == ()
    for broken in ([first, third], [second, third], [first, third, second], [first, replace(second, rows=9), third]):
        assert any("does not follow the one before it" in it for it in read(lines(broken), None).problems)


def test_printed_anchors_need_not_follow_each_other():
    first, _, third = anchored(LOG, 1, 2, 3)
    assert read([third.line, "", first.line], None, pieces=True).problems == ()


def test_a_damaged_line_is_told_and_those_behind_it_are_read():
    first, second = anchored(LOG, 1, 2)
    found = read([first.line[:40], second.line], None)
    assert found.problems == (f"line 1 of the anchors was damaged: {first.line[:40]!r} is no anchor of an audit log",)
    assert found.last == second


def test_a_key_knows_its_own_signatures():
    assert read(lines(anchored(LOG, 1, 2, key=KEY)), KEY).signatures is Signatures.GOOD
    assert read(lines(anchored(LOG, 1, 2, key=KEY)), None).signatures is Signatures.NOT_CHECKED
    assert read(lines(anchored(LOG, 1, 2)), None).signatures is Signatures.NONE
    assert read([], KEY).signatures is Signatures.NONE


@pytest.mark.parametrize("forged", [anchored(LOG, 1, 2), anchored(LOG, 1, 2, key=OTHER)], ids=["unsigned", "of another key"])
def test_with_a_key_an_anchor_without_its_signature_is_forged(forged):
    found = read(lines(forged), KEY)
    assert found.signatures is Signatures.BAD
    assert len(found.problems) == 2
    assert "LIFECYCLE_AUDIT_KEY is set: it was forged, or made under another key" in found.problems[0]


def test_a_signature_holds_every_field():
    (it,) = anchored(LOG, 3, key=KEY)
    for changed in ({"at": AT + timedelta(seconds=1)}, {"rows": 2}, {"id": 4}, {"head": "ab"}, {"previous": "ab"}):
        assert not replace(it, **changed).is_signed_by(KEY)
