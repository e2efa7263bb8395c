"""Words of others on Prefect's pages."""

from tasks.markdown import literal_cell, wrapped_diff


def test_what_a_customer_wrote_draws_no_picture_follows_no_link_and_breaks_no_table():
    assert literal_cell("![x](http://a.b) |\n<b>") == r"\!\[x\](http\://a\.b) \| \<b\>"


def test_a_long_line_of_a_diff_is_cut_and_each_part_keeps_its_sign():
    lines = wrapped_diff([f"+{'word ' * 30}"]).splitlines()[1:-1]
    assert len(lines) > 3
    assert all(line.startswith("+word") and len(line) <= 41 for line in lines)


def test_a_prompt_cannot_close_the_block_that_its_diff_stands_in():
    assert wrapped_diff(["+````", "+# heading"]).count("````") == 2
