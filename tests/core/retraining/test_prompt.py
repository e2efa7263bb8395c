import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle_core.retraining.prompt import Edit, EditError, Prompt, edited

PLAIN = "You are an agent.\n\nRules:\n- Be kind.\n- Be brief.\n\nTools:\nUse them.\n"


def edit(**given):
    return Edit(**{"section": "Rules", "action": "add", "cites": "pricing", **given})


@given(st.text(alphabet=st.sampled_from("# aB:\n-1.\t")))
def test_sections_joined_are_the_prompt_to_the_letter(text):
    assert Prompt.of(text).text == text


def test_sections_begin_at_headings_and_at_short_lines_with_a_colon():
    assert [it.name for it in Prompt.of("Hi.\n## Booking ##\nx\nPrices:\ny\nNote that: no.\n").sections] == ["opening", "Booking", "Prices"]


def test_two_sections_of_one_name_stay_apart():
    assert [it.name for it in Prompt.of("# A\n1\n# A\n2").sections] == ["A", "A (2)"]


def test_an_edit_to_a_list_becomes_an_item_of_it():
    assert "- Be brief.\n- State prices.\n\nTools:" in edited(PLAIN, [edit(text="State prices.")])


def test_an_item_of_a_numbered_list_gets_the_next_number():
    assert edited("# A\n1. x\n2. y", [edit(section="A", text="- z")]) == "# A\n1. x\n2. y\n3. z"


@pytest.mark.parametrize(
    ("prompt", "after"),
    [
        ("Be kind.", "Be kind.\n\n# Prices\nTell."),
        ("## A\nx\n", "## A\nx\n\n## Prices\nTell."),
        ("A:\nx", "A:\nx\n\nPrices:\nTell."),
        ("", "# Prices\nTell."),
    ],
)
def test_a_section_that_is_not_there_is_appended_in_the_prompts_own_style(prompt, after):
    assert edited(prompt, [edit(section="Prices", text="Tell.")]) == after


def test_a_section_is_found_however_its_name_is_written():
    assert "- Tell." in edited(PLAIN, [edit(section="## rules:", text="Tell.")])


def test_a_passage_is_replaced_and_removed():
    assert "- Be short." in edited(PLAIN, [edit(action="replace", old="Be brief.", text="Be short.")])
    assert "Be kind" not in edited(PLAIN, [edit(action="remove", old="- Be kind.\n")])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"text": " \n"}, "adds nothing"),
        ({"action": "replace", "old": "Be", "text": "x"}, "2 times"),
        ({"action": "remove", "old": "Be rude."}, "0 times"),
        ({"action": "remove", "old": ""}, "0 times"),
        ({"action": "replace", "section": "Nowhere", "old": "x"}, r"no section 'Nowhere'; it has 'opening', 'Rules', 'Tools'"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(wrong, words):
    with pytest.raises(EditError, match=words):
        edited(PLAIN, [edit(**wrong)])
