"""The watch over promoted versions."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import by_the_minute
from tasks.probation import judge_probation, list_probations


@flow(name="watch-promotion", flow_run_name=by_the_minute("watch-promotion"), persist_result=False)
def watch_promotion() -> State[None]:
    """Judge every promoted version that is on probation; one that does harm is rolled back."""
    said = [judge_probation(variant) for variant in list_probations()]
    return Completed(message="; ".join(said) or "No version is on probation")
