"""The plan's retraining examples, each from a session or from traffic of which it is true."""

import json
from datetime import timedelta

import pytest

from benchmarks._sessions import STEPS, in_shadow_test, later, proved, ready, samples, taken
from deployments.http.routes import retraining as routes
from deployments.wire.sessions import SessionWire
from lifecycle_core.operations import promotion, retraining, shadow, standing, versions
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.shadow import Arm, Sample, Source
from tasks import context, nudges

BASE = "/api/lifecycle/retraining"
SESSION = "retrain_baseline_1759838400000"


@pytest.fixture
def database(api):
    """The database of the API at noon."""
    return context.database()


@pytest.fixture
def worked(monkeypatch):
    """In place of a flow run: takes a session to its shadow test at once."""

    async def begun(act, session):
        for step in STEPS:
            step(context.database(), act, session.session_id)

    monkeypatch.setattr(nudges, "begun", begun)


@pytest.fixture
def better(database, act):
    """A session whose candidate is proved to be better."""
    it = in_shadow_test(database, act)
    shadow.record_samples(database, act, it.session_id, proved(act))
    return it.session_id


@pytest.fixture
def worse(database, act):
    """A session whose candidate gains 3% and breaks 8 in 100 scenarios more than the incumbent breaks of itself."""
    it = taken(ready(database, act), act, len(STEPS), Options(max_samples=100))
    shadow.record_samples(database, act, it.session_id, _gaining_three_percent(act))
    return it.session_id


def _gaining_three_percent(act: Provenance) -> list[Sample]:
    """100 scenarios of four servings: the incumbent serves 50 of them, 8 of these are broken, and 9 and a half others mended."""
    kinds = [(4, 0)] * 8 + [(4, 4)] * 42 + [(0, 4)] * 9 + [(0, 2)] + [(0, 0)] * 40
    return [
        Sample(
            scenario_id=f"s{place:03}",
            ended_at=act.at + timedelta(minutes=place),
            source=Source.NEW,
            incumbent=Arm(replays=4, successes=a, cost_usd=0.001),
            candidate=Arm(replays=4, successes=b, cost_usd=0.001),
            again=Arm(replays=4, successes=a, cost_usd=0.001) if place % 10 == 0 else None,
        )
        for place, (a, b) in enumerate(kinds[37 * number % 100] for number in range(100))
    ]


def test_a_check_that_finds_a_drift_reads_as_in_the_plan(windows, database, act, api, holds):
    """Evidence decides, so there is more traffic than in the plan; the variant's prompt was registered before it."""
    windows({"count": 3000, "booked": 2250, "escalated": 150}, {"count": 1000, "booked": 500, "escalated": 200})
    early = later(act, days=-30)
    versions.register(database, early, variant="baseline", system_prompt="Be kind.")
    versions.activate(database, early, "baseline", 1)
    told = api.get(f"{BASE}/check?variant=baseline").json()
    example = {"shouldRetrain": True, "reason": "Drift detected", "driftAnalysis": ..., "triggers": ["booking_rate", "escalation_rate"]}
    assert holds(told, example)
    assert told["driftAnalysis"]["metrics"]["bookingRate"]["recentRate"] == "50.00%"


def test_a_check_that_finds_none_says_every_reason(database, act, api, holds):
    ready(database, act)
    told = api.get(f"{BASE}/check?variant=baseline").json()
    assert holds(told, {"shouldRetrain": False, "reason": ..., "triggers": [], "nextPossibleAt": None})
    assert told["refusals"][0] == told["reason"]


def test_a_start_reads_as_in_the_plan(worked, database, act, api, holds):
    ready(database, act)
    answer = api.post(f"{BASE}/start", json={"variant": "baseline", "options": {}})
    assert answer.status_code == 200
    assert holds(
        answer.json(),
        {
            "message": "Retraining started - shadow test in progress",
            "session": {
                "id": SESSION,
                "variant": "baseline",
                "version": 2,
                "status": "shadow_testing",
                "trainingDataSize": 60,
                "newVariant": "baseline_v2",
            },
            "nextSteps": [
                "Wait for 100 samples",
                "Monitor shadow deployment metrics",
                "Call /api/lifecycle/retraining/finalize to complete",
            ],
        },
    )


def test_a_start_without_options_is_the_same(worked, database, act, api):
    ready(database, act)
    assert api.post(f"{BASE}/start", json={"variant": "baseline"}).json()["session"]["status"] == "shadow_testing"


def test_a_start_whose_work_takes_longer_is_202_and_says_where_to_look(database, act, api, monkeypatch, holds):
    async def begun(act, session):
        """A run that has begun and found nothing yet."""

    monkeypatch.setattr(nudges, "begun", begun)
    monkeypatch.setattr(routes, "WAIT_S", 0.3)
    ready(database, act)
    answer = api.post(f"{BASE}/start", json={"variant": "baseline"})
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"{BASE}/status?sessionId={SESSION}"
    assert holds(answer.json(), {"message": "Retraining started - collecting data", "session": {"status": "collecting_data", "version": 0}})
    assert api.get(answer.headers["Location"]).json()["session"]["id"] == SESSION


def test_a_promotion_reads_as_in_the_plan(better, api, holds):
    answer = api.post(f"{BASE}/finalize", json={"sessionId": better})
    assert answer.status_code == 200
    assert holds(
        answer.json(),
        {
            "success": True,
            "message": "Retraining successful - baseline_v2 promoted",
            "session": {"shadowAnalysis": ..., "promotionCheck": {"shouldPromote": True, "reasons": []}},
        },
    )


def test_a_refusal_reads_as_in_the_plan(worse, database, act, api, holds):
    """The evidence allows no verdict, so the gates are asked to decide, as they do in the plan."""
    told = api.post(f"{BASE}/finalize", json={"sessionId": worse, "force": True, "reason": "by the gates"}).json()
    assert holds(
        told,
        {
            "success": False,
            "message": "Retraining unsuccessful - rolled back",
            "reasons": ["Minimal performance improvement (3.00% < 5.00%)", "High difference rate (8.00% > 5.00%)"],
        },
    )


def test_finalizing_before_the_samples_are_in_is_409_with_their_number_and_an_estimate(database, act, api, clock):
    it = in_shadow_test(database, act)
    shadow.record_samples(database, later(act, minutes=30), it.session_id, samples(act, 63, incumbent=3))
    clock(act.at + timedelta(hours=2))
    answer = api.post(f"{BASE}/finalize", json={"sessionId": it.session_id})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-ready")
    assert "shadow test of baseline_v2 has 63 of 100 samples, about " in answer.json()["detail"]
    assert answer.json()["samples"] == 63
    assert answer.json()["needed"] == 100
    assert answer.json()["secondsLeft"] > 0


def test_the_failure_analysis_and_the_improvement_stand_in_the_session(database, act, api, holds):
    it = in_shadow_test(database, act)
    told = api.get(f"{BASE}/status?sessionId={it.session_id}").json()["session"]
    assert holds(told["failureAnalysis"], {"totalFailures": 25, "escalations": 5, "avgMessagesBeforeFailure": 8.5, "commonIssues": []})
    improved = {"improvements": ["Always check availability"], "suggestedChanges": ["Check the calendar"]}
    assert holds(told["promptImprovement"], improved)


def test_the_status_tells_what_goes_on_and_how_sessions_ended(better, api, holds):
    api.post(f"{BASE}/finalize", json={"sessionId": better})
    told = api.get(f"{BASE}/status").json()
    assert holds(told, {"openSessions": 0, "open": [], "successRate": "100.00%", "successRateValue": 1.0, "session": None})
    assert told["byStatus"]["promoted"] == 1
    assert holds(told["probations"], [{"version": 2, "previousVersion": 1, "status": "running", "sessionId": better}])


def test_the_history_is_newest_first_and_paged(database, act, api):
    ready(database, act)
    for number in range(3):
        it = retraining.begin(database, act, "baseline", f"k{number}")
        promotion.cancel(database, act, it.session_id)
    first = api.get(f"{BASE}/history?variant=baseline&limit=2").json()
    rest = api.get(f"{BASE}/history?variant=baseline&limit=2&cursor={first['nextCursor']}").json()
    told = [it["id"] for it in first["sessions"] + rest["sessions"]]
    assert told == [it.session_id for it in retraining.history(database, "baseline", 10)]
    assert rest["nextCursor"] is None


def test_the_shadow_status_of_the_plan_tells_how_far_a_test_is(database, act, api, holds):
    it = in_shadow_test(database, act)
    shadow.record_samples(database, act, it.session_id, samples(act, 63, incumbent=3))
    told = api.get("/api/reliability/shadow/status").json()
    progress = {"samples": 63, "neededSamples": 100, "maxSamples": 500}
    assert holds(told, {"active": True, "tests": [{"sessionId": it.session_id, "newVariant": "baseline_v2", "progress": progress}]})
    assert told["tests"][0]["progress"]["message"].startswith("63 of 100 samples")


def test_without_a_test_the_shadow_status_is_empty(api):
    assert api.get("/api/reliability/shadow/status").json() == {"active": False, "tests": []}


def test_the_shadow_analysis_of_the_plan_is_that_of_the_newest_test(better, api, holds):
    told = api.get("/api/reliability/shadow/analysis").json()
    assert told["sessionId"] == better
    assert holds(
        told["analysis"],
        {
            "verdict": "promote",
            "samples": 100,
            "successRateChange": "+33.33%",
            "incumbent": {"successRate": "75.00%", "successRateValue": 0.75},
            "candidate": {"successRate": "100.00%", "cost": "$0.000250"},
        },
    )
    gates = {it["name"]: (it["figure"], it["limit"], it["passed"]) for it in told["analysis"]["gates"]}
    assert gates["success"] == ("+33.33%", "+5.00%", True)
    assert gates["difference"][1:] == ("5.00%", True)


def test_a_deployed_agents_own_pairs_are_taken(database, act, api, holds):
    it = in_shadow_test(database, act)
    pair = {
        "scenarioId": "p1",
        "endedAt": "2025-10-07T12:01:00Z",
        "incumbent": {"successes": 0},
        "candidate": {"successes": 1, "costUsd": 0.001},
    }
    told = api.post("/api/reliability/shadow/samples", json={"sessionId": it.session_id, "samples": [pair]})
    assert holds(told.json(), {"sessionId": it.session_id, "accepted": 1, "samples": 1})


def test_the_overall_status_tells_of_retraining_and_probation(better, database, act, api, holds):
    before = api.get("/api/lifecycle/status").json()
    assert holds(before["variants"][0]["openSession"], {"id": better, "status": "shadow_testing"})
    api.post(f"{BASE}/finalize", json={"sessionId": better})
    after = api.get("/api/lifecycle/status").json()
    assert after["variants"][0]["openSession"] is None
    assert holds(after["variants"][0]["probation"], {"version": 2, "status": "running"})
    assert holds(after["retraining"], {"openSessions": 0, "successRate": "100.00%"})


def test_the_command_line_prints_what_the_route_answers(better, database, act, api):
    wire = SessionWire.of(standing.of_session(database, better, act.at), context.settings().prefect_url)
    assert json.loads(wire.model_dump_json(by_alias=True)) == api.get(f"{BASE}/status?sessionId={better}").json()["session"]
