"""The routes that the plan names, and the committed document of all of them."""

import pytest

from deployments.http.app import create_app
from deployments.http.openapi import DOCUMENT, document
from deployments.http.problems import MEDIA_TYPE

ROUTES = [
    ("get", "/api/lifecycle/drift/detect"),
    ("get", "/api/lifecycle/drift/history"),
    ("get", "/api/lifecycle/drift/metrics"),
    ("post", "/api/lifecycle/versions/register"),
    ("post", "/api/lifecycle/versions/activate"),
    ("post", "/api/lifecycle/versions/rollback"),
    ("get", "/api/lifecycle/versions/active"),
    ("get", "/api/lifecycle/versions/history"),
    ("get", "/api/lifecycle/versions/compare"),
    ("get", "/api/lifecycle/versions/diff"),
    ("post", "/api/lifecycle/versions/tag"),
    ("get", "/api/lifecycle/versions/list"),
    ("get", "/api/lifecycle/status"),
    ("get", "/api/reliability/metrics"),
    ("post", "/api/lifecycle/conversations"),
]


@pytest.fixture(scope="module")
def paths():
    return create_app().openapi()["paths"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_route_of_the_plan_exists_and_tells_its_refusals(paths, method, path):
    refusals = {code: it for code, it in paths[path][method]["responses"].items() if code != "200"}
    assert {"422", "500", "503"} <= set(refusals)
    assert all(list(it["content"]) == [MEDIA_TYPE] for it in refusals.values())


def test_the_committed_document_is_the_one_that_is_served():
    assert DOCUMENT.read_text() == document(), "run `make docs`"


def test_the_page_of_all_routes_asks_nothing_of_anywhere_else(client):
    page = client.get("/docs")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert all(path in page.text for _, path in ROUTES)
