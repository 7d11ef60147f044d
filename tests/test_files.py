"""Files are whole or not there, also where another program holds them open for a moment."""

import errno
import os
import time

import pytest

from ganbook import files

DENIED = PermissionError(errno.EACCES, "Access is denied")


def refused(times, error=DENIED):
    """Return an ``os.replace`` that is refused so many times, and the list of its calls."""
    calls = []
    rename = os.replace

    def replace(source, target):
        calls.append((source, target))
        if len(calls) <= times:
            raise error
        rename(source, target)

    return replace, calls


@pytest.mark.parametrize("error", [DENIED, OSError(errno.EBUSY, "busy")])
def test_a_rename_that_is_refused_for_a_moment_is_tried_again(tmp_path, monkeypatch, error):
    files.write_json(tmp_path / "run.json", {"step": 1})
    replace, calls = refused(2, error)
    monkeypatch.setattr(os, "replace", replace)
    files.write_json(tmp_path / "run.json", {"step": 2})
    assert '"step": 2' in (tmp_path / "run.json").read_text() and len(calls) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_after_about_a_second_it_is_an_error_and_the_old_file_stays(tmp_path, monkeypatch):
    files.write_whole(tmp_path / "a.txt", "old")
    replace, calls = refused(1000)
    monkeypatch.setattr(os, "replace", replace)
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with pytest.raises(PermissionError):
        files.write_whole(tmp_path / "a.txt", "new")
    assert 0.5 < sum(waited) < 2 and len(calls) == len(waited) + 1
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_does_not_pass_is_an_error_at_once(tmp_path, monkeypatch):
    replace, calls = refused(1000, OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OSError, match="No space"):
        files.write_whole(tmp_path / "a.txt", "new")
    assert len(calls) == 1 and list(tmp_path.iterdir()) == []
