"""The scoreboard: rows are whole or not there, damage is named, and n is never mixed."""

import json
import multiprocessing
import os

import helpers
import pytest

from ganbook import plots, scoreboard
from ganbook.errors import RunError

MEASURES = {
    "data": "mnist",
    "standin": False,
    "samples": 2000,
    "reference": 2000,
    "classifier": "abc",
    "frechet_distance": 3.25,
    "frechet_floor": 0.5,
    "kernel_distance": -0.0012,
    "kernel_standard_error": 0.001,
    "precision": 0.75,
    "recall": 0.5,
    "density": 0.9,
    "coverage": 0.625,
    "modes": 10,
    "class_kl": 0.01,
    "memorization": 0.4,
    "memorization_z": 2.0,
    "copies": 0.0,
}
ROW = {
    "lesson": "01",
    "variant": "ours",
    **MEASURES,
    "generator": "raw",
    "generator_parameters": 1000,
    "discriminator_parameters": 234,
    "steps": 4000,
    "seconds": 10.0,
    "hardware": "2 cores",
    "seed": 0,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs" / "scoreboard.jsonl"


def test_rows_come_back_as_they_were_added(path):
    rows = [scoreboard.append({**ROW, "variant": name}, path) for name in ("a", "b")]
    assert scoreboard.read(path) == (rows, [])
    assert rows[0] == {"schema": scoreboard.SCHEMA, **ROW, "variant": "a"}
    assert [p.name for p in path.parent.iterdir()] == ["scoreboard.jsonl"]


def test_a_file_that_is_not_there_has_no_rows(path):
    assert scoreboard.read(path) == ([], [])
    assert scoreboard.as_text([]) == scoreboard.as_html([]) == "There are no rows yet."


def test_damaged_lines_are_named_and_skipped_and_the_rest_is_kept(path):
    scoreboard.append({**ROW, "variant": "first"}, path)
    good = path.read_text().strip()
    lines = [good[:50], "[1, 2]", good.replace('"schema": 1', '"schema": 2'), "", "\x00\xff"]
    lines += [good.replace('"modes": 10', '"modes": "ten"')]
    lines += [good.replace('"recall": 0.5', '"recall": NaN'), good.replace('"seed": 0', '"s": 0')]
    path.write_bytes(b"\n".join([good.encode(), *(line.encode("latin-1") for line in lines), b""]))
    scoreboard.append({**ROW, "variant": "last"}, path)
    rows, problems = scoreboard.read(path)
    assert [row["variant"] for row in rows] == ["first", "last"]
    reasons = [problem.partition(", is skipped: ") for problem in problems]
    assert [begin.rpartition(" ")[2] for begin, _, _ in reasons] == list("2346789")
    assert [reason for _, _, reason in reasons] == [
        "it is not JSON",
        "it is not a JSON object",
        "its schema is 2, and this ganbook reads 1",
        "it is not JSON",
        "its modes is 'ten'",
        "its recall is nan",
        "it has no seed",
    ]


def test_a_torn_last_line_costs_no_other_row(path):
    """A writer was killed in the middle of its line: the next row begins on a line of its own."""
    scoreboard.append({**ROW, "variant": "whole"}, path)
    with path.open("ab") as file:
        file.write(path.read_bytes()[:40])
    scoreboard.append({**ROW, "variant": "after"}, path)
    rows, problems = scoreboard.read(path)
    assert [row["variant"] for row in rows] == ["whole", "after"]
    assert len(problems) == 1 and "line 2" in problems[0]


def test_a_full_disk_leaves_the_file_as_it_was(path, monkeypatch):
    scoreboard.append(ROW, path)
    before = path.read_bytes()

    class Half:
        """A file whose disk is full after 30 bytes."""

        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, line):
            return self.file.write(line[:30])

    real = scoreboard._append_whole
    monkeypatch.setattr(scoreboard, "_append_whole", lambda file, line: real(Half(file), line))
    with pytest.raises(RunError, match="no space is left; it is as it was"):
        scoreboard.append({**ROW, "variant": "lost"}, path)
    assert path.read_bytes() == before


def _append_many(path, name):
    for seed in range(20):
        scoreboard.append({**ROW, "variant": name, "seed": seed}, path)


def test_processes_that_append_together_lose_nothing(path):
    context = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    writers = [context.Process(target=_append_many, args=(path, name)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    rows, problems = scoreboard.read(path)
    assert not problems
    assert {(r["variant"], r["seed"]) for r in rows} == {(n, s) for n in "abcd" for s in range(20)}


@pytest.mark.parametrize(
    "change, message",
    [
        ({"precision": float("nan")}, "its precision is nan"),
        ({"samples": None}, "its samples is None"),
        ({"steps": True}, "its steps is True"),
        ({"standin": 0}, "its standin is 0"),
        ({"samples": -5}, "its samples is -5"),
        ({"note": float("inf")}, "Out of range float values"),
        ({"note": {1, 2}}, "not JSON serializable"),
    ],
)
def test_what_is_no_row_is_not_written(path, change, message):
    with pytest.raises(RunError, match=message):
        scoreboard.append({**ROW, **change}, path)
    assert not path.exists()


def test_rows_of_different_n_data_or_classifier_are_never_in_one_block():
    others = [{"samples": 10_000}, {"data": "fashion_mnist"}, {"standin": True}]
    others += [{"classifier": "def"}, {"reference": 1000}]
    rows = [ROW] + [{**ROW, **other} for other in others]
    found = scoreboard.blocks(rows)
    assert len(found) == len(rows) and all(len(block) == 1 for block in found)
    text = scoreboard.as_text(rows)
    assert text.count("Fashion-MNIST: 2,000 samples against 2,000 test images") == 1
    assert "MNIST: 10,000 samples" in text and "MNIST stand-in: 2,000 samples" in text


def test_the_newest_version_of_a_row_is_shown():
    newer = {**ROW, "recall": 0.875}
    other_seed = {**ROW, "seed": 1}
    (block,) = scoreboard.blocks([ROW, other_seed, newer])
    assert block == [other_seed, newer]


def test_tables_show_every_column_with_its_value():
    text = scoreboard.as_text([ROW])
    heading, values = text.splitlines()[1:]
    for title, value in [
        ("distance", "3.25"), ("kernel", "-0.001"), ("precision", "0.75"), ("recall", "0.50"),
        ("density", "0.90"), ("coverage", "0.62"), ("modes", "10"), ("class KL", "0.010"),
        ("memorization", "0.40"), ("parameters", "1,234"), ("s/1,000 steps", "2.5"),
        ("total s", "10"), ("seed", "0"),
    ]:  # fmt: skip
        end = heading.index(title) + len(title)
        assert values[:end].endswith(f" {value}"), title
    assert "real against real: distance 0.50" in text
    page = scoreboard.as_html([{**ROW, "variant": "<b>"}])
    assert "<td" in page and "&lt;b&gt;" in page and "3.25" in page


def test_the_picture_is_drawn(tmp_path):
    rows = [ROW, {**ROW, "variant": "theirs", "frechet_distance": 60.0, "density": 1.3}]
    figure = plots.scoreboard(rows, scoreboard.title_of(rows))
    left, right = figure.axes
    assert [tick.get_text() for tick in left.get_yticklabels()][0] == "01 ours, 4,000 steps"
    assert left.get_lines()[0].get_xdata().tolist() == [3.25, 60.0]
    assert right.get_xlim()[1] > 1.3
    assert plots.save_figure(figure, tmp_path / "board.png").stat().st_size > 1000


def test_a_row_of_a_gan_knows_what_was_trained(path):
    gan = helpers.gan_of()
    row = scoreboard.append(scoreboard.row_of(gan, "01", "tiny", MEASURES, preset="quick"), path)
    assert row["generator_parameters"] == gan.generator.count_params()
    assert row["steps"] == 0 and row["generator"] == "raw" and row["preset"] == "quick"
    assert row["seconds"] == 0.0 and row["hardware"]


def test_a_row_names_the_generator_that_was_measured_and_where_the_run_was_made():
    gan = helpers.gan_of(average=0.9)
    assert scoreboard.row_of(gan, "01", "tiny", MEASURES)["generator"] == "averaged"
    run = {"preset": "full", "hardware": "elsewhere", "steps": 99}
    row = scoreboard.row_of(gan, "01", "tiny", MEASURES, generator=gan.generator, run=run)
    assert row["generator"] == "raw" and row["steps"] == 0
    assert row["preset"] == "full" and row["hardware"] == "elsewhere"


def test_the_shipped_rows_are_whole_and_hold_lesson_01():
    rows, problems = scoreboard.read(scoreboard.SHIPPED)
    assert not problems
    for count in (2_000, 10_000):
        there = [row for row in rows if row["lesson"] == "01" and row["samples"] == count]
        assert {"recipe as it stands", "Vanilla GAN"} <= {row["variant"] for row in there}
        assert all(json.dumps(row) for row in there)
