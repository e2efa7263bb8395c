"""The summary of a day or a week, as it is left on Prefect's pages."""

import pytest

from lifecycle_core.operations import versions
from tasks import context, summaries

HOSTILE = "![x](http://a.b)"


@pytest.mark.parametrize(("key", "span"), [(summaries.DAILY, "day"), (summaries.WEEKLY, "week")])
def test_a_summary_is_left_under_its_key_and_others_words_draw_nothing(installed, monkeypatch, key, span):
    left = {}
    monkeypatch.setattr(summaries, "create_markdown_artifact", lambda **it: left.update(it))
    versions.register(installed, context.act("test"), variant=HOSTILE, system_prompt="one")
    versions.activate(installed, context.act("test"), HOSTILE, 1)
    said = summaries.leave_summary.fn(key)
    assert left["key"] == key
    assert left["markdown"].startswith(f"# The {span} to 20")
    assert left["description"] == "**None of 0 variants drifts now; 0 candidates were promoted, 0 rolled back.**"
    assert said.startswith("none of 0 variants")
    assert HOSTILE not in left["markdown"]
