"""Pictures as files."""

import os
from pathlib import Path

import pytest

from deployments.plots import files
from lifecycle_core.errors import InvalidInputError


@pytest.mark.parametrize("name", ["drift.pdf", "drift", "drift.svg.gz", ".svg"])
def test_a_picture_of_another_kind_is_refused(name, tmp_path):
    with pytest.raises(InvalidInputError, match=r"end its name in \.svg or \.png"):
        files.expect_writable(tmp_path / name)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InvalidInputError, match="there is no folder"):
        files.expect_writable(tmp_path / "nowhere" / "drift.svg")


def test_a_folder_of_that_name_is_told(tmp_path):
    (tmp_path / "drift.svg").mkdir()
    with pytest.raises(InvalidInputError, match="it is a folder"):
        files.expect_writable(tmp_path / "drift.svg")


def test_a_folder_that_may_not_be_written_is_told_before_there_is_a_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so no mode of a folder would do
    with pytest.raises(InvalidInputError, match="it may not be written"):
        files.expect_writable(tmp_path / "drift.svg")


def test_a_picture_takes_the_place_of_the_one_before_whole(tmp_path):
    (tmp_path / "drift.svg").write_bytes(b"old")
    files.replace(tmp_path / "drift.svg", b"new")
    assert {it.name: it.read_bytes() for it in tmp_path.iterdir()} == {"drift.svg": b"new"}


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "there.svg").write_bytes(b"old")
    (tmp_path / "link.svg").symlink_to("there.svg")
    files.replace(tmp_path / "link.svg", b"new")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "there.svg").read_bytes() == b"new"


def test_a_disk_that_fails_leaves_the_old_picture_and_nothing_half_written(tmp_path, monkeypatch):
    def fail(self: Path, contents: bytes) -> None:
        with self.open("wb") as it:
            it.write(contents[:1])
        raise OSError(28, "No space left on device")

    (tmp_path / "drift.svg").write_bytes(b"old")
    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(InvalidInputError, match="No space left on device"):
        files.replace(tmp_path / "drift.svg", b"new")
    assert {it.name: it.read_bytes() for it in tmp_path.iterdir()} == {"drift.svg": b"old"}
