"""What every command shows in the same way, on terminals of any width."""

from io import StringIO

import pytest
from rich.console import Console

from deployments.cli.shown import table, tell


@pytest.mark.parametrize("columns", [80, 40, 20])
def test_a_narrow_terminal_cuts_nothing_off_a_table(columns):
    page = StringIO()
    Console(file=page, width=columns).print(table(("id", "found"), [("z" * 90, "2025-10-07 12:00Z")]))
    said = page.getvalue()
    assert said.count("z") == 90
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= columns


def test_in_a_pipe_a_sentence_is_one_line(capsys):
    tell(["word " * 100])
    assert capsys.readouterr().out.count("\n") == 1


def test_on_a_terminal_a_sentence_is_broken_between_words_and_indented(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    tell(["Note: " + "word " * 20])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert all(it.startswith("    word") for it in lines[1:])
    assert len(lines) > 1
