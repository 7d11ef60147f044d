"""The search for settings: kept in a file, resumed after a kill, honest about a damaged file."""

import contextlib
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from ganbook import search
from ganbook.errors import RunError, SettingError


def make(trial):
    return {"x": trial.suggest_float("x", -4.0, 4.0), "made": 0}


def part(trained):
    """A "training" that comes closer and closer to (x - 1)^2."""
    trained["made"] += 1
    return (trained["x"] - 1.0) ** 2 + 1.0 / trained["made"]


def test_a_search_finds_a_minimum_and_cuts_bad_trials_short(tmp_path):
    rows = search.search(search.open_study(tmp_path / "s.db"), make, 40, 3, part)
    assert [row["number"] for row in rows] == list(range(40))
    whole = [row for row in rows if not row["pruned"]]
    best = min(whole, key=lambda row: row["values"][-1])
    assert abs(best["settings"]["x"] - 1.0) < 0.3
    assert all(len(row["values"]) == 3 for row in whole)
    short = [row for row in rows if row["pruned"]]
    assert short and all(len(row["values"]) < 3 for row in short)
    assert np.median([(r["settings"]["x"] - 1) ** 2 for r in short]) > 1.0


def test_trials_add_up_over_calls_and_are_not_suggested_twice(tmp_path):
    first = search.search(search.open_study(tmp_path / "s.db"), make, 5, 1, part)
    again = search.open_study(tmp_path / "s.db")
    assert search.rows(again) == first
    rows = search.search(again, make, 9, 1, part)
    assert rows[:5] == first and len(rows) == 9
    assert len({row["settings"]["x"] for row in rows}) == 9
    assert search.search(again, make, 9, 1, part) == rows  # enough are there


def test_a_training_that_breaks_down_is_cut_short(tmp_path):
    study = search.open_study(tmp_path / "s.db")
    (row,) = search.search(study, make, 1, 4, lambda trained: float("nan"))
    assert row["pruned"] and row["values"] == []


KILLED = """
import os, sys
from ganbook import search

def make(trial):
    return trial.suggest_float("x", 0.0, 1.0)

def part(x):
    if len(search.rows(study)) == 3:
        os._exit(9)  # as if killed, in the middle of the fourth trial
    return x

study = search.open_study(sys.argv[1])
search.search(study, make, 6, 2, part)
"""


def test_a_killed_search_goes_on(tmp_path):
    path = tmp_path / "s.db"
    done = subprocess.run([sys.executable, "-c", KILLED, path], check=False, capture_output=True)
    assert done.returncode == 9, done.stderr
    study = search.open_study(path)
    assert len(search.rows(study)) == 3
    states = [trial.state.name for trial in study.trials]
    assert states[3] == "FAIL" and "RUNNING" not in states
    assert len(search.search(study, make, 6, 1, part)) == 6


@pytest.mark.parametrize(
    "content", [b"not a data base, " * 100, b"SQLite format 3\0" + b"\7" * 999]
)
def test_a_damaged_study_is_named_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "s.db"
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"s\.db cannot be opened.* Move it away"):
        search.open_study(path)
    assert path.read_bytes() == content


def test_a_study_cut_in_half_is_named_and_left_as_it_is(tmp_path):
    path = tmp_path / "s.db"
    search.search(search.open_study(path), make, 3, 1, part)
    half = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(half)
    with pytest.raises(RunError, match="Move it away"):
        search.open_study(path)
    assert path.read_bytes() == half


def test_another_data_base_is_left_alone(tmp_path):
    path = tmp_path / "s.db"
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE addresses (name)")
        file.commit()
    before = path.read_bytes()
    with pytest.raises(RunError, match="it is another data base"):
        search.open_study(path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be opened"):
        search.open_study(tmp_path / "file" / "s.db")


@pytest.mark.parametrize(("trials", "checks"), [(0, 1), (1, 0), (1.5, 1)])
def test_counts_must_be_whole(tmp_path, trials, checks):
    with pytest.raises(SettingError):
        search.search(search.open_study(tmp_path / "s.db"), make, trials, checks, part)
