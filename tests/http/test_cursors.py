"""Cursors: handed back as they were given, for the list that they are of, and stable while rows come in."""

import json

import pytest
from itsdangerous import BadSignature, URLSafeSerializer

from deployments.http import cursors
from deployments.http.openapi import DOCUMENT
from lifecycle_core.operations import versions
from tasks import context

LIST = "/api/lifecycle/versions/list"
HISTORY = "/api/lifecycle/versions/history"


@pytest.fixture
def five(client):
    """Five variants, and five versions of one of them."""
    cursors._signer.cache_clear()
    for number in range(5):
        versions.register(context.database(), context.act("test"), variant="a", system_prompt=f"prompt {number}")
        versions.activate(context.database(), context.act("test"), "a", number + 1)
        versions.register(context.database(), context.act("test"), variant=f"v{number}", system_prompt="prompt")
    return client


def pages(client, path, **params):
    """Every page, by the addresses of the header `Link`."""
    told = client.get(path, params=params)
    yield told.json()
    while "Link" in told.headers:
        address, _, relation = told.headers["Link"].partition(">; ")
        assert relation == 'rel="next"'
        told = client.get(address[1:])
        yield told.json()


def test_pages_have_everything_once(five):
    found = [it["variant_name"] for page in pages(five, LIST, limit=2) for it in page["variants"]]
    assert found == ["a", "v0", "v1", "v2", "v3", "v4"]


def test_versions_and_activations_are_paged_together(five):
    found = list(pages(five, HISTORY, variantName="a", limit=2))
    assert [it["version"] for page in found for it in page["versions"]] == [5, 4, 3, 2, 1]
    assert [it["revision"] for page in found for it in page["activations"]] == [5, 4, 3, 2, 1]


def test_a_row_that_comes_in_between_repeats_and_hides_none(five):
    first = five.get(HISTORY, params={"variantName": "a", "limit": 2}).json()
    versions.register(context.database(), context.act("test"), variant="a", system_prompt="another")
    second = five.get(HISTORY, params={"variantName": "a", "limit": 2, "cursor": first["nextCursor"]}).json()
    assert [it["version"] for it in second["versions"]] == [3, 2]


def test_a_cursor_that_was_tampered_with_is_400(five):
    cursor = five.get(LIST, params={"limit": 2}).json()["nextCursor"]
    for wrong in (cursor[:-1], cursor[1:], cursor.swapcase(), "2", ""):
        told = five.get(LIST, params={"cursor": wrong})
        assert (told.status_code, told.json()["code"]) == (400, "invalid-cursor")


def test_a_cursor_of_another_list_is_400(five):
    cursor = five.get(HISTORY, params={"variantName": "a", "limit": 2}).json()["nextCursor"]
    assert five.get(HISTORY, params={"variantName": "v0", "cursor": cursor}).status_code == 400
    assert five.get(LIST, params={"cursor": cursor}).status_code == 400


def test_another_process_reads_it(five):
    cursor = five.get(LIST, params={"limit": 2}).json()["nextCursor"]
    cursors._signer.cache_clear()
    assert five.get(LIST, params={"cursor": cursor}).status_code == 200


def paged():
    """Every route that is paged."""
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items():
        if "cursor" in {it["name"] for it in methods.get("get", {}).get("parameters", ())}:
            yield path


PAGED = list(paged())


def test_what_can_grow_is_paged():
    assert {it.removeprefix("/api/lifecycle/") for it in PAGED} >= {
        "drift/history",
        "policy/history",
        "retraining/history",
        "versions/history",
        "versions/list",
        "audit",
    }


@pytest.mark.parametrize("path", PAGED)
def test_each_page_is_bounded_and_takes_no_cursor_that_was_not_given_out_for_it(five, path):
    [of] = {"versions/history": [{"variantName": "a"}], "policy/history": [{"variant": "a"}]}.get(
        path.removeprefix("/api/lifecycle/"), [{}]
    )
    elsewhere = five.get(HISTORY, params={"variantName": "a", "limit": 1}).json()["nextCursor"]
    for wrong in ("1", f"{elsewhere}x", elsewhere if of != {"variantName": "a"} else "a"):
        told = five.get(path, params=of | {"cursor": wrong})
        assert (told.status_code, told.json()["code"]) == (400, "invalid-cursor")
    assert five.get(path, params=of).status_code == 200
    assert five.get(path, params=of | {"limit": 1001}).status_code == 422


def test_the_order_of_what_is_asked_and_how_many_is_no_other_list(five):
    cursor = five.get(f"{HISTORY}?variantName=a&limit=2").json()["nextCursor"]
    assert five.get(f"{HISTORY}?limit=3&cursor={cursor}&variantName=a").status_code == 200


def test_the_longest_name_has_a_cursor_that_is_taken(five):
    for number in range(3):
        versions.register(context.database(), context.act("test"), variant=f"{number}".rjust(200, "\U0001f9ea"), system_prompt="prompt")
    found = [it["variant_name"] for page in pages(five, LIST, limit=1) for it in page["variants"]]
    assert len(found) == 9


def test_a_cursor_tells_nothing_of_the_key_that_signed_it(five):
    cursor = five.get(LIST, params={"limit": 2}).json()["nextCursor"]
    for key in (b"", b"cursors"):
        with pytest.raises(BadSignature):
            URLSafeSerializer(key, salt=cursors.PURPOSE).loads(cursor)
