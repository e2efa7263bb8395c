from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.store import quarantine
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected

BAD = Rejected("logs/traffic.jsonl", 7, Refusal("cost_usd", "-0.5", "it must be 0 or more"), '{"cost_usd": -0.5}')


def add(database, act, *rejected: Rejected):
    with database.write(act) as tx:
        return quarantine.add(tx, rejected, act.at)


def newest(database, *given: object):
    with database.read() as tx:
        return quarantine.newest(tx, *given)


def count(database):
    with database.read() as tx:
        return quarantine.count(tx)


def test_a_refused_record_is_kept_with_its_reason(any_database, act):
    add(any_database, act, BAD)
    (it,) = newest(any_database, 10)
    assert (it.source, it.line, it.field, it.content, it.received_at) == (BAD.source, 7, "cost_usd", BAD.content, act.at)
    assert it.reason == "cost_usd is -0.5; it must be 0 or more"


def test_the_same_record_again_is_the_same(any_database, act):
    assert add(any_database, act, BAD, BAD) == 1
    assert add(any_database, act, BAD) == 0
    assert count(any_database) == 1


def test_equal_records_of_files_of_one_name_in_other_folders_are_others(any_database, act):
    assert add(any_database, act, BAD, replace(BAD, source="elsewhere/traffic.jsonl")) == 2


@pytest.mark.parametrize(("source", "dropped"), [(BAD.source, 2), ("elsewhere/traffic.jsonl", 1), ("nowhere.jsonl", 0), (None, 3)])
def test_the_records_of_a_source_or_all_are_let_go_of_and_counted(any_database, act, source, dropped):
    add(any_database, act, BAD, replace(BAD, line=8), replace(BAD, source="elsewhere/traffic.jsonl"))
    with any_database.write(act) as tx:
        assert quarantine.drop(tx, source) == dropped
    assert count(any_database) == 3 - dropped


def test_equal_records_on_other_lines_are_others(any_database, act):
    assert add(any_database, act, *(replace(BAD, line=line) for line in range(1200))) == 1200


def test_the_newest_come_first_and_by_line(any_database, act):
    add(any_database, act, replace(BAD, line=3), replace(BAD, line=2))
    add(any_database, replace(act, at=act.at + timedelta(hours=1)), replace(BAD, line=9))
    assert [it.line for it in newest(any_database, 2)] == [9, 2]
    assert newest(any_database, 10, "other.jsonl") == []
