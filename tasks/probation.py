"""The watch over promoted versions, as Prefect's tasks."""

from lifecycle_core.operations import probation
from tasks import context
from tasks.steps import named

ACTOR = "flow:watch-promotion"


@named("list probations")
def list_probations() -> list[str]:
    """The variants whose newest version is on probation."""
    return [it.variant for it in probation.open_probations(context.database())]


@named("judge probation")
def judge_probation(variant: str) -> str:
    """Judge a variant's probation as of now, and end it where it is over: -> a sentence."""
    it = probation.check(context.database(), context.act(ACTOR), variant)
    if it is None:
        return f"{variant}: no version is on probation"
    said = f"{variant}: version {it.version} is {'on probation' if it.open else it.status.value}"
    return f"{said}: {it.because}" if it.because else said
