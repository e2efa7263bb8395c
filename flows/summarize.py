"""The day and the week, summed up."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import by_the_minute
from tasks.summaries import DAILY, leave_summary


@flow(name="summarize", flow_run_name=by_the_minute("summarize"), persist_result=False)
def summarize(key: str = DAILY) -> State[None]:
    """Leave a summary of what was watched, what drifted, what was retrained, what changed, and who was told.

    Args:
        key: daily-summary for the last 24 hours, weekly-summary for the last seven days.
    """
    return Completed(message=leave_summary(key))
