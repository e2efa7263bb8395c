"""The audit log asked, held against its anchors, and anchored."""

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from lifecycle_core.access import RANDOM_BYTES, Role, Secret
from lifecycle_core.anchors import Anchor, Signatures, read
from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import AuditBrokenError, IdempotencyKeyReusedError, SetupError, UnknownAuditRowError
from lifecycle_core.operations import audit, keys, retraining, traffic, versions
from lifecycle_core.operations.database import downgrade, rehearsed, upgrade
from lifecycle_core.operations.database import verify as verify_database
from lifecycle_core.store.tables import AuditRow
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected

KEY = b"a key of chance!"
BAD = Rejected("traffic.jsonl", 7, Refusal(None, "nonsense", "it must be an object"), "nonsense")


def change(database, act, names="abcdefgh"):
    """Make keys: each is one row."""
    for name in names:
        secret = Secret.made(hashlib.sha256(name.encode()).digest()[:RANDOM_BYTES])
        keys.create(database, act, name, roles=[Role.READ], secret=secret)
    return database


@pytest.fixture
def changed(database, act):
    return change(database, act)


@pytest.fixture
def changed_anywhere(any_database, act):
    return change(any_database, act)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "anchors.jsonl"


def forge(database, *statements):
    """Change the database past everything that guards it."""
    with database.migrate() as connection:
        for statement in statements:
            connection.execute(text(statement) if isinstance(statement, str) else statement)


def verified(database, file, key=None):
    return audit.verify(database, audit.read_anchors(file, key))


def test_an_anchor_holds_all_rows_up_to_now(changed_anywhere, act, file):
    made = audit.anchor(changed_anywhere, act, file, None)
    found = verified(changed_anywhere, file)
    assert (made.appended, made.anchor.rows, made.anchor.head) == (True, found.rows, found.head)
    assert (found.problems, found.not_anchored, found.last_anchor) == ((), 0, made.anchor)


def test_rows_after_the_last_anchor_are_counted(changed, act, file):
    held = audit.anchor(changed, act, file, None).anchor.rows
    change(changed, act, ["three"])
    found = verified(changed, file)
    assert (found.problems, found.anchored_rows, found.not_anchored) == ((), held, found.rows - held)
    assert found.not_anchored > 0


def test_without_an_anchor_no_row_is_anchored(changed, file):
    found = verified(changed, file)
    assert (found.anchors, found.not_anchored, found.last_anchor) == (0, found.rows, None)


def test_each_anchor_names_the_one_before(changed, act, file):
    first = audit.anchor(changed, act, file, KEY).anchor
    second = audit.anchor(change(changed, act, ["three"]), act, file, KEY).anchor
    assert second.previous == first.digest
    assert [Anchor.parse(line) for line in file.read_text().splitlines()] == [first, second]
    assert verified(changed, file, KEY).signatures is Signatures.GOOD


def test_where_nothing_was_added_the_last_anchor_is_the_answer(changed, act, file):
    first = audit.anchor(changed, act, file, None)
    again = audit.anchor(changed, replace(act, at=act.at + timedelta(hours=1)), file, None)
    assert again == replace(first, appended=False)
    assert len(file.read_text().splitlines()) == 1


def test_an_empty_log_may_be_anchored_and_grow(database, act, file):
    assert audit.anchor(database, act, file, None).appended is False or file.exists()
    audit.anchor(change(database, act), act, file, None)
    assert verified(database, file).not_anchored == 0


def test_the_file_is_its_owners_alone(changed, act, file):
    audit.anchor(changed, act, file, None)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("how", ["printed only", "in a dry run"])
def test_what_is_only_tried_is_not_kept(changed, act, file, how):
    if how == "printed only":
        made = audit.anchor(changed, act, file, None, keep=False)
    else:
        with rehearsed(changed) as trying:
            made = audit.anchor(trying, replace(act, dry_run=True), file, None)
    assert made.appended
    assert not file.exists()


def test_the_same_request_again_is_answered_with_the_same_anchor(changed_anywhere, act, file):
    keyed = replace(act, idempotency_key="k")
    first = audit.anchor(changed_anywhere, keyed, file, None)
    change(changed_anywhere, act, ["three"])
    assert audit.anchor(changed_anywhere, keyed, file, None) == first
    assert len(file.read_text().splitlines()) == 1
    with pytest.raises(IdempotencyKeyReusedError):
        traffic.ingest(changed_anywhere, keyed, [])


def test_anchors_made_at_once_follow_each_other(changed, act, file):
    def work(number):
        audit.anchor(change(changed, act, [f"p{number}"]), act, file, None)

    workers = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for it in workers:
        it.start()
    for it in workers:
        it.join()
    assert verified(changed, file).problems == ()


@pytest.mark.parametrize("tamper", ["DELETE FROM audit_log WHERE id > 3", "UPDATE audit_log SET hash = 'ab' WHERE id = 8"])
def test_a_log_that_does_not_follow_from_the_last_anchor_is_not_anchored(changed_anywhere, act, file, tamper):
    audit.anchor(changed_anywhere, act, file, None)
    before = file.read_text()
    forge(changed_anywhere, tamper)
    with pytest.raises(AuditBrokenError, match=r"cannot be anchored: .*see lifecycle audit verify"):
        audit.anchor(changed_anywhere, act, file, None)
    assert file.read_text() == before


def test_a_row_taken_out_before_the_last_anchor_is_seen_by_the_count(changed, act, file):
    audit.anchor(changed, act, file, None)
    forge(changed, "DELETE FROM audit_log WHERE id = 2")
    with pytest.raises(AuditBrokenError, match="the last anchor counts 8 rows up to audit row 8; there are 7"):
        audit.anchor(changed, act, file, None)


def test_nothing_is_appended_to_a_file_that_was_tampered_with(changed, act, file):
    audit.anchor(changed, act, file, None)
    file.write_text(file.read_text().replace('"rows":8', '"rows":7'))
    change(changed, act, ["three"])
    with pytest.raises(AuditBrokenError, match="counts 7 rows"):
        audit.anchor(changed, act, file, None)
    file.write_text("nonsense\n")
    with pytest.raises(AuditBrokenError, match="line 1 of the anchors was damaged"):
        audit.anchor(changed, act, file, None)


def test_a_key_refuses_to_go_on_after_an_unsigned_anchor(changed, act, file):
    audit.anchor(changed, act, file, None)
    with pytest.raises(AuditBrokenError, match="is not signed"):
        audit.anchor(changed, act, file, KEY)


def test_a_folder_that_is_not_there_is_told_with_a_remedy(changed, act, tmp_path):
    with pytest.raises(SetupError, match="name another file: LIFECYCLE_AUDIT_ANCHORS"):
        audit.anchor(changed, act, tmp_path / "away" / "anchors.jsonl", None)


def test_a_log_cut_short_with_its_tables_is_told_by_the_anchor_alone(changed_anywhere, act, file):
    change(changed_anywhere, act, ["three"])
    audit.anchor(changed_anywhere, act, file, None)
    forge(changed_anywhere, "DELETE FROM audit_log WHERE id > 8", "DELETE FROM api_keys WHERE name = 'three'")
    assert audit.verify(changed_anywhere, read([], None)).problems == ()
    found = verified(changed_anywhere, file)
    assert found.problems == ("anchor 1 of 2025-10-07T12:00:00Z holds audit row 9, and the log ends at row 8: it was cut short",)
    assert found.not_anchored == 8


def test_a_hundred_thousand_problems_are_counted_and_the_first_told(changed, monkeypatch, file):
    monkeypatch.setattr(audit, "MOST_PROBLEMS", 2)
    forge(changed, update(AuditRow).values(by="eve"))
    found = verified(changed, file)
    assert (len(found.problems), found.found) == (2, 8)


def test_the_newest_come_first_and_in_pages(changed_anywhere):
    first = audit.newest(changed_anywhere, audit.Asked(), 4)
    rest = audit.newest(changed_anywhere, audit.Asked(), 100, first[-1].number)
    assert [it.number for it in [*first, *rest]] == list(range(8, 0, -1))


def test_changes_are_asked_for_by_subject_actor_request_and_time(any_database, act):
    versions.register(any_database, replace(act, request_id="r-1"), variant="100%", system_prompt="one")
    versions.register(any_database, replace(act, by="ada", at=act.at + timedelta(hours=1)), variant="100x", system_prompt="one")

    def subjects(**asked):
        return [it.subject for it in audit.newest(any_database, audit.Asked(**asked), 10)]

    assert subjects() == ["model_versions:100x/1", "model_versions:100%/1"]
    for asked in ({"subject": "model_versions:100%"}, {"by": "test"}, {"request_id": "r-1"}):
        assert subjects(**asked) == ["model_versions:100%/1"]
    assert subjects(since=act.at + timedelta(minutes=1)) == subjects(by="ada") == ["model_versions:100x/1"]


def test_a_row_that_is_not_there_is_told(database):
    with pytest.raises(UnknownAuditRowError, match="no row 7"):
        audit.change(database, 7)


def test_an_export_verifies_without_its_database(changed_anywhere, act, file):
    audit.anchor(changed_anywhere, act, file, None)
    exported = list(audit.exported(changed_anywhere))
    anchors = audit.read_anchors(file, None)
    assert audit.verify_export(exported, anchors).found == 0
    assert audit.verify_export([exported[0], *exported[2:]], anchors).found == 1
    assert "was cut short" in audit.verify_export(exported[:-1], anchors).problems[0]


def test_an_export_since_an_instant_is_a_part_of_the_chain_without_a_gap(changed, act, file):
    later = replace(act, at=act.at + timedelta(hours=1))
    change(change(changed, later, ["three"]), act, ["four"])
    audit.anchor(changed, later, file, None)
    exported = list(audit.exported(changed, later.at))
    assert exported[0].number == 9
    assert len(exported) == 2
    assert audit.verify_export(exported, audit.read_anchors(file, None)).found == 0
    assert list(audit.exported(changed, later.at + timedelta(hours=1))) == []


def test_a_dropped_quarantine_is_a_row(any_database, act):
    traffic.ingest(any_database, act, [], [BAD])
    traffic.drop_quarantined(any_database, act, "nothing.jsonl")
    traffic.drop_quarantined(any_database, act, "traffic.jsonl")
    (it,) = audit.newest(any_database, audit.Asked(), 10)
    assert (it.subject, it.before, it.after) == ("quarantine:traffic.jsonl", {"records": 1}, {"records": 0})
    assert verify_database(any_database).problems == ()


def test_a_schema_taken_back_and_brought_up_is_two_rows(changed, act):
    downgrade(changed, "0004", act)
    upgrade(changed, act)
    up, down = audit.newest(changed, audit.Asked(subject="schema"), 10)
    assert (down.before, down.after) == ({"revision": "0010"}, {"revision": "0004"})
    assert (up.before, up.after) == ({"revision": "0004"}, {"revision": "0010"})


def test_the_making_of_a_database_is_no_row(opened, tmp_path, act):
    it = opened(f"sqlite:///{tmp_path}/new.db")
    upgrade(it, act)
    assert audit.newest(it, audit.Asked(), 10) == []


def test_no_customers_words_are_in_the_log(database, act):
    secret = "my number is 555-0199"
    spoken = [
        Conversation(
            id=f"c{number}",
            variant="baseline",
            version=1,
            ended_at=act.at - timedelta(hours=number + 1),
            booked=number % 4 > 0,
            goal=secret,
            customer_id=secret,
            messages=({"role": "user", "content": secret},),
            errors=({"tool": "calendar", "message": secret},),
        )
        for number in range(60)
    ]
    traffic.ingest(database, act, spoken)
    for prompt in ("one", "two"):
        it = versions.register(database, act, variant="baseline", system_prompt=prompt)
        versions.activate(database, act, "baseline", it.version)
    versions.roll_back(database, act, "baseline")
    retraining.begin(database, act, "baseline", "k")
    assert secret not in repr(list(audit.exported(database)))
