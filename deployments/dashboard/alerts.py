"""Alerts: what alerts now, silences, and whether messages arrive."""

from collections.abc import Mapping, Sequence

from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import address, rendered
from deployments.wire.alerts import AlertsWire, MessagesWire
from lifecycle_core.alerts.delivery import DeliveryState
from lifecycle_core.alerts.signals import State

_SIGNS = {State.ALERT: ("▲", "bad"), State.WARNING: ("◐", "doubt"), State.OK: ("✓", "good")}
"""Of each state of a signal its sign and mood; of the others a line."""


def page(frame: Frame, now: AlertsWire, messages: MessagesWire, counts: Mapping[State, int], variants: Sequence[str]) -> str:
    """The page of alerts. now : of the signals that alert or warn; counts : of all signals by their state."""
    telling = sorted(now.signals, key=lambda it: (it.state is not State.ALERT, it.variant or ""))
    return rendered(
        "alerts.html",
        frame=frame,
        title="Alerts",
        now=now,
        telling=telling,
        well=counts[State.OK],
        unknown=counts[State.NO_DATA],
        paused=counts[State.PAUSED],
        signs={state: _SIGNS.get(state, ("-", "plain")) for state in State},
        messages=messages.messages,
        older=address("/alerts", cursor=messages.next_cursor) if messages.next_cursor else None,
        dead=now.deliveries.get(DeliveryState.DEAD, 0),
        variants=variants,
    )
