from datetime import UTC, datetime

from lifecycle_core.versions.diff import diff
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
