"""`lifecycle versions`: each change says what it did and how it is undone, and the undoing works."""

import json
import shlex
from pathlib import Path

import pytest

from deployments.wire.versions import VersionWire
from lifecycle_core.operations import versions_asked
from tasks import context

FIRST, SECOND = "Be kind.\nBook tables.\n", "Be kind.\nBook tables and flights.\n"


@pytest.fixture
def two(lifecycle):
    """`lifecycle versions …` where `baseline` has two versions, of which the first is active."""
    for prompt in (FIRST, SECOND):
        lifecycle("versions", "register", "baseline", "--prompt", "-", stdin=prompt)
    lifecycle("versions", "activate", "baseline", 1)
    return lambda *words, stdin=None: lifecycle("versions", *words, stdin=stdin)


def undone(two, said):
    """Type the command that `said` gives for its undoing."""
    (undo,) = [line.removeprefix("Undo: lifecycle versions ") for line in said.stdout.splitlines() if line.startswith("Undo: ")]
    return two(*shlex.split(undo))


def active(two):
    return json.loads(two("active", "baseline", "--json").stdout)["version"]


def test_a_registered_version_is_told_with_the_command_that_activates_it(lifecycle):
    Path("prompt.txt").write_text(FIRST)
    said = lifecycle("versions", "register", "my agent", "--prompt", "prompt.txt")
    assert said.exit_code == 0
    assert "Version 1 of my agent is kept" in said.stdout
    assert "Next: lifecycle versions activate 'my agent' 1\n" in said.stdout
    assert said.stdout.endswith("Audit: 1\n")


def test_what_a_version_is_run_with_and_what_its_author_says_is_kept(lifecycle):
    Path("tools.json").write_text('[{"name": "book"}]')
    words = ("--description", "Flights", "--change", "one", "--change", "two", "--model", "m", "--parameters", '{"temperature": 0.2}')
    said = lifecycle("versions", "register", "baseline", "--prompt", "-", *words, "--tools", "tools.json", "--json", stdin=FIRST)
    told = json.loads(said.stdout)
    assert (told["model"], told["parameters"], told["tools"]) == ("m", {"temperature": 0.2}, [{"name": "book"}])
    assert (told["metadata"]["description"], told["metadata"]["changes"]) == ("Flights", ["one", "two"])
    assert told["metadata"]["createdBy"].startswith("cli:")


def test_the_same_content_again_is_the_same_version(two):
    said = two("register", "baseline", "--prompt", "-", stdin=SECOND)
    assert "Version 2 of baseline has this content already" in said.stdout
    assert json.loads(two("list", "--json").stdout)["variants"][0]["totalVersions"] == 2


def test_an_activation_tells_what_it_replaced_and_its_undoing_brings_that_back(two):
    said = two("activate", "baseline", 2, "--why", "books flights")
    assert "Version 2 of baseline is active in the place of version 1" in said.stdout
    assert active(two) == 2
    assert undone(two, said).exit_code == 0
    assert active(two) == 1


def test_a_rollback_tells_where_it_went_and_its_undoing_goes_forth_again(two):
    two("activate", "baseline", 2)
    said = two("rollback", "baseline")
    assert "Version 1 of baseline is active again in the place of version 2" in said.stdout
    assert undone(two, said).exit_code == 0
    assert active(two) == 2


def test_a_first_activation_has_nothing_to_go_back_to_and_says_so(lifecycle):
    lifecycle("versions", "register", "baseline", "--prompt", "-", stdin=FIRST)
    said = lifecycle("versions", "activate", "baseline", 1)
    assert "Version 1 of baseline is active, the first one that is\nNo undo: no other version was active before\n" in said.stdout
    refused = lifecycle("versions", "rollback", "baseline")
    assert refused.exit_code == 1
    assert refused.stderr == "variant 'baseline' had no other version active before version 1; activate one by its number\n"


def test_what_is_active_already_changes_nothing(two):
    assert "is active already" in two("activate", "baseline", 1).stdout
    assert len(json.loads(two("history", "baseline", "--json").stdout)["activations"]) == 1


def test_a_moved_tag_goes_back_with_its_description(two):
    two("tag", "baseline", 1, "good", "--description", "the best so far")
    said = two("tag", "baseline", 2, "good")
    assert "and version 1 has lost it" in said.stdout
    undone(two, said)
    tags = {it["version"]: it["tags"] for it in json.loads(two("history", "baseline", "--json").stdout)["versions"]}
    assert tags[1]["good"] == "the best so far"
    assert "good" not in tags[2]


def test_the_reason_is_kept(two):
    two("activate", "baseline", 2, "--why", "books flights")
    assert "books flights" in two("history", "baseline").stdout


def test_the_active_prompt_comes_out_to_the_letter(two):
    assert two("active", "baseline", "--prompt").stdout == FIRST


def test_the_active_version_is_told_in_facts(two):
    assert "version       1 of baseline\n" in two("active", "baseline").stdout


def test_json_is_what_the_api_answers(two):
    said = two("active", "baseline", "--json")
    told = VersionWire.of(versions_asked.active(context.database(), "baseline"))
    assert json.loads(said.stdout) == {"schemaVersion": 1} | json.loads(told.model_dump_json(by_alias=True))


def test_a_diff_shows_the_lines_that_changed_and_no_escape_byte_in_a_pipe(two):
    said = two("diff", "baseline", 1, 2)
    assert "-Book tables.\n+Book tables and flights.\n" in said.stdout
    assert "\x1b" not in said.stdout


def test_equal_prompts_with_another_model_differ_in_the_model_alone(two):
    two("register", "baseline", "--prompt", "-", "--model", "other", stdin=FIRST)
    said = two("diff", "baseline", 1, 3)
    assert said.stdout == 'The prompts are the same to the letter\nmodel: none -> "other"\n'


def test_a_diff_by_word_marks_what_went_and_what_came(two):
    assert two("diff", "baseline", 1, 2, "--words").stdout.strip().endswith("Book tables{+ and flights+}.")


def test_a_tag_is_taken_off_and_its_undoing_puts_it_back(two):
    two("tag", "baseline", 1, "good", "--description", "the best so far")
    said = two("untag", "baseline", 1, "good")
    assert "has the tag 'good' no more" in said.stdout
    undone(two, said)
    assert json.loads(two("show", "baseline", 1, "--json").stdout)["tags"]["good"] == "the best so far"


def test_a_tag_that_nobody_had_is_undone_by_taking_it_off(two):
    undone(two, two("tag", "baseline", 1, "good"))
    assert "good" not in json.loads(two("show", "baseline", 1, "--json").stdout)["tags"]


def test_a_change_that_insists_on_another_etag_is_refused(two):
    refused = two("activate", "baseline", 2, "--if-match", "0" * 16)
    assert (refused.exit_code, active(two)) == (1, 1)
    etag = json.loads(two("active", "baseline", "--json").stdout)["etag"]
    assert two("activate", "baseline", 2, "--if-match", etag).exit_code == 0


def test_a_dry_run_of_a_rollback_tells_what_it_would_do_and_does_nothing(two):
    two("activate", "baseline", 2, "--why", "flights")
    said = two("rollback", "baseline", "--dry-run")
    assert "A rollback would make version 1 of baseline active in the place of version 2" in said.stdout
    assert said.stderr == "Dry run: nothing was changed\n"
    assert active(two) == 2


def test_a_version_activated_by_hand_has_no_evidence(two):
    assert "no evidence: by hand" in two("show", "baseline", 1).stdout
    assert "it was never active" in two("show", "baseline", 2).stdout


def test_a_comparison_of_traffic_warns_that_it_is_not_randomised(watched):
    for prompt in (FIRST, SECOND):
        watched("versions", "register", "baseline", "--prompt", "-", stdin=prompt)
    said = watched("versions", "compare", "baseline", 1, 2)
    assert said.exit_code == 0
    assert ", n = 840" in said.stdout
    assert "unknown" in said.stdout
    assert "Note: the two versions served at different times" in said.stdout


def test_all_variants_are_listed_with_their_versions_and_traffic(watched):
    assert watched("versions", "list").stdout.splitlines()[-1].split() == ["baseline", "-", "-", "0", "840", "2025-10-07", "11:48Z"]


def test_an_imported_variant_without_versions_is_told_how_to_register_one(watched):
    said = watched("versions", "history", "baseline")
    assert said.stdout == "No version of baseline is registered\nNext: lifecycle versions register baseline --prompt FILE\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["activate", "baseline", "9"], "variant 'baseline' has no version 9; its versions are 1 to 2"),
        (["activate", "baseline", "0"], "0 is not in the range"),
        (["activate", "baseline", "-1"], "No such option '-1'"),
        (["activate", "baseline", "two"], "'two' is not a valid integer range"),
        (["activate", "baselin", "1"], "did you mean 'baseline'?"),
        (["rollback", "baselin"], "did you mean 'baseline'?"),
        (["active", "baselin"], "did you mean 'baseline'?"),
        (["diff", "baseline", "1", "9"], "has no version 9"),
        (["compare", "baseline", "1", "9"], "has no version 9"),
        (["history", "baseline", "--limit", "-1"], "-1 is not in the range 1<=x<=1000"),
        (["tag", "baseline", "2", "production"], "activate it, the tag goes with it"),
        (["tag", "baseline", "2", "rollback"], "a rollback would not bring version 2 of 'baseline' back"),
        (["tag", "baseline", "2", ""], "tag is ''; give 1 to 200 printable characters"),
        (["register", "baseline", "--prompt", "nowhere.txt"], "No such file or directory"),
        (["register", "baseline", "--prompt", "latin.txt"], "prompt is not UTF-8: byte 4 is 0xe9; save it as UTF-8"),
        (["register", "baseline", "--prompt", "long.txt"], "prompt is larger than 1,000,000 characters"),
        (["register", "baseline", "--prompt", "empty.txt"], "system_prompt is empty; give the prompt that the agent runs with"),
        (["register", "baseline", "--prompt", "new.txt", "--parameters", "{"], "parameters is not JSON"),
        (["register", "baseline", "--prompt", "new.txt", "--parameters", "[1]"], "give a JSON object"),
        (["register", "baseline", "--prompt", "new.txt", "--parameters", '{"a": NaN}'], "give plain values, no NaN"),
        (["register", "baseline", "--prompt", "new.txt", "--parameters", r'{"a": "\ud800"}'], "parameters has half a character"),
        (["activate", "baseline", "2", "--why", "x" * 1001], "reason has 1,001 characters"),
        (["register", "baseline", "--prompt", "new.txt", "--parameters", "[" * 100_000], "it is nested too deeply"),
        (["register", "baseline", "--prompt", "new.txt", "--tools", "new.txt"], "tools is not JSON"),
        (["register", "", "--prompt", "new.txt"], "variant is ''; give 1 to 200 printable characters"),
    ],
    ids=lambda it: " ".join(it)[:60] if isinstance(it, list) else "",
)
def test_bad_input_is_one_sentence_exits_with_2_and_changes_nothing(two, words, told):
    Path("latin.txt").write_bytes("café".encode("latin-1"))
    Path("long.txt").write_text("x" * 4_000_001)
    Path("empty.txt").write_text(" \n")
    Path("new.txt").write_text("Be new.")
    before = two("history", "baseline", "--json").stdout
    said = two(*words)
    assert (said.exit_code, said.stdout) == (2, "")
    assert told in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert two("history", "baseline", "--json").stdout == before
