from dataclasses import replace

from lifecycle_core.policy import Mode, Policy, ShadowPolicy
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


def test_the_policies_of_all_variants_are_those_that_were_set(any_database, act):
    own = Policy(mode=Mode.THRESHOLD)
    with any_database.write(act) as tx:
        policies.keep(tx, act, "b", own)
    with any_database.read() as tx:
        assert policies.all(tx) == {"b": own}


def test_a_change_is_kept_with_who_why_and_both_values(any_database, act):
    own = Policy(recent_hours=12, shadow=ShadowPolicy(replays=8))
    with any_database.write(act) as tx:
        policies.keep(tx, replace(act, why="a trial"), "baseline", own)
    with any_database.read() as tx:
        [told] = policies.history(tx, "baseline", limit=5)
    assert (told.by, told.at, told.why, told.policy) == (act.by, act.at, "a trial", own)
    assert told.changes == {"recent_hours": (24, 12), "shadow.replays": (4, 8)}


def test_what_is_so_already_leaves_no_change(any_database, act):
    with any_database.write(act) as tx:
        policies.keep(tx, act, "baseline", Policy())
    with any_database.read() as tx:
        assert policies.history(tx, "baseline", limit=5) == []
