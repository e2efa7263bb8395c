"""The pages in a real browser: whether they are sound, can be read by everybody, and serve whoever has nothing else."""

from importlib.resources import files
from urllib.parse import quote, urlsplit

import pytest

from benchmarks._hostile import CORPUS, hostile
from benchmarks._worlds import made
from lifecycle_core.operations import versions_asked
from tasks import context
from tests.pages.conftest import serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [(390, "dark", 0), (1440, "light", 1)]


def paths(site):
    """Every page, in the states that make it another."""
    sessions = [f"/retraining?sessionId={site.session(it)}" for it in ("awaiting", "mid-shadow", "rolled-back")]
    variants = [f"/variant?variant={it}" for it in ("drifting&days=28", "rolled-back")]
    rest = [
        "/",
        "/explain?variant=drifting&metric=cost",
        "/version?variant=promoted&version=2",
        "/alerts",
        "/audit/verify",
        "/settings",
    ]
    return [*rest, *variants, *sessions, "/sign-in", "/nowhere"]


@pytest.mark.parametrize(("width", "scheme", "turn"), LOOKS)
def test_no_page_breaks_its_policy_asks_elsewhere_overflows_or_shuts_anybody_out(site, browser, width, scheme, turn):
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    wrong, asked = [], set()
    page.on("console", lambda it: wrong.append(it.text) if it.type == "error" and "404" not in it.text else None)
    page.on("pageerror", lambda it: wrong.append(str(it)))
    page.on("request", lambda it: asked.add(urlsplit(it.url).netloc))
    for number, path in enumerate(paths(site)):
        page.goto(f"{site.url}{path}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path} is wider than {width}")
        if number % len(LOOKS) == turn:  # each page in one look; `benchmarks pages` has them in all
            page.evaluate(axe)
            found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
            wrong += [f"{path}: {it['id']} at {it['nodes'][0]['html'][:200]}" for it in found]
    page.close()
    assert wrong == []
    assert asked <= {urlsplit(site.url).netloc, ""}


def test_a_person_without_scripts_finds_the_drift_approves_a_candidate_and_takes_it_back(site, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(site.url)
    page.get_by_role("link", name="drifting").click()
    assert "against" in page.locator(".verdict").inner_text()
    page.get_by_role("link", name="What contributes, and the conversations behind it").first.click()
    assert page.get_by_text("Conversations that show it").is_visible()
    page.goto(site.url)
    page.get_by_role("link", name="Approve or reject awaiting_v2").click()
    page.locator("#why").fill("read the pairs")
    page.get_by_role("button", name="Approve awaiting_v2").click()
    assert "Approved." in page.locator(".said").inner_text()
    assert versions_asked.active(context.database(), "awaiting").version == 2
    page.get_by_role("link", name="awaiting", exact=True).click()
    page.get_by_text("Roll back to version 1").first.click()
    page.get_by_role("button", name="Roll back to version 1").click()
    assert "Rolled back." in page.locator(".said").inner_text()
    assert versions_asked.active(context.database(), "awaiting").version == 1
    page.context.close()


def test_the_evidence_of_a_test_that_goes_on_is_looked_at_again_by_itself(site, browser):
    page = browser.new_page()
    page.clock.install()
    page.goto(f"{site.url}/retraining?sessionId={site.session('mid-shadow')}")
    with page.expect_response(lambda it: "/retraining?" in it.url and it.request.headers.get("hx-request") == "true") as answer:
        page.clock.run_for(11_000)
    assert answer.value.status == 200
    page.close()


def test_whatever_is_typed_anywhere_runs_nowhere(tmp_path, sqlite_template, browser):
    with serving(made(tmp_path / "data", sqlite_template, hostile)) as site:
        context_of = browser.new_context(bypass_csp=True)  # what is escaped must not lean on the policy
        page = context_of.new_page()
        ran = []
        page.on("dialog", lambda it: ran.append(it.message) or it.dismiss())
        names = [it.variant_name for it in versions_asked.list_variants(context.database())]
        for name in names:
            it = quote(name, safe="")
            for path in (f"/variant?variant={it}", f"/explain?variant={it}", f"/version?variant={it}&version=1"):
                page.goto(f"{site.url}{path}")
                ran += page.evaluate("window.ran || []")
        for path in ("/", "/alerts", "/audit", "/settings"):
            page.goto(f"{site.url}{path}")
            ran += page.evaluate("window.ran || []")
        context_of.close()
        assert len(CORPUS) >= 50
        assert ran == []
