"""Prefect's pages as they are served: what a reader sees there, and that a browser asks nobody else."""

from urllib.parse import urlsplit

import pytest

from deployments.demo.browsing import chromium
from tests.served import HOSTILE, until

pytestmark = [pytest.mark.browser, pytest.mark.prefect, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser():
    with chromium() as it:
        yield it


@pytest.fixture
def page(browser):
    """A page, and in `asked` whom it asked for anything."""
    it = browser.new_page(viewport={"width": 1440, "height": 900})
    it.asked = set()
    it.on("request", lambda request: it.asked.add(urlsplit(request.url).netloc or urlsplit(request.url).scheme))
    yield it
    it.close()


@pytest.fixture
def places(served):
    """Where each kind of page is."""
    run = until(served.scheduled)[0]
    [deployment] = [it for it in served.prefect("/deployments/filter", {}) if it["name"] == "watch-drift"]
    [artifact] = served.prefect("/artifacts/latest/filter", {})
    return {
        "dashboard": "/dashboard",
        "runs": "/runs",
        "run": f"/runs/flow-run/{run['id']}",
        "deployments": "/deployments",
        "deployment": f"/deployments/deployment/{deployment['id']}",
        "artifacts": "/artifacts",
        "artifact": f"/artifacts/artifact/{artifact['latest_id']}",
        "time line": "/artifacts/key/drift",
    }


SHOWS = {
    "dashboard": "Flow Runs",
    "runs": "watch-drift 20",
    "run": "Finished in state Completed",
    "deployments": "watch-drift",
    "deployment": "Next Run",
    "artifacts": "Drift in 1 of 3 variants",
    "artifact": "booking rate",
    "time line": "drift",
}


@pytest.mark.parametrize("kind", list(SHOWS))
def test_a_page_shows_what_it_is_for_and_asks_nobody_else(served, places, page, kind):
    page.goto(f"{served.prefect_url}{places[kind]}")
    page.get_by_text(SHOWS[kind]).first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    assert page.asked <= {f"127.0.0.1:{served.prefect_port}", "data", "blob"}


def test_a_variant_s_hostile_name_is_shown_as_it_is_written(served, places, page):
    page.goto(f"{served.prefect_url}{places['artifact']}")
    page.get_by_text(HOSTILE).first.wait_for(timeout=60_000)
    assert page.locator("main img, table img").count() == 0


def test_the_newer_pages_are_not_what_an_address_leads_to(served, page):
    page.goto(served.prefect_url)
    page.get_by_text("Switch to V2 UI").first.wait_for(timeout=60_000)
    assert "/v2" not in page.url
