"""A report as one HTML file: it stands alone, and what others wrote does nothing in it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from benchmarks._sessions import proved
from deployments.demo.browsing import chromium
from deployments.reports.chart import drawn
from deployments.reports.page import page
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.curve import curve
from lifecycle_core.retraining.report.blocks import Change, Facts, Report, Said, Section
from lifecycle_core.versions.diff import diff
from tests.reviewed import NOON
from tests.told import HOSTILE, ONE, report

VOID = {"meta", "br"}
GROWN = curve(proved(Provenance("test", NOON), 60), Policy())


class Read(HTMLParser):
    """The tags of a page, its attributes, its words, and whether each tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def read():
    return Read(page(report()))


def test_every_tag_is_closed(read):
    assert read.open == []


def test_it_runs_no_script_and_asks_for_nothing(read):
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(read.tags)
    asked = {name: value for name, value in read.attributes if name in {"src", "srcset", "data", "action"} or name.startswith("on")}
    assert asked == {}
    assert {value[0] for name, value in read.attributes if name == "href"} == {"#"}
    assert "url(" not in page(report())


def test_what_others_wrote_stands_there_word_for_word(read):
    assert sum(HOSTILE in words for words in read.words) >= 15


def test_a_prompt_is_shown_with_what_was_put_in_and_taken_out(read):
    assert "ins" in read.tags


def test_a_long_stretch_of_a_prompt_that_stayed_is_cut_and_its_length_told():
    one = replace(ONE, system_prompt="kind words " * 200)
    two = replace(one, version=2, system_prompt=f"{one.system_prompt}more")
    words = "".join(Read(page(of(Change(diff(one, two))))).words)
    assert re.search(r"… 1,9\d\d characters as before …", words)


def test_the_first_conversations_are_open():
    assert page(report()).count('<details class="sides" open>') == 3


def test_a_curve_s_lines_end_where_the_evidence_does():
    html = drawn(GROWN)
    better = re.findall(r'class="e_better" d="M([^"]*)"', html)[-1]
    places = [tuple(map(float, it.split())) for it in better.split("L")]
    assert (len(places), places[-1][0]) == (60, 100.0)
    assert all(0 <= height <= 100 for _, height in places)
    assert [height for _, height in places] == sorted((height for _, height in places), reverse=True)


def test_a_curve_says_in_words_what_it_shows():
    last = GROWN.points[-1]
    assert f'aria-label="After 60 samples the evidence of better is {last.e_better:,.1f} of 20."' in drawn(GROWN)


def of(*blocks):
    section = Section(key="a", title="A", lead="b", blocks=blocks)
    return Report(title="T", outcome=Said("O"), lead="l", figures=(), facts=Facts(()), sections=(section,))


@pytest.mark.browser
@pytest.mark.slow
def test_in_a_browser_it_fits_its_width_in_light_and_dark_with_scripts_off(tmp_path):
    file = tmp_path / "report.html"
    file.write_text(page(report()))
    with chromium() as browser:
        papers = set()
        for width, scheme in ((390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=False)
            seen = context.new_page()
            asked = []
            seen.on("request", lambda request, asked=asked: asked.append(request.url))
            seen.goto(file.as_uri())
            box = seen.locator("body").bounding_box()
            assert seen.locator("main").bounding_box()["width"] <= box["width"] <= width
            wide = [it for it in seen.locator("section > *").all() if it.bounding_box()["x"] + it.bounding_box()["width"] > width]
            assert wide == []
            assert asked == [file.as_uri()]
            papers.add(seen.screenshot(clip={"x": 0, "y": 0, "width": 4, "height": 4}))
            context.close()
    assert len(papers) == 2
