"""The summary of a day or a week, left on Prefect's pages."""

from typing import Final

from prefect.artifacts import create_markdown_artifact

from tasks import context, reports
from tasks.markdown import literal, whole
from tasks.steps import named

DAILY, WEEKLY = "daily-summary", "weekly-summary"
DAYS: Final = {DAILY: 1, WEEKLY: 7}
"""Over how many days each artifact tells, by its key."""


@named("leave the summary")
def leave_summary(key: str) -> str:
    """Leave the summary of the days up to now under this key: -> what it says first."""
    found = reports.of_days(context.now(), DAYS[key])
    create_markdown_artifact(key=key, markdown=whole(found), description=f"**{literal(found.sentence)}**")
    return found.lead
