"""Retraining over HTTP: what is refused, in one sentence each, and what is answered once however often it is asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks._sessions import STEPS, in_shadow_test, later, proved, ready, samples, served, taken
from deployments.http.problems import MEDIA_TYPE
from deployments.http.routes import retraining as routes
from lifecycle_core.operations import promotion, retraining, shadow, traffic, versions_asked
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.options import Options
from tasks import context, nudges, review
from tests.reviewed import reviewed_pair

pytestmark = pytest.mark.slow

BASE = "/api/lifecycle/retraining"
SAMPLES = "/api/reliability/shadow/samples"
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


@pytest.fixture
def act():
    """Somebody now: the API's clock is the real one."""
    return Provenance("test", datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def told(monkeypatch):
    """What Prefect would have been told, in order; it is not there, so a start waits for nothing."""
    calls = []

    async def begun(act, session):
        calls.append(("begun", session.session_id))
        return nudges.NOT_SERVING

    async def decided(act, session):
        calls.append(("decided", session.session_id, session.status))

    monkeypatch.setattr(nudges, "begun", begun)
    monkeypatch.setattr(nudges, "decided", decided)
    return calls


@pytest.fixture
def api(client, told):
    """The API, with Prefect away."""
    return client


@pytest.fixture
def variant(api, tmp_path, ready_template):
    """A variant that may be retrained."""
    ready_template.to(tmp_path / "lifecycle.db")
    return "baseline"


@pytest.fixture
def testing(api, tmp_path, tested_template):
    """A session in its shadow test."""
    return tested_template.to(tmp_path / "lifecycle.db")


@pytest.fixture
def asked(api, tmp_path, asked_template):
    """A session that waits for a person."""
    return asked_template.to(tmp_path / "lifecycle.db")


def pair(number=1, **others):
    ended = (datetime.now(UTC) - timedelta(minutes=number)).isoformat()
    return {"scenarioId": f"p{number}", "endedAt": ended, "incumbent": {"successes": 0}, "candidate": {"successes": 1}, **others}


def refusal(answer, status, code):
    assert (answer.status_code, answer.headers["Content-Type"], answer.json()["code"]) == (status, MEDIA_TYPE, code)
    sentence = answer.json()["detail"]
    assert "\n" not in sentence
    return sentence


# starting


def test_where_prefect_is_down_the_session_is_kept_and_its_work_begins_later(variant, api, told):
    answer = api.post(f"{BASE}/start", json={"variant": variant})
    session = answer.json()["session"]
    assert (answer.status_code, session["status"], answer.json()["warning"]) == (202, "collecting_data", nudges.NOT_SERVING)
    assert told == [("begun", session["id"])]
    assert retraining.session(context.database(), session["id"]).open


def test_a_start_while_a_session_is_open_is_refused_with_its_name(testing, api):
    sentence = refusal(api.post(f"{BASE}/start", json={"variant": "baseline"}), 409, "retraining-refused")
    assert sentence == f"variant 'baseline' has the open session {testing}; finalize or cancel it first"


def test_a_start_without_a_registered_prompt_says_to_register_it(api, act):
    traffic.ingest(context.database(), act, served(act, 60))
    sentence = refusal(api.post(f"{BASE}/start", json={"variant": "baseline"}), 409, "retraining-refused")
    assert sentence == "variant 'baseline' has no active registered version; register its prompt and activate it"


def test_a_start_with_12_conversations_says_how_many_it_needs(api, act):
    ready(context.database(), act, 12)
    sentence = refusal(api.post(f"{BASE}/start", json={"variant": "baseline"}), 409, "retraining-refused")
    assert "has 12 conversations under version 1 that tell how they went; a retraining needs 50" in sentence


def test_a_start_of_a_variant_that_nobody_knows_is_404(api):
    assert "no variant is called 'baselin'" in refusal(api.post(f"{BASE}/start", json={"variant": "baselin"}), 404, "unknown-variant")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "variant is missing"),
        ({"variant": "baseline", "options": {"replays": 0}}, "options.replays is 0: input should be greater than or equal to 1"),
        ({"variant": "baseline", "options": {"replays": 21}}, "options.replays is 21: input should be less than or equal to 20"),
        ({"variant": "baseline", "options": {"replays": "4"}}, "options.replays is '4': input should be a valid integer"),
        ({"variant": "baseline", "options": {"maxSamples": 0}}, "options.maxSamples is 0"),
        ({"variant": "baseline", "options": {"max_samples": 9}}, "options.max_samples is not a field of this request"),
        ({"variant": "baseline", "options": {"shadowSource": "old"}}, "options.shadowSource is 'old': input should be 'new' or 'recorded'"),
        ({"variant": "baseline", "options": {"manualReview": "yes"}}, "options.manualReview is 'yes': input should be a valid boolean"),
        (
            {"variant": "baseline", "options": {"engine": "magic"}},
            "options.engine is 'magic': input should be 'builtin', 'gepa' or 'rules'",
        ),
        ({"variant": "baseline", "options": {"reason": "x" * 1001}}, "options.reason is 'xxx"),
        ({"variant": "baseline", "options": {"seed": -1}}, "options.seed is -1"),
        ({"variant": "baseline", "options": []}, "options is not a JSON object"),
        ({"variant": "baseline", "force": True}, "force is not a field of this request"),
    ],
)
def test_a_start_that_cannot_be_meant_names_its_field(api, body, sentence):
    assert sentence in refusal(api.post(f"{BASE}/start", json=body), 422, "invalid-input")


def test_options_are_kept_with_the_session(variant, api):
    options = {
        "replays": 8,
        "maxSamples": 60,
        "shadowSource": "recorded",
        "manualReview": True,
        "engine": "rules",
        "reason": "why",
        "seed": 7,
    }
    session = api.post(f"{BASE}/start", json={"variant": variant, "options": options}).json()["session"]
    assert (session["options"], session["reason"], session["openedBy"]) == (options, "why", "http:anonymous")


def test_a_start_that_is_sent_again_under_its_key_opens_one_session(variant, api):
    with ThreadPoolExecutor(8) as at_once:
        answers = list(at_once.map(lambda _: api.post(f"{BASE}/start", json={"variant": variant}, headers=KEY), range(16)))
    assert {(it.status_code, it.json()["session"]["id"]) for it in answers} == {(202, answers[0].json()["session"]["id"])}
    assert len(api.get(f"{BASE}/history").json()["sessions"]) == 1


def test_another_start_under_the_key_is_422(variant, api):
    api.post(f"{BASE}/start", json={"variant": variant}, headers=KEY)
    answer = api.post(f"{BASE}/start", json={"variant": variant, "options": {"replays": 2}}, headers=KEY)
    refusal(answer, 422, "idempotency-key-reused")


def test_a_start_answers_once_the_session_has_ended_before_its_test(variant, api, monkeypatch):
    async def begun(act, session):
        STEPS[0](context.database(), act, session.session_id)
        promotion.give_up(context.database(), act, session.session_id, "too little was found")

    monkeypatch.setattr(nudges, "begun", begun)
    answer = api.post(f"{BASE}/start", json={"variant": variant})
    assert (answer.status_code, answer.json()["message"]) == (200, "Retraining ended - rolled back")
    assert answer.json()["session"]["reasons"] == ["too little was found"]


def test_a_start_waits_no_longer_than_it_says(variant, api, monkeypatch):
    async def begun(act, session):
        """A run that hangs."""

    monkeypatch.setattr(nudges, "begun", begun)
    monkeypatch.setattr(routes, "WAIT_S", 0.1)
    answer = api.post(f"{BASE}/start", json={"variant": variant})
    assert (answer.status_code, answer.json()["warning"]) == (202, None)
    assert answer.elapsed < timedelta(seconds=5)


# the triggers


def test_within_the_cooldown_the_check_says_until_when(variant, api, act):
    long_ago = later(act, days=-2)
    traffic.ingest(context.database(), long_ago, [replace(it, id=f"old{it.id}") for it in served(long_ago, 60)])
    it = taken(context.database(), long_ago, 0)
    promotion.cancel(context.database(), act, it.session_id)
    told = api.get(f"{BASE}/check?variant={variant}").json()
    assert told["shouldRetrain"] is False
    assert told["nextPossibleAt"] == (act.at + timedelta(days=5)).isoformat().replace("+00:00", "Z")
    assert any("the cooldown is 7 days" in it for it in told["refusals"])


# ending


@pytest.mark.parametrize("route", ["finalize", "approve", "reject", "cancel"])
def test_a_session_that_nobody_knows_is_404(api, route):
    sentence = refusal(api.post(f"{BASE}/{route}", json={"sessionId": "retrain_x_1", "reason": "why"}), 404, "unknown-session")
    assert sentence == "no session is called 'retrain_x_1'; lifecycle retrain history lists them"


def test_a_session_before_its_test_cannot_be_finalized(variant, api, act):
    it = taken(context.database(), act, 2)
    sentence = refusal(api.post(f"{BASE}/finalize", json={"sessionId": it.session_id}), 409, "forbidden-move")
    assert "is improving" in sentence


def test_finalizing_twice_answers_the_same_and_changes_nothing(testing, api, act):
    shadow.record_samples(context.database(), act, testing, proved(act))
    first, again = (api.post(f"{BASE}/finalize", json={"sessionId": testing}) for _ in range(2))
    assert first.json()["success"] is True
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(versions_asked.history(context.database(), "baseline", 10).activations) == 2


def test_a_refused_finalize_may_come_again_under_its_key(testing, api, act):
    refusal(api.post(f"{BASE}/finalize", json={"sessionId": testing}, headers=KEY), 409, "not-ready")
    shadow.record_samples(context.database(), act, testing, proved(act))
    assert api.post(f"{BASE}/finalize", json={"sessionId": testing}, headers=KEY).json()["success"] is True


def test_the_key_of_a_finalize_stands_for_no_other(testing, api, act):
    shadow.record_samples(context.database(), act, testing, proved(act))
    api.post(f"{BASE}/finalize", json={"sessionId": testing}, headers=KEY)
    answer = api.post(f"{BASE}/finalize", json={"sessionId": testing, "force": True, "reason": "now"}, headers=KEY)
    refusal(answer, 422, "idempotency-key-reused")


def test_force_without_a_reason_is_422(testing, api):
    answer = api.post(f"{BASE}/finalize", json={"sessionId": testing, "force": True})
    assert refusal(answer, 422, "invalid-input") == "a decision by hand needs a reason; say why, it is kept"


def test_force_before_any_sample_has_nothing_to_decide_by(testing, api):
    answer = api.post(f"{BASE}/finalize", json={"sessionId": testing, "force": True, "reason": "now"})
    assert refusal(answer, 409, "not-ready").endswith("; force needs 20, the fewest that harm is tested by")


def test_force_decides_by_the_gates_and_is_kept(testing, api, act):
    shadow.record_samples(context.database(), act, testing, samples(act, 30, incumbent=3))
    told = api.post(f"{BASE}/finalize", json={"sessionId": testing, "force": True, "reason": "a holiday"}).json()
    assert told["success"] is True
    assert (told["session"]["force"]["by"], told["session"]["force"]["reason"]) == ("http:anonymous", "a holiday")


def test_force_cannot_override_evidence_of_harm(testing, api, act):
    shadow.record_samples(context.database(), act, testing, samples(act, 60, incumbent=4, candidate=0))
    told = api.post(f"{BASE}/finalize", json={"sessionId": testing, "force": True, "reason": "a holiday"}).json()
    assert (told["success"], told["message"]) == (False, "Retraining unsuccessful - rolled back")


def test_a_session_under_review_is_finalized_by_a_person_alone(asked, api):
    sentence = refusal(api.post(f"{BASE}/finalize", json={"sessionId": asked}), 409, "not-ready")
    assert "waits for a person's decision on baseline_v2; approve or reject it" in sentence


@pytest.mark.parametrize(
    ("route", "ending", "message"),
    [
        ("approve", "promoted", "Retraining successful - baseline_v2 promoted"),
        ("reject", "rolled_back", "Retraining unsuccessful - rolled back"),
    ],
)
def test_a_persons_answer_ends_it_and_the_run_is_told(api, told, asked, *, route, ending, message):
    answer = api.post(f"{BASE}/{route}", json={"sessionId": asked, "reason": "read all ten"}).json()
    assert (answer["session"]["status"], answer["message"]) == (ending, message)
    review = answer["session"]["review"]
    assert (review["reason"], review["by"]) == ("read all ten", "http:anonymous")
    assert told == [("decided", asked, ending)]


def test_a_review_that_is_answered_twice_stays_as_it_was(asked, api):
    api.post(f"{BASE}/approve", json={"sessionId": asked, "reason": "fine"})
    sentence = refusal(api.post(f"{BASE}/reject", json={"sessionId": asked, "reason": "no"}), 409, "forbidden-move")
    assert "was decided by http:anonymous at " in sentence
    again = api.post(f"{BASE}/approve", json={"sessionId": asked, "reason": "fine"})
    assert (again.status_code, again.json()["success"]) == (200, True)


def test_a_review_that_is_answered_late_is_over(api, act):
    long_ago = later(act, days=-8)
    database, it = context.database(), in_shadow_test(context.database(), long_ago, manual_review=True)
    shadow.record_samples(database, long_ago, it.session_id, proved(long_ago))
    shadow.keep_verdict(database, long_ago, it.session_id)
    sentence = refusal(api.post(f"{BASE}/approve", json={"sessionId": it.session_id, "reason": "fine"}), 409, "forbidden-move")
    assert sentence.endswith("was open for 7 days and is over; the incumbent stays")


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_answer_without_a_reason_is_422(asked, api, reason):
    refusal(api.post(f"{BASE}/approve", json={"sessionId": asked, "reason": reason}), 422, "invalid-input")


def test_an_answer_that_nobody_asked_for_is_refused(testing, api):
    refusal(api.post(f"{BASE}/approve", json={"sessionId": testing, "reason": "fine"}), 409, "forbidden-move")


def test_a_cancelled_session_leaves_the_incumbent_and_says_by_whom(testing, api):
    told = api.post(f"{BASE}/cancel", json={"sessionId": testing, "reason": "a mistake"}).json()
    assert (told["message"], told["reasons"]) == ("Retraining unsuccessful - cancelled", ["Cancelled by http:anonymous: a mistake"])
    assert versions_asked.active(context.database(), "baseline").version == 1


def test_what_has_ended_cannot_be_cancelled(testing, api, act):
    promotion.fail(context.database(), act, testing, "its run died")
    refusal(api.post(f"{BASE}/cancel", json={"sessionId": testing}), 409, "forbidden-move")


# a deployed agent's own pairs


@pytest.mark.parametrize(
    ("batch", "status", "sentence"),
    [
        ([pair(), pair(2, candidate=None)], 409, "scenario 'p2' has no outcome of the candidate; post both of a pair. Nothing was written"),
        ([pair(), pair()], 409, "scenario 'p1' has a sample already, and a scenario counts once; nothing was written"),
        ([pair(endedAt="2999-01-01T00:00:00Z")], 409, "which is still to come; nothing was written"),
        ([pair(endedAt="2025-10-07T12:00:00")], 422, "samples.0.endedAt is '2025-10-07T12:00:00': it has no zone; add Z for UTC"),
        ([pair(endedAt="noon")], 422, "samples.0.endedAt is 'noon': write it in ISO 8601 with a zone"),
        ([pair(incumbent={"successes": 2})], 422, "successes is 2; with 1 replays, 0 of them lost, it is from 0 to 1"),
        ([pair(incumbent={"successes": -1})], 422, "samples.0.incumbent.successes is -1"),
        ([pair(incumbent={"successes": True})], 422, "samples.0.incumbent.successes is True: input should be a valid integer"),
        ([pair(incumbent={"booked": True})], 422, "samples.0.incumbent.successes is missing"),
        ([pair(scenarioId="")], 422, "samples.0.scenarioId is ''"),
        ([], 422, "samples: list should have at least 1 item"),
    ],
)
def test_pairs_that_cannot_be_taken_are_refused_and_none_is_written(testing, api, batch, status, sentence):
    answer = api.post(SAMPLES, json={"sessionId": testing, "samples": batch})
    assert sentence in refusal(answer, status, {409: "sample-refused", 422: "invalid-input"}[status])
    assert shadow.recorded_samples(context.database(), testing) == []


def test_a_pair_that_is_posted_again_is_refused_and_under_its_key_answered_as_before(testing, api):
    body = {"sessionId": testing, "samples": [pair()]}
    first, again = (api.post(SAMPLES, json=body, headers=KEY) for _ in range(2))
    assert (first.status_code, again.json()) == (200, first.json())
    refusal(api.post(SAMPLES, json=body), 409, "sample-refused")


def test_a_closed_test_takes_no_pairs(testing, api, act):
    promotion.cancel(context.database(), act, testing)
    sentence = refusal(api.post(SAMPLES, json={"sessionId": testing, "samples": [pair()]}), 409, "sample-refused")
    assert sentence == f"the shadow test of session {testing} is closed: the session is cancelled; nothing was written"


def test_pairs_are_not_mixed_with_replays(testing, api, act):
    shadow.record_samples(context.database(), act, testing, samples(act, 1))
    sentence = refusal(api.post(SAMPLES, json={"sessionId": testing, "samples": [pair()]}), 409, "sample-refused")
    assert "a verdict never mixes kinds of evidence" in sentence


def test_pairs_of_a_session_that_nobody_knows_are_404(api):
    refusal(api.post(SAMPLES, json={"sessionId": "retrain_x_1", "samples": [pair()]}), 404, "unknown-session")


# asking


def test_without_any_test_there_is_no_analysis(api):
    assert "no session has had a shadow test yet" in refusal(api.get("/api/reliability/shadow/analysis"), 404, "unknown-session")


def test_an_analysis_before_the_test_is_409(variant, api, act):
    it = taken(context.database(), act, 2)
    sentence = refusal(api.get(f"/api/reliability/shadow/analysis?sessionId={it.session_id}"), 409, "forbidden-move")
    assert sentence == f"session {it.session_id} is improving; it has no shadow test yet"


def test_evidence_is_told_sample_by_sample_and_the_newest_test_is_meant_where_none_is_named(testing, api, act):
    shadow.record_samples(context.database(), act, testing, samples(act, 3))
    told = api.get("/api/reliability/shadow/evidence").json()
    assert (told["sessionId"], [it["samples"] for it in told["points"]]) == (testing, [1, 2, 3])


def test_a_plan_is_the_same_whoever_asks_and_changes_nothing(variant, api):
    first = api.get("/api/reliability/shadow/plan?variant=baseline&replays=2")
    assert (first.status_code, first.json()["replays"], first.json()["effect"]) == (200, 2, "+10.00%")
    assert api.get("/api/reliability/shadow/plan?variant=baseline&replays=2").json() == first.json()


@pytest.mark.parametrize("path", ["check", "history", "status"])
def test_what_nobody_knows_is_404(api, path):
    asked = "sessionId=retrain_x_1" if path == "status" else "variant=nobody"
    assert api.get(f"{BASE}/{path}?{asked}").status_code == 404


def test_a_session_tells_its_run_where_it_has_one(testing, api, act):
    retraining.note_flow_run(context.database(), replace(act), testing, "0198-run")
    told = api.get(f"{BASE}/status?sessionId={testing}").json()["session"]
    assert (told["flowRunId"], told["links"]["flowRun"]) == ("0198-run", "http://127.0.0.1:4200/runs/flow-run/0198-run")


def test_a_simulated_score_is_told_as_such(api, act):
    it = taken(ready(context.database(), act), act, len(STEPS), Options())
    assert api.get(f"{BASE}/status?sessionId={it.session_id}").json()["session"]["evaluation"]["simulated"] is True


def test_a_review_shows_verdict_diff_and_what_both_versions_said(asked, api, monkeypatch):
    given = replace(review.shown(asked), pairs=(reviewed_pair(),))
    monkeypatch.setattr(routes, "shown", lambda _: given)
    told = api.get(f"{BASE}/review?sessionId={asked}").json()
    assert (told["sessionId"], told["newVariant"], told["analysis"]["verdict"]) == (asked, "baseline_v2", "to_a_person")
    assert "+Be kind. Check the calendar before you offer a time." in told["diff"]["unifiedDiff"]
    [pair] = told["pairs"]
    assert pair["goal"] == "a deep clean"
    assert pair["incumbent"]["messages"] == [{"role": "user", "content": "A deep clean, please."}]
    assert (pair["candidate"]["booked"], pair["candidate"]["messages"]) == (None, [])


def test_a_review_of_pairs_whose_words_are_gone_still_shows_the_rest(asked, api):
    assert api.get(f"{BASE}/review?sessionId={asked}").json()["pairs"] == []


def test_a_review_of_a_session_that_nobody_knows_is_404(api):
    refusal(api.get(f"{BASE}/review?sessionId=retrain_x_1"), 404, "unknown-session")
