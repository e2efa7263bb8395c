"""`Idempotency-Key`: a POST that is sent again, by a client that never heard the answer, is made once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks import idempotency
from lifecycle_core.access import Role
from lifecycle_core.operations import keys
from lifecycle_core.store.turns import Turns
from tasks import context
from tests.posts import ANCHOR, CASES, LIFECYCLE, PAIR, prepared

BASE = "/api/lifecycle/versions"
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


@pytest.fixture
def three(client):
    """A variant with three versions, activated one after the other."""
    for number in (1, 2, 3):
        client.post(f"{BASE}/register", json={"variantName": "baseline", "systemPrompt": f"prompt {number}"})
        client.post(f"{BASE}/activate", json={"variantName": "baseline", "version": number})
    return client


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("register", {"systemPrompt": "prompt 4", "metadata": {"changes": ["a"]}, "tools": [{"name": "book"}]}),
        ("activate", {"version": 1, "reason": "better"}),
        ("rollback", {}),
        ("tag", {"version": 1, "tag": "best", "description": "82%"}),
    ],
)
def test_a_replay_has_the_status_and_the_body_of_the_first_answer(three, route, body):
    first, again = (three.post(f"{BASE}/{route}", json={"variantName": "baseline", **body}, headers=KEY) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.status_code == 200


def test_conversations_sent_again_under_the_key_are_answered_as_the_first_time(client):
    body = [{"id": "a", "variant": "baseline", "ended_at": "2025-10-07T11:00:00Z", "segments": {"tier": "gold"}}]
    told = [client.post("/api/lifecycle/conversations", json=body, headers=KEY).json()["accepted"] for _ in range(2)]
    without = client.post("/api/lifecycle/conversations", json=body).json()["accepted"]
    assert (told, without) == ([1, 1], 0)


def test_other_conversations_under_the_key_are_422(client):
    bodies = [{"id": name, "variant": "baseline", "ended_at": "2025-10-07T11:00:00Z"} for name in "ab"]
    told = [client.post("/api/lifecycle/conversations", json=body, headers=KEY) for body in bodies]
    assert [(it.status_code, it.json().get("code")) for it in told] == [(200, None), (422, "idempotency-key-reused")]


def test_another_body_under_the_key_is_422_with_a_code_of_its_own(three):
    three.post(f"{BASE}/activate", json={"variantName": "baseline", "version": 1}, headers=KEY)
    told = three.post(f"{BASE}/activate", json={"variantName": "baseline", "version": 2}, headers=KEY)
    assert (told.status_code, told.json()["code"], told.json()["errors"][0]["field"]) == (422, "idempotency-key-reused", "Idempotency-Key")


@pytest.mark.parametrize("key", ["", "k" * 256, "a\tb"], ids=["empty", "long", "tab"])
def test_a_key_that_cannot_be_one_is_422(three, key):
    told = three.post(f"{BASE}/rollback", json={"variantName": "baseline"}, headers={"Idempotency-Key": key})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_a_hundred_parallel_rollbacks_under_one_key_go_back_once(three):
    def roll_back(_):
        return three.post(f"{BASE}/rollback", json={"variantName": "baseline"}, headers=KEY).content

    with ThreadPoolExecutor(10) as at_once:
        assert len(set(at_once.map(roll_back, range(100)))) == 1
    assert three.get(f"{BASE}/active", params={"variantName": "baseline"}).json()["version"] == 2


def test_every_post_documents_the_key(client):
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        if "post" in methods:
            assert "Idempotency-Key" in {it["name"] for it in methods["post"]["parameters"]}, path


OTHER = {
    f"{LIFECYCLE}/conversations": {"id": "other"},
    f"{LIFECYCLE}/policy/set": {"settings": {"bookingRateThreshold": 0.3}},
    f"{LIFECYCLE}/policy/reset": {"settings": ["recentHours"]},
    f"{LIFECYCLE}/keys/create": {"name": "bob"},
    f"{LIFECYCLE}/retraining/start": {"options": {"seed": 7}},
    f"{LIFECYCLE}/versions/register": {"systemPrompt": "other"},
    f"{LIFECYCLE}/versions/activate": {"version": 2},
    f"{LIFECYCLE}/versions/tag": {"tag": "best"},
    f"{LIFECYCLE}/versions/untag": {"tag": "best"},
    "/v1/traces": {"resourceSpans": []},
    "/api/reliability/shadow/samples": {"samples": [PAIR | {"scenarioId": "p2"}]},
}
"""What makes another request of a case's body; `reason` does of all others."""
REFUSED = {f"{LIFECYCLE}/drift/known", f"{LIFECYCLE}/keys/revoke"}
"""What is refused in the databases of the cases; a refusal is not kept."""


@pytest.fixture
def posted(client, tmp_path, request):
    """Posts a case's body under the key, with what is changed in it; nobody serves Prefect, and an admin asks."""

    def begin(path):
        body = prepared(path, tmp_path, lambda kind: request.getfixturevalue(f"{kind}_template"))
        secret = context.new_secret()
        keys.create(context.database(), context.act("test"), "grace", roles=[Role.ADMIN], secret=secret)
        headers = KEY | {"Authorization": f"Bearer {secret.text}"}
        return lambda path, **changed: client.post(path, json=body | changed, headers=headers)

    return begin


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(set(CASES) - REFUSED - {ANCHOR}))
def test_every_post_is_made_once_under_its_key_and_refuses_another_request(posted, path):
    post = posted(path)
    first, again = post(path), post(path)
    other = post(path, **OTHER.get(path, {"reason": "another"}))
    assert first.status_code // 100 == 2, first.text
    if path.endswith("keys/create"):
        assert (again.status_code, again.json()["code"]) == (409, "told-once")
    else:
        assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(REFUSED))
def test_a_refusal_is_not_kept(posted, path):
    post = posted(path)
    assert [post(path).status_code, post(path, reason="another").status_code] == [404, 404]


@pytest.mark.slow
def test_what_is_killed_in_the_middle_and_sent_again_is_made_once():
    found = idempotency.run(posts=20, kills=1, routes="/rollback")
    assert (found["routes"], found["kills"], found["objects_max"], found["lost"], found["differing_answers"]) == (1, 1, 1, 0, 0)


def test_the_benchmark_has_every_post_that_there_is():
    assert set(idempotency.CASES) == set(CASES)


def test_a_request_that_waits_too_long_for_another_may_come_again(client, monkeypatch):
    turns = Turns(within_s=0.01)
    monkeypatch.setattr(context.database(), "_turns", turns)
    with turns.taken():
        told = client.post(f"{BASE}/register", json={"variantName": "baseline", "systemPrompt": "new"}, headers=KEY)
    assert (told.status_code, told.headers["Retry-After"]) == (503, "1")
