"""Why conversations fail, to be looked at: what a session found, or what one that begins now would find by signs alone."""

from datetime import datetime

from lifecycle_core.operations import training
from lifecycle_core.retraining.failures import FailureAnalysis, analyze
from lifecycle_core.retraining.training_data import collect
from tasks import context, secrets


def analysis(name: str, at: datetime) -> FailureAnalysis:
    """The analysis that the session `name` keeps, or one of the newest conversations of the variant `name` at `at`.

    No model is asked. Raises UnknownVariantError, NothingActiveError, and RetrainingRefusedError where there is too little to learn from.
    """
    source = training.of(context.database(), name, at)
    if source.session is not None and source.session.failure_analysis is not None:
        return source.session.failure_analysis
    return analyze(collect(source.conversations, source.policy, secrets.masker()).conversations)
