"""The hourly watch, as it runs by itself in the real tree."""

import json
import sqlite3

import pytest

from tests.served import until

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def table(served):
    """The newest table, and its description."""
    [found] = served.prefect("/artifacts/latest/filter", {})
    assert found["key"] == "drift"
    return json.loads(found["data"]), found["description"]


def test_a_scheduled_run_appears_and_completes(served):
    [run, *_] = until(served.scheduled)
    assert run["state"]["type"] == "COMPLETED"
    assert run["name"].startswith("watch-drift 20")
    assert run["state"]["message"] == "Drift in 1 of 3 variants: drifting"


def test_the_watch_records_what_it_finds_without_being_asked(served):
    until(served.scheduled)
    [episode] = served.api("/api/lifecycle/drift/history")["episodes"]
    assert episode["variant"] == "drifting"
    assert {"booking_rate", "response_time"} <= set(episode["drifts"])


def tasks_of(served, run):
    """The names of the tasks of a run."""
    found = served.prefect("/task_runs/filter", {"task_runs": {"flow_run_id": {"any_": [run["id"]]}}})
    return sorted(it["name"] for it in found)


def test_one_run_glances_at_the_fleet_and_checks_only_what_speaks(served):
    [run, *_] = until(served.scheduled)
    assert tasks_of(served, run) == ["check drifting", "glance at all", "leave the table"]


def test_more_runs_in_an_hour_record_no_more_checks(served):
    runs = until(lambda: served.scheduled()[2:] and served.scheduled())
    hours = {it["start_time"][:13] for it in runs}
    [episode] = served.api("/api/lifecycle/drift/history")["episodes"]
    assert episode["checks"] <= len(hours) + 1 < len(runs) + 1


def test_what_speaks_stands_before_what_does_not(served):
    until(served.scheduled)
    rows, _ = table(served)
    assert [row["variant"] for row in rows].index("steady") > [row["variant"] for row in rows].index("drifting")


def test_the_table_has_the_five_metrics_of_a_variant_that_speaks_and_links_in_its_description(served):
    until(served.scheduled)
    rows, description = table(served)
    assert {(row["variant"], row["status"].split(",")[0]) for row in rows} >= {("drifting", "drift"), ("steady", "stable")}
    assert sum(row["variant"] == "drifting" for row in rows) >= 5
    assert all(len(row) <= 6 for row in rows)
    assert description.splitlines()[0] == "**Drift in 1 of 3 variants: drifting**"
    assert f"http://127.0.0.1:{served.api_port}/api/lifecycle/drift/detect?variant=drifting" in description


def test_a_variant_that_cannot_be_checked_stops_no_other_and_fails_the_run_that_names_it(served):
    until(served.scheduled)
    spoilt = "UPDATE hourly_rollups SET sums = {} WHERE variant = 'steady'"
    with sqlite3.connect(served.folder / "lifecycle.db", timeout=30) as database:
        database.execute(spoilt.format("CAST(sums || x'00' AS BLOB)"))
    try:
        [failed, *_] = until(lambda: [it for it in served.scheduled() if it["state"]["type"] == "FAILED"])
    finally:
        with database:
            database.execute(spoilt.format("substr(sums, 1, length(sums) - 1)"))
        database.close()
    assert failed["state"]["message"] == "Drift in 1 of 3 variants: drifting; 1 could not be checked: steady"
    rows, _ = table(served)
    assert {row["variant"]: row["status"] for row in rows}["steady"] in {"failed", "stable"}
    known = {it["id"] for it in served.scheduled()}
    assert until(lambda: [it for it in served.scheduled() if it["id"] not in known and it["state"]["type"] == "COMPLETED"])
