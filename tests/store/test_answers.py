"""Answers are kept with the change that they tell of, and no longer than a day."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlmodel import select

from lifecycle_core.store import answers
from lifecycle_core.store.tables import AnswerRow


@dataclass(frozen=True)
class Answer:
    """An answer."""

    number: int


def keys(database):
    with database.read() as tx:
        return list(tx.exec(select(AnswerRow.key)))


def ask(database, act, key):
    keyed = replace(act, idempotency_key=key)
    with database.write(keyed) as tx:
        return answers.once(tx, keyed, ("count", 1), Answer, lambda: Answer(1))


def test_without_a_key_nothing_is_kept(any_database, act):
    assert ask(any_database, act, None) == Answer(1)
    assert keys(any_database) == []


def test_an_answer_is_lost_with_its_change(any_database, act):
    keyed = replace(act, idempotency_key="k")

    def killed():
        with any_database.write(keyed) as tx:
            answers.once(tx, keyed, (), Answer, lambda: Answer(1))
            tx.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert keys(any_database) == []


def test_what_is_older_than_a_day_is_deleted_in_passing(any_database, act):
    for hours, key in ((0, "old"), (1, "younger"), (24, "new")):
        ask(any_database, replace(act, at=act.at + timedelta(hours=hours)), key)
    assert sorted(keys(any_database)) == ["new", "younger"]
