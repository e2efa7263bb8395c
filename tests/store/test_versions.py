from dataclasses import replace
from datetime import timedelta

from lifecycle_core.operations import versions as operations
from lifecycle_core.store import versions

HOUR = timedelta(hours=1)


def test_the_activations_of_all_variants_are_found_at_once_up_to_an_instant(any_database, act):
    for variant in ("a", "b"):
        for number, prompt in enumerate(("one", "two")):
            then = replace(act, at=act.at + number * HOUR)
            operations.register(any_database, then, variant=variant, system_prompt=prompt)
            operations.activate(any_database, then, variant, number + 1)
    with any_database.read() as tx:
        early, late = (versions.all_activations(tx, act.at + hours * HOUR) for hours in (0, 1))
        alone = tuple(versions.activations(tx, "a", limit=9)[::-1])
    assert {variant: [it.version for it in found] for variant, found in early.items()} == {"a": [1], "b": [1]}
    assert late["a"] == alone
    assert [(it.version, it.previous_version) for it in late["b"]] == [(1, None), (2, 1)]
