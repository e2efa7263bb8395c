"""What a retraining refuses."""

from typing import ClassVar

from lifecycle_core.errors import LifecycleError


class UnknownSessionError(LifecycleError):
    """A session that was never opened."""

    status = 404
    code = "unknown-session"


class RetrainingRefusedError(LifecycleError):
    """A session that may not begin: one is open, no prompt is registered, too little is known, or the triggers do not hold."""

    status = 409
    code = "retraining-refused"


class ForbiddenMoveError(LifecycleError):
    """A step or a decision that the session's status does not allow."""

    status = 409
    code = "forbidden-move"


class StaleEvidenceError(LifecycleError):
    """An answer to a review that was given to other evidence than the session has."""

    status = 409
    code = "stale-evidence"


class NotReadyError(LifecycleError):
    """An ending that was asked for before there is one: samples, a verdict or a person's decision are missing.

    samples, needed : how many the shadow test has, and how many the next look needs; seconds_left : estimated; None where nothing tells.
    """

    status = 409
    code = "not-ready"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        samples: int | None = None,
        needed: int | None = None,
        seconds_left: float | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.samples, self.needed, self.seconds_left = samples, needed, seconds_left


class SampleRefusedError(LifecycleError):
    """Samples of a shadow test that cannot be taken: it is closed, they are unpaired, known with another outcome, or from the future."""

    status: ClassVar[int] = 409
    code = "sample-refused"
