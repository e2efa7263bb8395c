from dataclasses import replace
from datetime import timedelta

from sqlalchemy import event, text

from lifecycle_core.operations import versions as operations
from lifecycle_core.store import summaries, versions

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


def test_the_list_of_variants_looks_each_up_in_an_index_and_reads_no_table_of_traffic_whole(any_database):
    asked = []
    with any_database.read() as tx:
        connection = tx.connection()
        event.listen(connection, "before_cursor_execute", lambda *it: asked.append(it[2:4]))
        summaries.every(tx, limit=100, after="a")
        (statement, parameters), *_ = asked
        if any_database.dialect == "postgresql":
            tx.execute(text("SET LOCAL enable_seqscan = off"))  # a planner reads tables whole that are as small as a test's
        explain = "EXPLAIN" if any_database.dialect == "postgresql" else "EXPLAIN QUERY PLAN"
        plan = [str(it[-1]) for it in connection.exec_driver_sql(f"{explain} {statement}", parameters)]
    of_traffic = [it for it in plan if "conversations" in it or "hourly_rollups" in it]
    assert any("conversations_by_end" in it for it in of_traffic)
    assert not any("Seq Scan" in it or it.startswith("SCAN") for it in of_traffic)
