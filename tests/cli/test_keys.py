"""`lifecycle keys`: shown once, listed by name, revoked for good."""

import json
import shlex


def test_standard_output_has_the_key_alone_and_the_rest_goes_to_standard_error(lifecycle):
    told = lifecycle("keys", "create", "ada", "--role", "admin", "--expires", 90)
    assert told.stdout.startswith("al_")
    assert len(told.stdout.split()) == 1
    assert "It is the first" in told.stderr


def test_the_undoing_of_a_new_key_revokes_it(lifecycle):
    said = lifecycle("keys", "create", "ada", "--role", "admin").stderr.splitlines()
    (undo,) = [line.removeprefix("Undo: lifecycle ") for line in said if line.startswith("Undo: ")]
    assert lifecycle(*shlex.split(undo)).exit_code == 0
    (key,) = json.loads(lifecycle("keys", "list", "--json").stdout)["keys"]
    assert key["revokedAt"] is not None


def test_only_the_first_key_closes_the_door(lifecycle):
    lifecycle("keys", "create", "ada", "--role", "admin")
    assert "first" not in lifecycle("keys", "create", "bob", "--role", "read").stderr


def test_the_list_tells_how_each_stands_and_never_the_key(lifecycle):
    text = lifecycle("keys", "create", "ada", "--role", "operate", "--role", "ingest").stdout.strip()
    lifecycle("keys", "revoke", "ada")
    listed = lifecycle("keys", "list").stdout
    assert "ingest, operate" in listed
    assert "revoked" in listed
    assert text.split("_")[2] not in listed + lifecycle("keys", "list", "--json").stdout


def test_without_keys_the_list_says_who_may_ask(lifecycle):
    assert "everybody on this machine" in lifecycle("keys", "list").stdout
    assert json.loads(lifecycle("keys", "list", "--json").stdout)["open"] is True


def test_a_revoked_key_says_that_there_is_no_way_back_and_whether_it_was_the_last(lifecycle):
    lifecycle("keys", "create", "ada", "--role", "admin")
    told = lifecycle("keys", "revoke", "ada").stdout
    assert "It was the last one that was good" in told
    assert "lifecycle keys create ada-2 --role=admin" in told
    assert "nothing changed" in lifecycle("keys", "revoke", "ada").stdout


def test_a_role_that_there_is_not_is_2(lifecycle):
    told = lifecycle("keys", "create", "ada", "--role", "root")
    assert told.exit_code == 2
    assert "'admin'" in told.stderr
