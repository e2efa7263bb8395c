"""The watch over a variant, replayed over what is stored. A GET changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Query

from deployments.http.access import needs
from deployments.http.dependencies import At, Store, Variant
from deployments.http.problems import answers
from deployments.http.routes.drift import AskedMode
from deployments.wire.backtest import BacktestWire, asked_policy
from deployments.wire.base import Instant
from lifecycle_core.access import Role
from lifecycle_core.operations import backtesting, policies

router = APIRouter(prefix="/api/lifecycle/drift", tags=["drift"])

Start = Annotated[Instant | None, Query(alias="from", description="The first check, ISO 8601 with a zone; all that is stored by default.")]
End = Annotated[Instant | None, Query(alias="to", description="The last check; the newest conversation by default.")]
Settings = Annotated[
    list[str],
    Query(
        alias="set",
        description="A setting to try, NAME=VALUE such as bookingRateThreshold=0.15; repeat it.",
        default_factory=list,
        max_length=100,
    ),
]


@router.get("/backtest", summary="What another policy would have done", openapi_extra=needs(Role.READ), responses=answers(404))
def backtest(
    *,
    variant: Variant,
    at: At,
    database: Store,
    given: Settings,
    start: Start = None,
    end: End = None,
    mode: AskedMode = None,
) -> BacktestWire:
    """Hour by hour: alarms and retrainings of the present policy, of one with `set` and `mode`, and of the bare thresholds."""
    changed = asked_policy(policies.policy(database, variant), given, mode)
    return BacktestWire.of(backtesting.backtest(database, variant, at, start=start, end=end, changed=changed))
