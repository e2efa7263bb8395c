"""The nightly upkeep of the database."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import by_the_minute
from tasks.maintenance import let_go


@flow(name="maintain", flow_run_name=by_the_minute("maintain"), persist_result=False)
def maintain() -> State[None]:
    """Let go of traffic that is older than this installation keeps it."""
    return Completed(message=let_go())
