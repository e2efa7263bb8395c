"""The installation's own secret is one, whoever makes it."""

from concurrent.futures import ThreadPoolExecutor

from tasks import secrets


def test_of_those_who_make_it_at_once_the_first_ones_stays(installed, tmp_path):
    (tmp_path / secrets.FILE).unlink()
    with ThreadPoolExecutor(20) as at_once:
        found = set(at_once.map(lambda _: secrets._key.__wrapped__(), range(200)))
    assert found == {(tmp_path / secrets.FILE).read_bytes()}
    assert [it.name for it in tmp_path.glob("masking.*")] == [secrets.FILE]
