"""`lifecycle cases`: added, imported, listed, run, removed, brought back, and how tools are stood in for."""

import json
import shlex

import pytest

from lifecycle_core.operations import cases, versions
from lifecycle_core.simulation import prompts
from tasks import context
from tests.retrainable import ready

GOAL = "You are Jane Roe. You want a deep cleaning on Friday, between 16:00 and 19:00."


@pytest.fixture
def of_a(lifecycle):
    """`lifecycle cases …` with a variant "a" of two versions, the first of which has a gap and is active."""
    database, act = context.database(), context.act("test")
    for prompt in (prompts.GAP, prompts.MENDED):
        versions.register(database, act, variant="a", system_prompt=prompt)
    versions.activate(database, act, "a", 1)
    return lambda *words, **more: lifecycle("cases", *words, **more)


def add(of_a, name="late", *more):
    return of_a("add", "a", name, "--goal", GOAL, "--taken", "Friday 16:00", "--calls", "check", "--calls", "book", *more)


def names():
    return [it.case.name for it in cases.list_cases(context.database(), "a")]


def undo(lifecycle, said):
    [line] = [it for it in said.stdout.splitlines() if it.startswith("Undo: ")]
    return lifecycle(*shlex.split(line.removeprefix("Undo: lifecycle ")))


def test_a_case_is_added_masked_and_each_undo_that_is_printed_undoes_it(of_a, lifecycle):
    said = add(of_a)
    assert (said.exit_code, "1 case of a is kept" in said.stdout, "Roe" in said.stdout) == (0, True, False)
    removed = undo(lifecycle, said)
    assert names() == []
    back = undo(lifecycle, removed)
    assert names() == ["late"]
    undo(lifecycle, back)
    assert names() == []


def test_a_dry_run_keeps_nothing(of_a):
    said = add(of_a, "late", "--dry-run")
    assert (said.exit_code, "Dry run" in said.stderr, names()) == (0, True, [])


def test_a_file_is_imported_all_or_none_and_its_faults_are_told_by_line(of_a, tmp_path):
    file = tmp_path / "cases.jsonl"
    file.write_text('{"name": "one", "goal": "A clean."}\n\n{"name": "two", "goal": "A clean.", "neverCalls": ["book"]}\n')
    assert of_a("import", "a", file).exit_code == 0
    assert of_a("import", "a", file).stdout.splitlines()[1] == "  there already: one, two"
    file.write_text('{"name": "three", "goal": "A clean."}\n{"name": "four", "goal": ""}\n')
    said = of_a("import", "a", file)
    assert (said.exit_code, said.stderr.startswith("line 2: goal: "), names()) == (2, True, ["one", "two"])


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"name": "x"}', '{"name": "x", "goal": "y", "taken": ["Sunday"]}', "\x00"])
def test_a_line_that_cannot_be_meant_is_2(of_a, tmp_path, line):
    file = tmp_path / "cases.jsonl"
    file.write_text(f"{line}\n")
    said = of_a("import", "a", file)
    assert (said.exit_code, said.stderr.startswith("line 1: ")) == (2, True)


@pytest.mark.parametrize("words", [("import", "a"), ("add", "a", "x"), ("remove", "a"), ("remove", "a", "nobody"), ("list", "b")])
def test_what_cannot_be_meant_is_2(of_a, words):
    assert of_a(*words).exit_code == 2


def test_they_are_listed_with_the_built_in_ones(of_a):
    add(of_a)
    rows = of_a("list", "a").stdout.splitlines()[2:]
    assert [row.split()[0] for row in rows[:2]] == ["late", "built-in-plain"]
    told = json.loads(of_a("list", "a", "--json").stdout)
    assert (told["cases"][0]["calls"], len(told["builtIn"])) == (["check", "book"], 10)


def test_a_run_exits_by_whether_the_version_passes(of_a):
    add(of_a)
    gap, mended = (of_a("run", "a", "--version", number, "--runs", 1) for number in (1, 2))
    assert (gap.exit_code, mended.exit_code) == (5, 0)
    assert "version 1 does not pass" in gap.stdout
    assert "a scripted model served" in mended.stdout


def test_a_run_against_another_version_tells_the_gain_with_its_interval_and_the_noise(of_a):
    said = of_a("run", "a", "--version", 2, "--against", 1)
    assert said.exit_code == 0
    assert "gain" in said.stdout
    assert "the other's own runs lie" in said.stdout
    told = json.loads(of_a("run", "a", "--version", 2, "--against", 1, "--json").stdout)
    low, high = told["compared"]["gainInterval"]
    assert low < told["compared"]["gain"] < high
    assert (told["spent"]["calls"], told["reused"]) == (0, 20)


def test_how_tools_are_stood_in_for_is_shown_and_what_is_missing(of_a):
    tools = [{"type": "function", "function": {"name": "send_survey", "parameters": {}}}]
    versions.register(context.database(), context.act("test"), variant="a", system_prompt="x", tools=tools)
    assert "send_survey  nothing" in of_a("tools", "a", "--version", 3).stdout
    assert json.loads(of_a("tools", "a", "--json").stdout)["services"] == ["standard", "deep", "move-out", "office"]


@pytest.mark.slow
def test_failures_are_mined_masked(lifecycle):
    ready(context.database(), "a")
    said = lifecycle("cases", "import", "a", "--mined", 2)
    assert (said.exit_code, said.stdout.splitlines()[0]) == (0, "2 cases of a are kept")
    assert all("<NAME_" in it.case.goal and it.conversation_id for it in cases.list_cases(context.database(), "a"))
