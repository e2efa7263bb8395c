import difflib
from datetime import UTC, datetime

import pytest

from lifecycle_core.versions import diff as difference
from lifecycle_core.versions.diff import Op, diff, words
from lifecycle_core.versions.version import Version, content_hash


def version(number, prompt, **others: object):
    return Version(
        variant_name="baseline",
        version=number,
        system_prompt=prompt,
        content_hash=content_hash(prompt, None, {}, ()),
        created_at=datetime(2025, 10, 7, tzinfo=UTC),
        **others,
    )


def test_the_length_grows_by_what_was_added():
    assert diff(version(1, "Be kind."), version(2, "Be kind. Name prices.")).length_diff == 13


def test_the_prompts_are_compared_by_line():
    found = diff(version(1, "Be kind.\nBook."), version(2, "Be kind.\nName prices.\nBook."))
    assert found.unified == ("--- version 1", "+++ version 2", "@@ -1,2 +1,3 @@", " Be kind.", "+Name prices.", " Book.")


def test_equal_prompts_have_an_empty_diff():
    found = diff(version(1, "Be kind."), version(2, "Be kind.", model="gpt-5"))
    assert (found.same_prompt, found.unified) == (True, ())


def test_what_it_is_run_with_is_compared_too():
    first, second = version(1, "Be kind.", tools=[]), version(2, "Be kind.", model="gpt-5", parameters={"temperature": 0}, tools=())
    assert diff(first, second).run_with == ("model", "parameters")


def test_the_authors_changes_stand_beside_each_version():
    found = diff(version(1, "a"), version(2, "b", metadata={"changes": ["Names prices", "Asks once"]}))
    assert (found.version1.changes, found.version2.changes) == ((), ("Names prices", "Asks once"))


def test_changes_of_another_shape_are_left_out():
    assert diff(version(1, "a"), version(2, "b", metadata={"changes": "all of it"})).version2.changes == ()


MEANT = [
    ("Be kind.\nBook.", "Be very kind.\nBook."),
    ("", "Be kind."),
    ("a b\nc\n", "a c\n\nb"),
    (" ".join(f"old{it}" for it in range(3000)), " ".join(f"new{it}" for it in range(3000))),
]


@pytest.mark.parametrize(("before", "after"), MEANT, ids=["a word", "from nothing", "lines", "every word"])
def test_pieces_make_both_prompts_again(before, after):
    pieces = words(before, after)
    assert "".join(it.text for it in pieces if it.op is not Op.INSERT) == before
    assert "".join(it.text for it in pieces if it.op is not Op.DELETE) == after


def test_a_line_whose_every_word_was_rewritten_is_one_change_and_not_one_for_each_space():
    assert [it.op for it in words(*MEANT[-1])] == [Op.DELETE, Op.INSERT]


def test_a_word_that_both_have_by_chance_is_told_with_the_change_around_it():
    (gone, come) = words("Always greet the customer warmly", "Never keep the caller waiting")
    assert (gone.text, come.text) == ("Always greet the customer warmly", "Never keep the caller waiting")


def test_a_phrase_that_was_kept_between_small_changes_stays_told_as_kept():
    kept = [it.text for it in words("at 9 o'clock sharp on 3 May", "at 8 o'clock sharp on 4 May") if it.op is Op.EQUAL]
    assert kept == ["at ", " o'clock sharp on ", " May"]


def test_past_the_limit_of_pieces_all_between_the_common_ends_is_one_change(monkeypatch):
    monkeypatch.setattr(difference, "MOST_PIECES", 4)
    told = [(it.op, it.text) for it in words("a kept b kept c", "a kept d kept c")]
    assert told == [(Op.EQUAL, "a kept "), (Op.DELETE, "b"), (Op.INSERT, "d"), (Op.EQUAL, " kept c")]
    pieces = words("Kept. x Kept too. y Kept as well.", "Kept. 1 Kept too. 2 Kept as well.")
    assert [it.text for it in pieces] == ["Kept. ", "x Kept too. y", "1 Kept too. 2", " Kept as well."]


@pytest.mark.parametrize("lines", [(1, 2), (5, 6), (1, 3, 30)], ids=str)
def test_the_diff_by_line_is_written_as_difflib_writes_one(lines):
    before = [f"line {it}" for it in range(40)]
    after = [f"{it} anew" if place in lines else it for place, it in enumerate(before)]
    expected = difflib.unified_diff(before, after, "version 1", "version 2", lineterm="")
    assert list(diff(version(1, "\n".join(before)), version(2, "\n".join(after))).unified) == list(expected)


def test_lines_that_were_only_added_or_only_taken_are_told_as_difflib_tells_them():
    for before, after in (([], ["a"]), (["a"], []), (["a"], ["a", "b"]), (["a", "b", "c"], ["c"])):
        expected = difflib.unified_diff(before, after, "version 1", "version 2", lineterm="")
        assert list(diff(version(1, "\n".join(before)), version(2, "\n".join(after))).unified) == list(expected)
