"""The policy of a variant: what counts as drift for it, and what is done about it."""

from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import policies, variants
from lifecycle_core.store.database import Database


def policy(database: Database, variant: str) -> Policy:
    """The variant's policy; the default where none was set. Raises UnknownVariantError."""
    with database.read() as tx:
        variants.expect(tx, variant)
        return policies.of(tx, variant)


def set_policy(database: Database, act: Provenance, variant: str, policy: Policy) -> Policy:
    """Give the variant this policy; an open session goes on by the one that it began with. Raises UnknownVariantError."""
    with database.write(act, "set_policy") as tx:
        variants.lock(tx, variant)
        policies.keep(tx, variant, policy, act.at)
        return policy
