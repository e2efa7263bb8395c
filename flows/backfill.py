"""Files taken in by as many workers as there are."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from lifecycle_core.traffic.backfill import FileState
from tasks.backfill import ending, files_of, progress, take_in_file


@flow(name="backfill", flow_run_name="backfill {backfill_id}", persist_result=False)
def backfill(backfill_id: str) -> State[None]:
    """Take files of a backfill in, one after the other, until none is left; other runs of it do the same.

    Args:
        backfill_id: Which; `lifecycle backfill start` makes one and starts its runs.
    """
    for claimed in files_of(backfill_id, str(flow_run.id)):
        take_in_file(claimed)
    found = progress(backfill_id)
    return (Failed if found.count(FileState.FAILED) else Completed)(message=ending(found))
