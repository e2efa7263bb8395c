"""The refusals: one base class; each child carries a status hint and a stable code.

The core raises them, the edge decides what becomes of them: a problem document
with the hinted status, or a line on standard error and an exit code. A message
names the value, the limit and the remedy.
"""

from typing import ClassVar


class LifecycleError(Exception):
    """A refusal that its reader can act upon.

    `status` is a hint in HTTP's words, `code` a name that programs may rely on,
    `field` the input at fault, where there is one.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class InvalidInputError(LifecycleError):
    """A value that cannot be meant."""

    status = 422
    code = "invalid-input"


class IdempotencyKeyReusedError(InvalidInputError):
    """A key that stands for another request already."""

    code = "idempotency-key-reused"


class TooLargeError(LifecycleError):
    """An input past the size that is read at all."""

    status = 413
    code = "too-large"


class TooDeepError(TooLargeError):
    """An input that nests deeper than is read."""

    code = "too-deep"


class InvalidCursorError(InvalidInputError):
    """A place in a list that this program never gave out."""

    status = 400
    code = "invalid-cursor"


class UnauthenticatedError(LifecycleError):
    """A request without a key that is good, where one is needed."""

    status = 401
    code = "unauthenticated"


class ForbiddenError(LifecycleError):
    """A request whose key has not the role that it needs."""

    status = 403
    code = "forbidden"


class StaleError(LifecycleError):
    """A change of what has changed since its caller looked."""

    status = 412
    code = "stale"


class LaterError(LifecycleError):
    """A refusal that time lifts: `retry_after_s` is when it may work."""

    status = 503
    code = "later"

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimitedError(LaterError):
    """More requests than one caller may make."""

    status = 429
    code = "rate-limited"


class OverloadedError(LaterError):
    """More requests than can be served at a time."""

    code = "overloaded"


class SlowBodyError(LifecycleError):
    """A body that does not come to its end."""

    status = 408
    code = "slow-body"


class UnknownVariantError(LifecycleError):
    """A variant that no conversation and no version names."""

    status = 404
    code = "unknown-variant"


class UnknownVersionError(LifecycleError):
    """A version that was never registered."""

    status = 404
    code = "unknown-version"


class UnknownKeyError(LifecycleError):
    """A key that was never made."""

    status = 404
    code = "unknown-key"


class ToldOnceError(LifecycleError):
    """A secret that was told when it was made, and that nobody kept."""

    status = 409
    code = "told-once"


class UnknownCaseError(LifecycleError):
    """A case that the variant has not."""

    status = 404
    code = "unknown-case"


class UnknownEpisodeError(LifecycleError):
    """A drift episode that was never opened."""

    status = 404
    code = "unknown-episode"


class UnknownSilenceError(LifecycleError):
    """A silence that was never asked for."""

    status = 404
    code = "unknown-silence"


class UnknownMessageError(LifecycleError):
    """A message that was never written."""

    status = 404
    code = "unknown-message"


class UnknownBackfillError(LifecycleError):
    """No backfill has that id."""

    status = 404
    code = "unknown-backfill"


class EpisodeOverError(LifecycleError):
    """A drift episode that has ended, where one is needed that goes on."""

    status = 409
    code = "episode-over"


class NothingActiveError(LifecycleError):
    """A variant without an active version."""

    status = 404
    code = "nothing-active"


class NothingToRollBackError(LifecycleError):
    """A rollback with no earlier activation to go back to."""

    status = 409
    code = "nothing-to-roll-back"


class LostRaceError(LifecycleError):
    """A change that another process made impossible in the meantime."""

    status = 409
    code = "lost-race"


class DatabaseUnavailableError(LifecycleError):
    """A database that cannot answer now: locked, full, read-only, away."""

    status = 503
    code = "database-unavailable"


class DamagedDatabaseError(DatabaseUnavailableError):
    """Rows that cannot be what was written."""

    code = "database-damaged"


class SchemaMismatchError(LifecycleError):
    """A database of another schema than this program's."""

    status = 503
    code = "schema-mismatch"


class UnknownAuditRowError(LifecycleError):
    """A row that the audit log does not have."""

    status = 404
    code = "unknown-audit-row"


class AuditBrokenError(LifecycleError):
    """An audit log that is not what its anchors say."""

    status = 409
    code = "audit-broken"


class UnauditedWriteError(LifecycleError):
    """A write that would pass the audit log by: a fault of the program."""

    code = "unaudited-write"


class PortTakenError(LifecycleError):
    """An address that another program listens on."""

    status = 503
    code = "port-taken"


class SetupError(LifecycleError):
    """An installation or an environment that cannot serve."""

    status = 503
    code = "setup"
