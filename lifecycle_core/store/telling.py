"""What happens once, told in the transaction in which it happens: a retraining that ended, a rollback; only the store calls for it."""

from lifecycle_core.alerts.messages import Message, Serving, of_rollback, of_verdict
from lifecycle_core.alerts.signals import Signal
from lifecycle_core.alerts.silences import silenced
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Session
from lifecycle_core.store import alerts, outbox, policies
from lifecycle_core.store.database import Transaction
from lifecycle_core.versions.version import Rollback


def ended(tx: Transaction, session: Session, serving: Serving) -> None:
    """Tell that a retraining ended; told again, it is told once."""
    _tell(tx, of_verdict(session, serving), Signal.VERDICT)


def rolled_back(tx: Transaction, done: Rollback, serving: Serving) -> None:
    """Tell that a version was rolled back."""
    _tell(tx, of_rollback(done, serving), Signal.ROLLBACK)


def _tell(tx: Transaction, message: Message, signal: Signal) -> None:
    act: Provenance = tx.info["act"]
    if signal in silenced(alerts.silences(tx, act.at), message.variant, act.at):
        return
    if signal not in policies.of(tx, message.variant).alerts.watch_only:
        outbox.add(tx, act, message)
