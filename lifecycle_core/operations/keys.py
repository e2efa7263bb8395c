"""Make, list and revoke keys to the API, and tell whose a key is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.access import Key, Role, Secret
from lifecycle_core.conversations import MAX_NAME_CHARACTERS, is_name
from lifecycle_core.errors import DatabaseUnavailableError, InvalidInputError, ToldOnceError, UnauthenticatedError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import answers, keys
from lifecycle_core.store.database import Database

LONGEST: Final = timedelta(days=3650)
"""How long a key may be good that expires at all."""


def create(
    database: Database, act: Provenance, name: str, *, roles: Sequence[Role], secret: Secret, expires_in: timedelta | None = None
) -> Key:
    """Keep a new key, of which `secret` is the text; the caller shows it once, for here only its hash is kept.

    Raises InvalidInputError, and ToldOnceError where it was made under the same idempotency key before.
    """
    if not is_name(name):
        message = f"name is {name[:50]!r}; give 1 to {MAX_NAME_CHARACTERS} printable characters"
        raise InvalidInputError(message, field="name")
    if not roles:
        message = f"a key needs a role; choose of {', '.join(Role)}"
        raise InvalidInputError(message, field="roles")
    if expires_in is not None and not timedelta() < expires_in <= LONGEST:
        message = f"the key would be good for {expires_in}; give up to {LONGEST.days} days, or none at all"
        raise InvalidInputError(message, field="expires")
    key = Key(
        id=secret.id,
        name=name,
        roles=tuple(sorted(set(roles))),
        created_at=act.at,
        created_by=act.by,
        expires_at=act.at + expires_in if expires_in else None,
    )
    with database.write(act) as tx:
        if not answers.claim(tx, act, ("create_key", name, sorted(set(roles)), expires_in)):
            message = (
                f"key {name!r} was made by this request before, and was told then; revoke it, and make another under a new Idempotency-Key"
            )
            raise ToldOnceError(message)
        return keys.add(tx, key, secret)


def revoke(database: Database, act: Provenance, name: str) -> Key:
    """Let the key of that name or id be good no more, at once and for ever; raises UnknownKeyError."""
    with database.write(act) as tx:
        answers.claim(tx, act, ("revoke_key", name))
        return keys.revoke(tx, act, name)


def list_keys(database: Database) -> list[Key]:
    """Every key that was ever made, the newest first."""
    with database.read() as tx:
        return keys.newest(tx)


def any_made(database: Database) -> bool:
    """Whether there ever was a key: from then on nobody may ask without one."""
    with database.read() as tx:
        return keys.any_made(tx)


def authenticate(database: Database, text: str, at: datetime) -> Key:
    """The key that `text` is; raises UnauthenticatedError for one that is none, has expired or was revoked."""
    secret = Secret.parse(text)
    with database.read() as tx:
        key = keys.matching(tx, secret)
    if key is None:
        message = f"key {secret.id} is unknown here; an admin makes one by lifecycle keys create"
        raise UnauthenticatedError(message, field="Authorization")
    expect_usable(key, at)
    return key


def expect_usable(key: Key, at: datetime) -> None:
    """Raise UnauthenticatedError where the key is good no more."""
    if not key.usable(at):
        state = "was revoked" if key.revoked_at is not None else f"has expired at {key.expires_at:%Y-%m-%dT%H:%M:%SZ}"
        message = f"key {key.name!r} {state}; an admin makes another by lifecycle keys create"
        raise UnauthenticatedError(message, field="Authorization")


def note_use(database: Database, act: Provenance, key: Key) -> None:
    """Keep that the key is in use, to the minute; where the database is busy, another time."""
    if key.last_used_at is not None and key.last_used_at + keys.NOTED_EVERY > act.at:
        return
    try:
        with database.write(act) as tx:
            keys.used(tx, key.id, act.at)
    except DatabaseUnavailableError:
        return
