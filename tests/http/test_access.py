"""Keys and roles at the door: every route, asked by every kind of caller; the matrix is read from the committed document."""

import json
import time
from datetime import timedelta
from itertools import product

import pytest

from deployments.http.access import ROLES
from deployments.http.openapi import DOCUMENT
from lifecycle_core.access import Role, reach
from lifecycle_core.operations import keys
from tasks import context

PUBLIC = {("GET", "/healthz"), ("GET", "/readyz")}
ROUTES = [
    (method.upper(), path, operation)
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items()
    for method, operation in methods.items()
]
GUARDED = [(method, path, frozenset(map(Role, it[ROLES]))) for method, path, it in ROUTES if (method, path) not in PUBLIC]
STATUS = "/api/lifecycle/status"
WHOAMI = "/api/lifecycle/whoami"
REGISTER = "/api/lifecycle/versions/register"


def made(name, *roles, **given):
    """The headers of a new key."""
    secret = context.new_secret()
    keys.create(context.database(), context.act("test"), name, roles=list(roles), secret=secret, **given)
    return {"Authorization": f"Bearer {secret.text}"}


@pytest.fixture
def holders(client):
    """Headers of a key of each role."""
    return {role: made(f"key of {role}", role) for role in Role}


def test_every_route_declares_its_roles_or_is_public():
    assert {(method, path) for method, path, it in ROUTES if ROLES not in it} == PUBLIC
    assert all(it["security"] == [{"key": []}] for _, _, it in ROUTES if ROLES in it)


@pytest.mark.slow
def test_each_role_is_admitted_where_it_is_declared_and_nowhere_else(client, holders):
    for role, (method, path, wanted) in product(Role, GUARDED):
        told = client.request(method, path, headers=holders[role], content=b"not json")
        if reach([role]) & wanted:
            assert told.status_code not in {401, 403}, (role, method, path, told.text)
        else:
            assert (told.status_code, told.json()["code"]) == (403, "forbidden"), (role, method, path)


def test_nobody_without_a_good_key_gets_past_the_door(client, holders):
    expired = made("expired", Role.ADMIN, expires_in=timedelta(microseconds=1))
    revoked = made("revoked", Role.ADMIN)
    keys.revoke(context.database(), context.act("test"), "revoked")
    good = holders[Role.ADMIN]["Authorization"]
    bad = [
        {},
        expired,
        revoked,
        {"Authorization": f"Bearer {context.new_secret().text}"},
        {"Authorization": good[:-1]},
        {"Authorization": good.replace("Bearer", "Basic")},
        {"Authorization": good.removeprefix("Bearer ")},
        {"Cookie": good},
    ]
    for headers, (method, path, _) in product(bad, GUARDED):
        told = client.request(method, path, headers=headers, content=b"not json")
        assert told.json()["code"] in {"unauthenticated", "rate-limited"}, (headers, method, path)
        assert told.status_code == 429 or (told.status_code, told.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_key_in_an_address_is_none(client, holders):
    key = holders[Role.ADMIN]["Authorization"].split()[1]
    assert client.get(STATUS, params={"key": key}).status_code == 401


def test_public_routes_need_no_key(client, holders):
    assert [client.request(method, path).status_code for method, path in sorted(PUBLIC)] == [200, 200]
    assert client.get("/openapi.json").status_code == client.get("/docs").status_code == 200


def test_without_any_key_everybody_on_this_machine_is_admin(client):
    told = client.get(WHOAMI).json()
    assert told == {"by": "http:anonymous", "roles": [*Role]}


def test_on_an_address_that_strangers_reach_nobody_is_let_in_without_a_key(client, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_API_HOST", "192.168.1.7")
    context.settings.cache_clear()
    assert client.get(STATUS).status_code == 401


def test_the_first_key_closes_the_door_within_a_second(client):
    assert client.get(STATUS).status_code == 200
    made("first", Role.READ)
    time.sleep(1)
    assert client.get(STATUS).status_code == 401


def test_a_revoked_key_is_good_no_more_within_a_second_and_the_door_stays_closed(client):
    only = made("only", Role.READ)
    assert client.get(STATUS, headers=only).status_code == 200
    keys.revoke(context.database(), context.act("test"), "only")
    time.sleep(1)
    assert client.get(STATUS, headers=only).status_code == client.get(STATUS).status_code == 401


def test_the_audit_log_names_the_key(client, holders):
    client.post(REGISTER, json={"variantName": "baseline", "systemPrompt": "be kind"}, headers=holders[Role.OPERATE])
    with context.database().read() as tx:
        from lifecycle_core.store import audit_asked

        assert [it.by for it in audit_asked.acts(tx, "model_versions:baseline/1")] == ["key:key of operate"]


def test_force_needs_the_role_approve(client, holders):
    told = [
        client.post("/api/lifecycle/retraining/finalize", json={"sessionId": "no", "force": True, "reason": "now"}, headers=holders[role])
        for role in (Role.OPERATE, Role.APPROVE)
    ]
    assert [it.json()["code"] for it in told] == ["forbidden", "unknown-session"]


def test_a_key_is_told_once_and_never_again(client):
    body, headers = {"name": "ada", "roles": ["admin"]}, {"Idempotency-Key": "once"}
    first = client.post("/api/lifecycle/keys/create", json=body, headers=headers).json()
    ada = {"Authorization": f"Bearer {first['key']}"}
    time.sleep(1)
    again = client.post("/api/lifecycle/keys/create", json=body, headers=headers | ada)
    listed = client.get("/api/lifecycle/keys", headers=ada)
    assert first["key"] not in again.text + listed.text
    assert [it["name"] for it in listed.json()["keys"]] == ["ada"]


def test_past_its_limit_a_key_waits_and_a_rollback_does_not(client, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_RATE_LIMIT", "3/hour")
    context.settings.cache_clear()
    headers = made("busy", Role.OPERATE)
    told = [client.get(STATUS, headers=headers) for _ in range(4)]
    assert [it.status_code for it in told] == [200, 200, 200, 429]
    assert told[-1].json()["code"] == "rate-limited"
    assert 0 < int(told[-1].headers["Retry-After"]) <= 3600
    rollback = client.post("/api/lifecycle/versions/rollback", json={"variantName": "baseline"}, headers=headers)
    assert rollback.status_code == 404


def test_a_key_that_fails_again_and_again_is_not_looked_up_any_more_and_locks_nobody_else_out(client, holders):
    wrong = holders[Role.READ]["Authorization"][:-7]
    other = context.new_secret()
    headers = {"Authorization": f"Bearer {other.text}"}
    told = [client.get(STATUS, headers=headers).status_code for _ in range(31)]
    assert told == [401] * 30 + [429]
    assert client.get(STATUS, headers=holders[Role.READ]).status_code == 200
    assert wrong not in client.get(STATUS, headers={"Authorization": wrong}).text
