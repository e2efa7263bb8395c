"""The pages at the door: who gets in, which forms count, and that each act is made once, by the rules that programs go by."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.routing import APIRoute

from benchmarks import _worlds
from deployments.dashboard.rendering import POLICY
from deployments.http.access import ROLES
from deployments.http.cookies import COOKIE
from deployments.http.routes import acts, pages, signing
from lifecycle_core.access import Role
from lifecycle_core.alerts.looks import BETWEEN_INCIDENTS
from lifecycle_core.operations import alerts, audit, keys, versions, versions_asked
from tasks import context

SEEN = ("/", "/variant?variant=a", "/version?variant=a&version=1", "/explain?variant=a", "/alerts", "/audit", "/settings")
PUBLIC = {"/static/style.css", "/static/htmx.min.js", "/sign-in", "/sign-out"}
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def asked(client):
    """The pages of a variant with two versions, as a browser asks for them."""
    act = context.act("test")
    for number, prompt in enumerate(("one", "two"), 1):
        versions.register(context.database(), act, variant="a", system_prompt=prompt)
        versions.activate(context.database(), act, "a", number)
    client.headers |= BROWSER
    client.follow_redirects = False
    return client


def made(name, role):
    """The secret of a new key."""
    secret = context.new_secret()
    keys.create(context.database(), context.act("test"), name, roles=[role], secret=secret)
    return secret.text


def token(client, path="/variant?variant=a"):
    """What a form of a page carries."""
    return re.search(r'name="token" value="([^"]+)"', client.get(path).text)[1]


def active():
    return versions_asked.active(context.database(), "a")


@pytest.mark.parametrize("path", SEEN)
def test_a_page_is_sent_with_the_policy_and_carries_no_style_or_script_of_its_own(asked, path):
    answer = asked.get(path)
    assert (answer.status_code, answer.headers["Content-Security-Policy"]) == (200, POLICY)
    assert not re.search(r"<style|style=|<script(?! src)| on\w+=", answer.text)


def test_every_page_says_which_role_it_needs_or_is_public():
    routes = [it for router in (pages.router, acts.router, signing.router) for it in router.routes if isinstance(it, APIRoute)]
    assert {it.path for it in routes if not it.openapi_extra} == PUBLIC
    assert all(it.openapi_extra[ROLES] != ["read"] for it in acts.router.routes)


def test_looking_at_pages_changes_nothing(asked):
    asked.get("/")  # the key that forms are signed by is made by whoever looks first
    before = audit.newest(context.database(), audit.Asked(None, None, None, None), 1, None)
    for path in SEEN:
        asked.get(path)
    assert audit.newest(context.database(), audit.Asked(None, None, None, None), 1, None) == before


def test_a_form_that_is_sent_twice_rolls_back_once(asked):
    form = {"token": token(asked), "variant": "a", "etag": active().etag, "reason": "complaints"}
    first, second = (asked.post("/variant/rollback", data=form) for _ in range(2))
    assert (first.status_code, first.headers["location"]) == (303, "/variant?variant=a&done=rolled-back")
    assert second.status_code == 303
    assert active().version == 1


def test_a_rollback_from_another_version_than_the_page_showed_is_refused(asked):
    form = {"token": token(asked), "variant": "a", "etag": active().etag}
    versions.roll_back(context.database(), context.act("test"), "a")
    answer = asked.post("/variant/rollback", data=form)
    assert answer.status_code == 412
    assert "<h1>Precondition Failed</h1>" in answer.text


@pytest.mark.parametrize("given", ["", "made-up", None])
def test_a_form_that_no_page_gave_changes_nothing(asked, given):
    answer = asked.post("/variant/rollback", data={"variant": "a"} | ({} if given is None else {"token": given}))
    assert (answer.status_code, active().version) == (403, 2)


def test_a_form_of_another_site_changes_nothing(asked):
    form = {"token": token(asked), "variant": "a", "etag": active().etag}
    answer = asked.post("/variant/rollback", data=form, headers={"Origin": "http://elsewhere.example"})
    assert (answer.status_code, active().version) == (403, 2)


def test_what_is_typed_into_a_form_is_held_to_what_programs_are_held_to(asked):
    form = {"token": token(asked), "variant": "a", "hours": "9999", "reason": "x"}
    assert asked.post("/variant/silence", data=form).status_code == 422
    assert asked.post("/variant/silence", data=form | {"hours": "soon"}).status_code == 422
    assert asked.post("/variant/silence", data=form | {"hours": "1.5"}).headers["location"] == "/alerts?done=silenced"
    assert [it.reason for it in alerts.now(context.database(), context.now()).silences] == ["x"]


def test_whoever_has_no_key_is_asked_for_one_and_comes_back_to_where_he_was(asked):
    secret = made("ada", Role.OPERATE)
    first = asked.get("/variant?variant=a")
    assert (first.status_code, parse_qs(urlsplit(first.headers["location"]).query)) == (303, {"to": ["/variant?variant=a"]})
    assert "not good" in asked.get(asked.post("/sign-in", data={"key": "al_wrong"}).headers["location"]).text
    answer = asked.post("/sign-in", data={"key": secret, "to": "/variant?variant=a"})
    assert answer.headers["location"] == "/variant?variant=a"
    assert {"HttpOnly", "SameSite=strict"} <= set(answer.headers["set-cookie"].split("; "))
    assert "Sign out" in asked.get("/variant?variant=a").text
    asked.post("/sign-out")
    assert asked.get("/").status_code == 303


@pytest.mark.parametrize("to", ["https://example.org", "//example.org", "/\\example.org"])
def test_signing_in_leads_nowhere_else(asked, to):
    secret = made("ada", Role.READ)
    assert asked.post("/sign-in", data={"key": secret, "to": to}).headers["location"] == "/"


def test_the_cookie_is_no_key_to_the_api(asked):
    asked.cookies.set(COOKIE, made("ada", Role.ADMIN))
    assert asked.get("/").status_code == 200
    assert asked.get("/api/lifecycle/status").status_code == 401


def test_a_reader_is_shown_no_form_and_may_send_none(asked):
    asked.cookies.set(COOKIE, made("reader", Role.READ))
    told = asked.get("/variant?variant=a").text
    assert 'action="/variant/rollback"' not in told
    assert "This needs the role operate" in told
    form = {"token": token(asked), "variant": "a", "etag": active().etag}
    assert asked.post("/variant/rollback", data=form).status_code == 403


def test_a_form_of_somebody_else_does_not_count(asked):
    asked.cookies.set(COOKIE, made("ada", Role.OPERATE))
    given = token(asked)
    asked.cookies.set(COOKIE, made("bo", Role.OPERATE))
    assert asked.post("/variant/rollback", data={"token": given, "variant": "a", "etag": active().etag}).status_code == 403


def test_an_act_names_whoever_signed_in(asked):
    asked.cookies.set(COOKIE, made("ada", Role.OPERATE))
    asked.post("/variant/rollback", data={"token": token(asked), "variant": "a", "etag": active().etag, "reason": "calls"})
    newest = versions_asked.history(context.database(), "a", 1).activations[0]
    assert (newest.by, newest.why) == ("key:ada", "calls")


def test_an_empty_installation_says_what_to_type_first(client):
    told = client.get("/").text
    assert "lifecycle ingest conversations.jsonl" in told


def test_the_script_is_the_one_that_was_checked():
    from hashlib import sha256

    from deployments.dashboard.rendering import STATIC

    assert sha256((STATIC / "htmx.min.js").read_bytes()).hexdigest() == "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de"
    assert "Zero-Clause BSD" in (STATIC / "htmx.LICENSE").read_text()


def test_an_incident_is_told_in_numbers_on_the_fleet_s_page_as_in_the_alert_s_message(asked):
    _worlds.incident(context.database())
    [told] = alerts.messages(context.database(), None, 10)
    first = told.message.title.removeprefix("baseline: incident: ").split(BETWEEN_INCIDENTS)[0]
    assert re.search(r"\d\.\d%", first)
    assert first in html.unescape(asked.get("/").text)
