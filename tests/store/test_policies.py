from lifecycle_core.policy import Mode, Policy
from lifecycle_core.store import policies
from lifecycle_core.store.mapping import to_json
from lifecycle_core.store.tables import PolicyRow


def test_a_variant_has_the_default_policy(database):
    with database.read() as tx:
        assert policies.of(tx, "baseline") == Policy()


def test_a_variant_may_have_its_own_policy(any_database, act):
    own = Policy(mode=Mode.THRESHOLD, booking_rate_threshold=0.15)
    with any_database.write(act) as tx:
        tx.add(PolicyRow(variant="baseline", policy=to_json(own), updated_at=act.at))
    with any_database.read() as tx:
        assert policies.of(tx, "baseline") == own
