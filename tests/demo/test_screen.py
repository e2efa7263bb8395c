"""What the demo prints, on a terminal and elsewhere."""

from deployments.demo.screen import Screen


def printed(act, *, terminal):
    found: list[str] = []
    act(Screen(found.append, terminal=terminal))
    return "".join(found)


def test_a_growing_line_takes_its_own_place_on_a_terminal_and_ends_before_the_next_line():
    def grow(screen):
        screen.grow("one", worth_a_line=False)
        screen.grow("two", worth_a_line=False)
        screen.say("done")

    assert printed(grow, terminal=True) == "\r\x1b[K     one\r\x1b[K     two\ndone\n"


def test_elsewhere_only_what_is_worth_a_line_is_printed():
    def grow(screen):
        screen.grow("one", worth_a_line=False)
        screen.grow("two", worth_a_line=True)

    assert printed(grow, terminal=False) == "     two\n"


def test_columns_of_a_table_stand_under_their_headers():
    told = printed(lambda screen: screen.table(("issue", "lift"), [("pricing", "2.0x")]), terminal=False)
    assert told == "     issue    lift\n     ───────  ────\n     pricing  2.0x\n"


def test_a_diff_has_colours_on_a_terminal_alone():
    told = [printed(lambda screen: screen.diff(["+new"]), terminal=it) for it in (True, False)]
    assert told == ["     \x1b[32m+new\x1b[0m\n", "     +new\n"]


def test_after_its_last_line_it_prints_nothing():
    def hush(screen):
        screen.say("last")
        screen.hush()
        screen.say("more")

    assert printed(hush, terminal=False) == "last\n"
