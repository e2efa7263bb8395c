"""The fingerprint of a shadow test's evidence: what a person is shown, and what that person's answer is bound to."""

import hashlib
import json
from collections.abc import Iterable
from typing import Final

from pydantic import TypeAdapter

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.errors import StaleEvidenceError
from lifecycle_core.retraining.shadow import Sample
from lifecycle_core.versions.version import Version

SHOWN: Final = 12
"""Characters of a fingerprint that people are shown."""
FEWEST: Final = 8
"""Characters of a fingerprint that name it."""

_ANALYSIS: Final = TypeAdapter(ShadowAnalysis)
_SAMPLES: Final = TypeAdapter(list[Sample])


def fingerprint(analysis: ShadowAnalysis, samples: Iterable[Sample], incumbent: Version, candidate: Version) -> str:
    """SHA-256 over a verdict with all its figures, the samples that it rests on and both versions' identities, in hexadecimal.

    samples : all of the session's, in any order.

    >>> from datetime import UTC, datetime
    >>> from lifecycle_core.retraining.verdict import Verdict
    >>> given = {"variant_name": "baseline", "system_prompt": "Be kind.", "created_at": datetime(2025, 10, 7, tzinfo=UTC)}
    >>> one, two = (Version(**given, version=it, content_hash=str(it)) for it in (1, 2))
    >>> asked = ShadowAnalysis(verdict=Verdict.TO_A_PERSON, n=0, level=20.0)
    >>> fingerprint(asked, [], one, two) == fingerprint(asked, [], one, one)
    False
    """
    used = sorted((it for it in samples if analysis.until is not None and it.key <= analysis.until), key=lambda it: it.key)
    said = {
        "analysis": _ANALYSIS.dump_python(analysis, mode="json"),
        "samples": _SAMPLES.dump_python(used, mode="json"),
        "versions": [incumbent.content_hash, candidate.content_hash],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def expect_same(given: str, found: str, session_id: str) -> None:
    """Raise StaleEvidenceError where the fingerprint `given`, of which its first eight characters are enough, is not the one `found`.

    Raises InvalidInputError where it is shorter.
    """
    if len(given) < FEWEST:
        message = f"evidenceHash is {given!r}; give its first {FEWEST} characters at least, as the review shows them"
        raise InvalidInputError(message, field="evidenceHash")
    if not found.startswith(given.lower()):
        message = (
            f"the answer is to evidence {given[:SHOWN]}, and that of session {session_id} is {found[:SHOWN] or 'none yet'}; "
            "look at the review again, and answer what it shows now"
        )
        raise StaleEvidenceError(message)
