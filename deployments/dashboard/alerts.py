"""Alerts: what alerts now, silences, and whether messages arrive."""

from collections.abc import Sequence

from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import address, rendered
from deployments.wire.alerts import AlertsWire, MessagesWire
from lifecycle_core.alerts.delivery import DeliveryState
from lifecycle_core.alerts.signals import State

_SIGNS = {State.ALERT: ("▲", "bad"), State.WARNING: ("◐", "doubt"), State.OK: ("✓", "good")}
"""Of each state of a signal its sign and mood; of the others a line."""


def page(frame: Frame, now: AlertsWire, messages: MessagesWire, variants: Sequence[str]) -> str:
    """The page of alerts."""
    order = [State.ALERT, State.WARNING, *(it for it in State if it not in {State.ALERT, State.WARNING})]
    signals = sorted(
        now.signals, key=lambda it: (it.state is not State.ALERT, it.state is not State.WARNING, order.index(it.state), it.variant or "")
    )
    telling = [it for it in signals if it.state in {State.ALERT, State.WARNING}]
    return rendered(
        "alerts.html",
        frame=frame,
        title="Alerts",
        now=now,
        telling=telling,
        well=sum(it.state is State.OK for it in signals),
        unknown=len(signals) - len(telling) - sum(it.state is State.OK for it in signals),
        signs={state: _SIGNS.get(state, ("-", "plain")) for state in State},
        messages=messages.messages,
        older=address("/alerts", cursor=messages.next_cursor) if messages.next_cursor else None,
        dead=now.deliveries.get(DeliveryState.DEAD, 0),
        variants=variants,
    )
