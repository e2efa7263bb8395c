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
