"""Parts of a report on Prefect's pages."""

import pytest

from lifecycle_core.retraining.report.blocks import Items, Section, Table, row
from tasks import artifacts
from tests.core.retraining.report.test_whole import BEGUN

THREE = Table(("a", "b", "c"), (row("1", "<b>", "3"),))
TWO = Table(("a", "b"), (row("1", "2"),))


@pytest.fixture
def left(monkeypatch):
    """What was left: (kind, what Prefect was given) each."""
    made = []
    for kind in ("table", "markdown"):
        monkeypatch.setattr(artifacts, f"create_{kind}_artifact", lambda kind=kind, **it: made.append((kind, it)))
    return made


def of(*blocks):
    return Section(key="evaluation", title="Cases", lead="passed", blocks=blocks)


def test_a_wide_table_is_prefect_s_own_and_what_stands_beside_it_is_told_above(left):
    artifacts.leave(BEGUN, of(THREE, Items(("and this",))))
    [(kind, it)] = left
    assert (kind, it["key"], it["table"]) == ("table", "evaluation", [{"a": "1", "b": "\\<b>", "c": "3"}])
    assert it["description"].startswith("**baseline** · retrain\\_baseline\\_1 · passed  \n[Report](http")
    assert it["description"].endswith("\n\n- and this")


@pytest.mark.parametrize("blocks", [(TWO,), (THREE, TWO), ()], ids=["narrow", "two", "none"])
def test_any_other_part_is_markdown(left, blocks):
    artifacts.leave(BEGUN, of(*blocks))
    [(kind, it)] = left
    assert (kind, it["description"]) == ("markdown", "**baseline** · retrain\\_baseline\\_1 · passed")


def test_a_part_that_is_not_there_yet_leaves_nothing(left):
    artifacts.leave(BEGUN, None)
    assert left == []
