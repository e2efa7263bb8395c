"""Who may ask for what: roles, and keys that carry them.

1. A key is `al_<id>_<secret><check>`: 8 characters that name it, 26 of chance (128 bits and more), 6 that betray a mistyped one.
2. Only the hash of its secret is kept; the key itself is shown once.
3. A key that has expired or was revoked is as good as none.
"""

import hashlib
import hmac
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from lifecycle_core.errors import UnauthenticatedError

PREFIX: Final = "al"
RANDOM_BYTES: Final = 24
"""How much chance a new key takes: 40 bits for its id, 130 for its secret, rounded up."""

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no two letters that are taken for each other."""
_BITS: Final = 5
_ID, _SECRET, _CHECK = 8, 26, 6
_SHAPE: Final = re.compile(rf"{PREFIX}_([{_ALPHABET}]{{{_ID}}})_([{_ALPHABET}]{{{_SECRET}}})([0-9a-z]{{{_CHECK}}})")


class Role(StrEnum):
    """What a key may be for.

    read : ask everything. ingest : send conversations and samples, and read the active prompt; what an agent needs.
    operate : also change versions, policies and retrainings. approve : also decide about a candidate. admin : also make keys.
    """

    READ = "read"
    INGEST = "ingest"
    OPERATE = "operate"
    APPROVE = "approve"
    ADMIN = "admin"


_INCLUDED: Final = {
    Role.READ: {Role.READ},
    Role.INGEST: {Role.INGEST},
    Role.OPERATE: {Role.OPERATE, Role.READ},
    Role.APPROVE: {Role.APPROVE, Role.OPERATE, Role.READ},
    Role.ADMIN: set(Role),
}


def reach(roles: Iterable[Role]) -> frozenset[Role]:
    """Every role that the given ones include.

    >>> sorted(reach([Role.APPROVE]))
    [<Role.APPROVE: 'approve'>, <Role.OPERATE: 'operate'>, <Role.READ: 'read'>]
    """
    return frozenset(it for role in roles for it in _INCLUDED[role])


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as it is kept; its secret is known to whoever was shown it.

    last_used_at : to the minute or so.
    """

    id: str
    name: str
    roles: tuple[Role, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def usable(self, at: datetime) -> bool:
        """Whether it is good at that instant."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def state(self, at: datetime) -> str:
        """How it stands, in a word."""
        return "good" if self.usable(at) else "revoked" if self.revoked_at is not None else "expired"


@dataclass(frozen=True, slots=True)
class Secret:
    """A key's text, taken apart; it is never shown by accident.

    >>> made = Secret.made(bytes(range(24)))
    >>> made, Secret.parse(made.text) == made
    (Secret(id='000g40r4'), True)
    """

    id: str
    text: str

    def __repr__(self) -> str:
        return f"Secret(id={self.id!r})"

    @classmethod
    def made(cls, chance: bytes) -> Self:
        """A new one; chance : (24,) bytes that nobody can foresee."""
        letters = _letters(chance)
        name, secret = letters[:_ID], letters[_ID : _ID + _SECRET]
        return cls(name, f"{PREFIX}_{name}_{secret}{_check(name, secret)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a key apart; raises UnauthenticatedError for what is none, which asks no database. The text is not told again."""
        found = _SHAPE.fullmatch(text)
        if found is None or not hmac.compare_digest(_check(found[1], found[2]), found[3]):
            message = "what was sent is no key of this program: it is mistyped or cut off; send Authorization: Bearer al_…"
            raise UnauthenticatedError(message, field="Authorization")
        return cls(found[1], text)

    @property
    def hash(self) -> str:
        """SHA-256 of the key's text, in hexadecimal: chance of 128 bits needs no slower hash."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def matches(self, kept_hash: str) -> bool:
        """Whether it is the key of that hash, in a time that does not tell how nearly."""
        return hmac.compare_digest(self.hash, kept_hash)


def _letters(chance: bytes) -> str:
    number = int.from_bytes(chance)
    digits = 8 * len(chance) // _BITS
    spare = 8 * len(chance) - _BITS * digits
    number >>= spare
    return "".join(_ALPHABET[(number >> _BITS * place) & (2**_BITS - 1)] for place in reversed(range(digits)))


def _check(name: str, secret: str) -> str:
    """CRC-32 of the rest, in base 36: scanners for leaked secrets know a key by it."""
    crc, digits = zlib.crc32(f"{PREFIX}_{name}_{secret}".encode()), "0123456789abcdefghijklmnopqrstuvwxyz"
    return "".join(digits[crc // 36**place % 36] for place in reversed(range(_CHECK)))[-_CHECK:]
