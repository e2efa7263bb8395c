"""`lifecycle audit`: who changed what, whether it holds, and what can be checked elsewhere."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from deployments.cli.audit_export import COLUMNS

DATABASE, ANCHORS = Path("data/lifecycle.db"), Path("data/audit-anchors.jsonl")
FORMULA = "=HYPERLINK(0)\x1b[31m"


@pytest.fixture
def changed(lifecycle):
    """`lifecycle audit …` where four keys were made and one of them revoked: five rows."""
    for name in "abcd":
        lifecycle("keys", "create", name, "--role", "read")
    lifecycle("keys", "revoke", "a", "--why", FORMULA)
    return lambda *words, stdin=None: lifecycle("audit", *words, stdin=stdin)


def forge(statement):
    with closing(sqlite3.connect(DATABASE)) as other, other:
        other.execute(statement)


def test_the_list_tells_who_changed_what_and_why_without_hostile_bytes(changed):
    told = changed("list", "--subject", "api_keys:", "--limit", 1).stdout
    assert "revoked_by cli:" in told
    assert "=HYPERLINK(0)�[31m" in told


def test_the_list_is_narrowed(changed):
    assert len(json.loads(changed("list", "--json").stdout)["changes"]) == 5
    (it,) = json.loads(changed("list", "--limit", 1, "--json").stdout)["changes"]
    assert len(json.loads(changed("list", "--request", it["requestId"], "--json").stdout)["changes"]) == 1
    assert changed("list", "--by", "nobody").stdout == "No such change is in the audit log\n"
    assert changed("list", "--since", "2025-01-01").exit_code == 2


def test_a_row_is_shown_before_and_after(changed):
    told = changed("show", 5).stdout
    assert "api_keys:" in told
    assert "revoked_by  -       cli:" in told
    assert changed("show", 99).exit_code == 2


def test_an_anchor_is_printed_alone_and_kept(changed):
    said = changed("anchor")
    assert said.exit_code == 0
    assert said.stdout == ANCHORS.read_text()
    assert "it holds 5 rows" in said.stderr
    assert "Nothing was added" in changed("anchor").stderr


def test_an_anchor_may_go_elsewhere_or_only_be_printed(changed):
    changed("anchor", "--to", "elsewhere.jsonl")
    for words in (("--to", "-"), ("--dry-run",)):
        said = changed("anchor", *words)
        assert json.loads(said.stdout)["rows"] == 5
        assert "not kept" in said.stderr
    assert Path("elsewhere.jsonl").exists()
    assert not ANCHORS.exists()


def test_a_sound_log_verifies_and_what_is_not_anchored_is_counted(changed, lifecycle):
    assert "not yet anchored  5\n" in changed("verify").stdout
    changed("anchor")
    lifecycle("keys", "revoke", "b")
    said = changed("verify")
    assert said.exit_code == 0
    assert "not yet anchored  1\nproblems          0\nNext: lifecycle audit anchor\n" in said.stdout


def test_a_log_cut_short_exits_with_5_and_names_the_anchor(changed):
    changed("anchor")
    forge("DELETE FROM audit_log WHERE id = 5")
    said = changed("verify")
    assert said.exit_code == 5
    assert "holds audit row 5, and the log ends at row 4: it was cut short" in said.stdout
    assert json.loads(changed("verify", "--json").stdout)["found"] >= 1
    assert changed("anchor").exit_code == 1


def test_printed_anchors_are_read_from_standard_input(changed):
    line = changed("anchor", "--to", "-").stdout
    assert json.loads(changed("verify", "--anchors", "-", "--json", stdin=f"\n{line}").stdout)["anchoredRows"] == 5
    assert changed("verify", "--anchors", "-", stdin="nonsense").exit_code == 5
    assert changed("verify", "--anchors", "no.jsonl").exit_code == 2


def test_a_key_signs_and_is_never_shown(changed, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_AUDIT_KEY", "a key of chance!")
    from tasks import context

    context.settings.cache_clear()
    signed = changed("anchor").stdout
    assert '"signature":"' in signed
    assert "signatures good" in changed("verify").stdout
    ANCHORS.write_text(signed.replace('"rows":5', '"rows":4'))
    assert "SIGNATURES BAD" in changed("verify").stdout


def test_the_configuration_masks_the_key(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_AUDIT_KEY", "a key of chance!")
    told = lifecycle("config", "show").stdout
    assert "chance" not in told
    assert "***" in told


def test_a_short_key_is_refused_without_telling_it(lifecycle, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_AUDIT_KEY", "short")
    said = lifecycle("audit", "list")
    assert said.exit_code == 2
    assert said.stderr.startswith("LIFECYCLE_AUDIT_KEY has 5 characters; give 16 or more")


def test_an_export_ends_with_its_head_and_verifies_elsewhere(changed):
    changed("anchor")
    assert changed("export", "--output", "log.jsonl").exit_code == 0
    DATABASE.unlink()
    said = changed("verify", "--export", "log.jsonl")
    assert (said.exit_code, "5 rows" in said.stdout) == (0, True)


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda lines: lines[:-1], "the export does not end with its head: it was cut short"),
        (lambda lines: [*lines[:-2], lines[-1]], "the export says that it has 5 rows"),
        (lambda lines: [lines[0].replace('"by":"cli', '"by":"CLI'), *lines[1:]], "audit row 1 (api_keys:"),
        (lambda lines: [lines[0], *lines[2:]], "audit row 3 does not follow"),
        (lambda lines: ["nonsense", *lines], "line 1 of the export is no row of an audit log"),
        (lambda lines: [*lines, lines[0]], "line 7 of the export stands behind its end"),
    ],
)
def test_an_export_that_was_tampered_with_exits_with_5(changed, tamper, told):
    lines = changed("export").stdout.splitlines()
    said = changed("verify", "--export", "-", stdin="\n".join(tamper(lines)))
    assert said.exit_code == 5
    assert told in said.stdout


def test_a_table_for_a_spreadsheet_has_no_formulas(changed):
    header, *rows, end = csv.reader(io.StringIO(changed("export", "--format", "csv").stdout))
    assert tuple(header) == COLUMNS
    assert len(rows) == 5
    assert {row[3] for row in rows} == {"", f"'{FORMULA}"}
    assert (end[0], end[5], end[9]) == ("end", "5 rows", rows[-1][9])


def test_an_export_that_cannot_be_written_leaves_nothing(changed):
    said = changed("export", "--output", "away/log.jsonl")
    assert said.exit_code == 1
    assert "away/log.jsonl cannot be written" in said.stderr
