"""Keys in the database: whose one is, how long it is good, and what is kept of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.access import Role, Secret
from lifecycle_core.errors import InvalidInputError, UnauthenticatedError, UnknownKeyError
from lifecycle_core.operations import keys
from lifecycle_core.operations.database import verify

SECRET, OTHER = Secret.made(bytes(range(24))), Secret.made(bytes(range(1, 25)))
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def made(database, act, name="ada", secret=SECRET, **given):
    return keys.create(database, act, name, roles=[Role.OPERATE, Role.INGEST], secret=secret, **given)


def test_a_key_is_known_by_its_text_alone(any_database, act):
    assert not keys.any_made(any_database)
    key = made(any_database, act)
    assert keys.authenticate(any_database, SECRET.text, act.at) == key
    assert keys.any_made(any_database)
    with pytest.raises(UnauthenticatedError, match="unknown"):
        keys.authenticate(any_database, OTHER.text, act.at)


def test_a_key_expires_at_its_instant(database, act):
    made(database, act, expires_in=HOUR)
    keys.authenticate(database, SECRET.text, act.at + HOUR - timedelta(seconds=1))
    with pytest.raises(UnauthenticatedError, match="has expired at 2025-10-07T13:00:00Z"):
        keys.authenticate(database, SECRET.text, act.at + HOUR)


def test_a_revoked_key_is_good_no_more_and_stays_on_record(any_database, act):
    key = made(any_database, act)
    revoked = keys.revoke(any_database, act, "ada")
    assert keys.revoke(any_database, replace(act, at=act.at + HOUR), key.id) == revoked
    with pytest.raises(UnauthenticatedError, match="'ada' was revoked"):
        keys.authenticate(any_database, SECRET.text, act.at)
    assert keys.list_keys(any_database) == [revoked]


def test_two_keys_never_share_a_name(database, act):
    made(database, act)
    with pytest.raises(InvalidInputError, match="has the name 'ada' already"):
        made(database, act, secret=OTHER)


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"name": "a\x1b[31m"}, {"expires_in": timedelta()}, {"expires_in": timedelta(days=4000)}], ids=str
)
def test_what_cannot_be_meant_is_refused(database, act, given):
    with pytest.raises(InvalidInputError):
        made(database, act, **given)
    assert not keys.any_made(database)


def test_an_unknown_name_is_told(database, act):
    with pytest.raises(UnknownKeyError, match="'eve'"):
        keys.revoke(database, act, "eve")


def test_the_last_use_is_kept_to_the_minute(database, act):
    def used(key, seconds):
        keys.note_use(database, replace(act, at=act.at + timedelta(seconds=seconds)), key)
        [found] = keys.list_keys(database)
        return found

    key = used(made(database, act), 1)
    assert key.last_used_at == act.at + timedelta(seconds=1)
    assert used(key, 59).last_used_at == key.last_used_at
    assert used(key, 62).last_used_at == act.at + timedelta(seconds=62)


def test_no_file_of_the_database_has_the_secret(database, act, tmp_path):
    made(database, act)
    keys.revoke(database, act, "ada")
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert SECRET.id.encode() in written
    assert SECRET.text.split("_")[2].encode() not in written


def test_making_and_revoking_are_in_the_audit_log(any_database, act):
    made(any_database, act)
    keys.revoke(any_database, act, "ada")
    found = verify(any_database)
    assert (found.problems, found.audit_rows) == ((), 2)
