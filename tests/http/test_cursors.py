"""Cursors: handed back as they were given, for the list that they are of, and stable while rows come in."""

import pytest

from deployments.http import cursors
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
