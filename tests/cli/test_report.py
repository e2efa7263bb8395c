"""`lifecycle report`: a session told as a page."""

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(lifecycle, tmp_path, asked_template):
    """A session that waits for a person."""
    return asked_template.to(tmp_path / "data" / "lifecycle.db")


@pytest.fixture
def report(lifecycle):
    """`lifecycle report retrain …`."""
    return lambda *words: lifecycle("report", "retrain", *words)


def test_a_report_is_one_html_page(report, asked):
    said = report(asked)
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.startswith("<!doctype html>\n")
    assert said.stdout.endswith("</body></html>\n")
    assert "Awaiting review" in said.stdout


def test_a_report_in_markdown_tells_the_same(report, asked):
    said = report(asked, "--format", "markdown")
    assert said.stdout.startswith(
        "# Retraining of baseline\n\n**Awaiting review.** The candidate baseline\\_v2 waits for a person's decision"
    )
    assert f"`lifecycle retrain verify {asked}`" in said.stdout


def test_a_report_goes_to_a_file_whole_and_its_size_is_told(report, asked, tmp_path):
    file = tmp_path / "report.html"
    said = report(asked, "--output", file)
    assert (said.stdout, said.stderr) == ("", f"Written: {file}, {file.stat().st_size:,} bytes\n")
    assert file.read_text() == report(asked).stdout


def test_a_status_names_the_report(lifecycle, asked):
    assert f"lifecycle report retrain {asked} --output report.html" in lifecycle("retrain", "status", asked).stdout


@pytest.mark.parametrize(("words", "told"), [(("retrain_x_1",), "retrain_x_1"), ((), "SESSION"), (("s", "--format", "pdf"), "pdf")])
def test_what_cannot_be_meant_is_2(report, words, told):
    said = report(*words)
    assert (said.exit_code, told in said.stderr) == (2, True)


def test_a_drift_is_told_as_a_page_and_as_markdown(watched):
    page = watched("report", "drift", "baseline", "--at", "2025-10-07T12:00:00Z").stdout
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    words = watched("report", "drift", "baseline", "--at", "2025-10-07T12:00:00Z", "--format", "markdown").stdout
    assert "| booking rate | 80.0% | 30.0% | -62.5% |" in words


@pytest.mark.parametrize("span", ["daily", "weekly"])
def test_a_day_and_a_week_are_summed_up(watched, span):
    words = watched("report", span, "--at", "2025-10-07T12:00:00Z", "--format", "markdown").stdout
    assert words.startswith(f"# The {span.removesuffix('ly').replace('dai', 'day')} to 2025-10-07 12:00Z")
    assert "| baseline |" in words


def test_a_report_of_a_variant_that_nobody_knows_is_2(lifecycle):
    assert lifecycle("report", "drift", "nobody").exit_code == 2
