"""The words that set failures apart."""

from lifecycle_core.retraining.dialogue import Dialogue, Step
from lifecycle_core.retraining.phrases import telling_phrases, terms_of

COMMON = "hello i would like to book a cleaning of my flat please and thank you for your help"


def said(text, speaker="user"):
    return Dialogue((Step(speaker, text),), (), (), escalated=False, shows_calls=True)


def group(count, text, start=0, speaker="user"):
    return [(start + number, said(text, speaker)) for number in range(count)]


def test_stop_words_in_both_are_never_told():
    found = telling_phrases(group(40, f"{COMMON} on sunday"), group(120, COMMON, 100))

    assert [it.text for it in found] == ["on sunday"]


def test_what_one_customer_says_ten_times_is_said_once():
    alone = [(1, said(f"{COMMON} on sunday"))] * 40

    assert telling_phrases([*alone, *group(40, COMMON, 10)], group(120, COMMON, 100)) == ()


def test_what_failures_say_less_is_not_told():
    assert telling_phrases(group(40, COMMON), group(120, f"{COMMON} on sunday", 100)) == ()


def test_who_says_it_is_told():
    found = telling_phrases([*group(40, f"{COMMON} unfortunately not", speaker="assistant")], group(120, COMMON, 100, speaker="assistant"))

    assert {it.speaker for it in found} == {"assistant"}


def test_placeholders_of_personal_data_are_no_words():
    assert terms_of("Call <PHONE_4821> on sunday") == {"call", "on", "sunday", "on sunday"}


def test_no_failures_have_no_words():
    assert telling_phrases([], group(50, COMMON)) == ()
