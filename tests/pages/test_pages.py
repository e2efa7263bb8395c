"""The pages in a real browser: whether they are sound, can be read by everybody, and serve whoever has nothing else."""

from dataclasses import replace
from importlib.resources import files
from urllib.parse import quote, urlsplit

import pytest

from benchmarks._hostile import CORPUS, hostile, retrained, said
from benchmarks._worlds import made
from benchmarks.walk import walk
from deployments.dashboard import retraining as retraining_page
from deployments.dashboard.frame import Frame
from deployments.reports import page as report_page
from lifecycle_core.access import Role
from lifecycle_core.operations import versions_asked
from lifecycle_core.retraining.report.whole import report
from tasks import context, reports
from tests.pages.conftest import serving
from tests.reviewed import reviewed_pair

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


@pytest.mark.parametrize("scripts", [True, False])
def test_a_new_user_finds_the_drift_judges_a_candidate_approves_it_and_takes_it_back(site, browser, scripts):
    page = browser.new_context(java_script_enabled=scripts).new_page()
    steps = [(it, versions_asked.active(context.database(), "awaiting").version) for it in walk(page, site.url)]
    page.context.close()
    read, active = [it.read for it, _ in steps], [version for _, version in steps]
    assert "Drifting" in read[0]
    assert "against" in read[1]
    assert "✓ Evidence z = " in read[2]
    assert "Approved." in read[6]
    assert "Rolled back." in read[9]
    assert active == [1] * 6 + [2] * 3 + [1]


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
        names = [quote(it.variant_name, safe="") for it in versions_asked.list_variants(context.database())]
        of_each = ("/variant?variant={}", "/explain?variant={}", "/version?variant={}&version=1")
        paths = ["/", "/alerts", "/audit", "/settings", *(path.format(name) for name in names for path in of_each)]
        assert len(CORPUS) >= 50
        assert ran(browser, [f"{site.url}{path}" for path in paths]) == []


def test_whatever_is_typed_into_a_retraining_runs_nowhere(tmp_path, sqlite_template, browser):
    with serving(made(tmp_path / "data", sqlite_template, retrained)) as site:
        name = versions_asked.list_variants(context.database())[0].variant_name
        session = site.session(name)
        at = quote(session, safe="")
        served = [f"{site.url}{path}?sessionId={at}" for path in ("/retraining", "/retraining/report")]
        found = replace(reports.source_of(session), pairs=(said(reviewed_pair()),))
        bare = Frame(
            by=CORPUS[0],
            roles=frozenset(Role),
            signed_in=True,
            token=CORPUS[2],
            at=context.now(),
            checked_at=None,
            interval_s=3600,
            path="/",
        )
        pages = [retraining_page.page(bare, found, CORPUS[-8]), report_page.page(report(found))]
        assert all(text.count("ontoggle=(window.ran") > len(CORPUS) for text in pages)  # it is there, as words
        assert ran(browser, served, pages) == []


def ran(browser, addresses, texts=()):
    """What ran on these pages, and on pages of these texts, of what is in the corpus."""
    context_of = browser.new_context(bypass_csp=True)  # what is escaped must not lean on the policy
    page, found = context_of.new_page(), []
    page.on("dialog", lambda it: found.append(it.message) or it.dismiss())
    for address in addresses:
        page.goto(address)
        found += page.evaluate("window.ran || []")
    for text in texts:
        page.goto("about:blank")
        page.set_content(text)
        found += page.evaluate("window.ran || []")
    context_of.close()
    return found


def test_what_is_not_escaped_would_be_seen_to_run(browser):
    assert ran(browser, [], [f"<p>{it}</p>" for it in CORPUS[1:4]]) != []
