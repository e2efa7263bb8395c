"""The running tree anchors the audit log, says so, and says when it cannot."""

import pytest
from sqlalchemy import text

from deployments.supervisor import anchoring
from lifecycle_core.operations import versions
from tasks import context


@pytest.fixture
def log(database, monkeypatch, tmp_path, act, capsys):
    """Anchors a log of one row, and tells what was said."""
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
    context.configure()
    versions.register(context.database(), act, variant="baseline", system_prompt="one")

    def anchored():
        anchoring.anchor()
        return capsys.readouterr().out

    yield anchored
    context.database().close()
    monkeypatch.undo()
    context.configure()


def test_an_anchor_is_kept_and_told_once(log, tmp_path):
    assert log() == f"audit log: {(tmp_path / 'audit-anchors.jsonl').read_text()}"
    assert log() == ""


def test_what_cannot_be_anchored_is_told_and_ends_nothing(log, database):
    log()
    with database.migrate() as connection:
        connection.execute(text("DELETE FROM audit_log"))
    assert log().startswith("audit log: NOT ANCHORED: the audit log cannot be anchored: anchor 1 of ")
