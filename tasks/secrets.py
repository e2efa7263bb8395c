"""The installation's own secret: what placeholders of personal data and the marks around quotes are made by."""

import hmac
import os
import secrets
from contextlib import suppress
from functools import cache
from threading import get_ident
from typing import Final

from lifecycle_core.privacy.masking import Masker
from tasks import context

FILE: Final = "masking.key"
_BYTES: Final = 32
_MARKER_CHARACTERS: Final = 16


@cache
def masker() -> Masker:
    """What masks customers' data here; a value gets the same placeholder in every process, and another one in other installations."""
    return Masker(_key())


def marker(session_id: str) -> str:
    """What fences quotes in a session's requests: the same each time, and nobody else's to guess."""
    return hmac.digest(_key(), session_id.encode(), "sha256").hex()[:_MARKER_CHARACTERS]


@cache
def _key() -> bytes:
    """The key in the data folder, made where there is none; of those who make one at once, in any process, the first one's stays."""
    path = context.settings().data_dir / FILE
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = path.with_suffix(f".{os.getpid()}-{get_ident()}")
        made.touch(mode=0o600)
        made.write_bytes(secrets.token_bytes(_BYTES))
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_bytes()
