"""Words of others on Prefect's pages."""

import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from benchmarks._sessions import proved
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.curve import curve
from lifecycle_core.retraining.report.blocks import Growth
from tasks.markdown import literal, literal_cell, whole, wrapped_diff, written
from tests.reviewed import NOON
from tests.told import report


def test_what_a_customer_wrote_draws_no_picture_follows_no_link_and_breaks_no_table():
    assert literal_cell("![x](http://a.b) |\n<b>") == r"\!\[x\](http\://a\.b) \| \<b\>"


def test_a_long_line_of_a_diff_is_cut_and_each_part_keeps_its_sign():
    lines = wrapped_diff([f"+{'word ' * 30}"]).splitlines()[1:-1]
    assert len(lines) > 3
    assert all(line.startswith("+word") and len(line) <= 41 for line in lines)


def test_a_prompt_cannot_close_the_block_that_its_diff_stands_in():
    assert wrapped_diff(["+````", "+# heading"]).count("````") == 2


def rendered(text):
    """What a reader of Markdown with GitHub's tables is shown: the tags, and the words."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    return set(re.findall(r"<(\w+)", html)), unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize(
    "words",
    [
        "# no heading",
        "1. no list",
        "- no list",
        "a\n---\nb",
        "a\n===",
        "> no quote",
        "<b>no</b>",
        "*no* _no_ ~~no~~ `no`",
        "[a](http://b.c)",
        "a & &amp;",
    ],
)
def test_words_of_others_are_shown_as_they_stand(words):
    tags, shown = rendered(literal(words))
    assert tags <= {"p", "br"}
    assert shown.split() == words.split()


def test_a_whole_report_draws_links_and_runs_nothing_that_others_wrote():
    tags, shown = rendered(whole(report()))
    assert tags <= {"h1", "h2", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "br"}
    assert " ".join(shown.split()).count("<script>alert(1)</script> ![p](http://evil.example/p.png)") >= 10


def test_a_curve_is_told_at_its_looks_and_its_end():
    lines = written(Growth(curve(proved(Provenance("test", NOON), 160), Policy()))).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 100", "| 150", "| 160"]


def test_of_many_looks_eight_at_most_are_told_the_last_among_them():
    lines = written(Growth(curve(proved(Provenance("test", NOON), 960), Policy()))).splitlines()
    assert 4 < len(lines) - 2 <= 8
    assert lines[-1].startswith("| 960 | ")
