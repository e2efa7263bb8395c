"""A served tree with sessions in it, which are read from its database."""

from datetime import UTC, datetime, timedelta

from benchmarks._sessions import proved
from lifecycle_core.operations import retraining, shadow
from lifecycle_core.operations.database import upgrade
from lifecycle_core.operations.shadow import Posted
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from tests.retrainable import begun, key_kept
from tests.served import Served, until


class RetrainingTree(Served):
    """A tree whose watch comes once an hour, and a session of each variant that is named; patience_s : a busy machine takes long."""

    def __init__(self, folder, patience_s, **variants):
        super().__init__(folder, LIFECYCLE_WATCH_SECONDS="3600")
        folder.mkdir(parents=True)
        key_kept(folder)
        self.patience_s = patience_s
        self.database = Database(f"sqlite:///{folder}/lifecycle.db")
        upgrade(self.database)
        self.sessions = {variant: begun(self.database, variant, **options).session_id for variant, options in variants.items()}

    def session(self, variant):
        return retraining.session(self.database, self.sessions[variant])

    def comes_to(self, variant, status):
        return until(lambda: (it := self.session(variant)).status == status and it, within_s=self.patience_s)

    def post(self, variant, count):
        """So many pairs of the shadow test, of which the candidate's are better."""
        act = Provenance("test", datetime.now(UTC))
        pairs = [
            Posted(scenario_id=it.scenario_id, ended_at=act.at - timedelta(minutes=1), incumbent=it.incumbent, candidate=it.candidate)
            for it in proved(act, count)
        ]
        shadow.post_samples(self.database, act, self.sessions[variant], pairs)
