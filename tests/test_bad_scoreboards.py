"""Damaged lines of a scoreboard are named and left out; whatever is left can be shown and drawn."""

import json
import math
import os
import random
import warnings
from pathlib import Path

import pytest
from bad_input import answer, is_line

from ganbook import plots, scoreboard
from ganbook.errors import RunError

GOOD = json.loads(scoreboard.SHIPPED.read_text().splitlines()[0])
# Written as they stand: some of them no encoder would write.
VALUES = {
    "a boolean": "true", "no": "false", "null": "null", "a list": "[1]", "an object": '{"a": 1}',
    "deep": "[" * 100_000 + "]" * 100_000, "open": "[" * 100_000,
    "deep, not too deep": "[" * 300 + "]" * 300,
    "400 digits": "9" * 400, "5,000 digits": "9" * 5_000, "minus 400 digits": "-" + "9" * 400,
    "a float of 400 digits": "9" * 400 + ".5", "1e400": "1e400", "-1e400": "-1e400",
    "1e300": "1e300",
    "NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity", "minus one": "-1",
    "half": "0.5",
    "a small float": "5e-324", "zero": "0", "minus zero": "-0.0", "a float": "1.0", "1e15": "1e15",
    "digits": '"5"', "empty": '""', "blank": '" "', "a surrogate": '"a\\ud800b"',
    "two halves": '"\\ud83d\\ude00"', "a break": '"a\\nb"', "a return": '"a\\rb"',
    "a bell": '"\\u0007"',
    "an escape": '"\\u001b[31mred"', "a NUL": '"a\\u0000b"', "a line of its own": '"a\\u2028b"',
    "right to left": '"\\u202eabc"', "long": f'"{"x" * 10_000}"', "200 letters": f'"{"x" * 200}"',
    "a fraction": '"$\\\\frac{1}{"', "a dollar": '"$"', "two dollars": '"$x$ $"',
    "a backslash": '"\\\\"',
    "an index": '"a_b^c"', "a percent": '"%s {} {0}"', "HTML": '"<b>&amp;</b><script>"',
    "quotes": '"\\"\'"',
    "Chinese": '"\\u4e2d"', "a combination": '"e\\u0301\\u0301"', "no JSON": "x",
    "nothing": "", "+1": "+1",
    "hexadecimal": "0x10", "01": "01", "broken text": '"a', "a control": '"a\tb"',
}  # fmt: skip
# Lines that are no row at all, as bytes.
LINES = [
    b"{", b"}", b"[]", b"null", b"3", b'"x"', b"NaN", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}",
    b"{}{}",
    b'{"schema": 1}', b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5_000, b"x" * 10**6,
    b"\xed\xa0\x80",
    *(json.dumps({**GOOD, "schema": value}).encode()
      for value in (True, 1.0, "1", 2, None, [1], 10**400)),
    *(json.dumps({key: GOOD[key] for key in GOOD if key != name}).encode()
      for name in scoreboard.KINDS),
    json.dumps(GOOD).encode()[:-1], json.dumps([GOOD]).encode(),
]  # fmt: skip


def with_value(name, text):
    return json.dumps({**GOOD, name: "@@"}).replace('"@@"', text).encode()


def shown(path):
    """Show a file in all ways; return its rows, and a problem for each line that is left out."""
    rows, problems = scoreboard.read(path)
    for problem in problems:
        assert problem.isprintable() and len(problem) < 600 and f"{path}, line " in problem, problem
    text = scoreboard.as_text(rows)
    assert max(map(len, text.splitlines())) < 2_000
    page = scoreboard.as_html(rows)
    text.encode(), page.encode()
    assert "<script" not in page
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a box stands for it
        for block in scoreboard.blocks(rows):
            plots.png_of(plots.scoreboard(block, scoreboard.title_of(block)), dpi=20)
    return rows, problems


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_shown_or_its_line_left_out(kind, tmp_path):
    path = tmp_path / "rows.jsonl"
    names = [*scoreboard.KINDS, "note"]
    whole = json.dumps(GOOD).encode()
    lines = [whole, *(with_value(name, VALUES[kind]) for name in names), whole]
    path.write_bytes(b"\n".join(lines) + b"\n")
    rows, problems = shown(path)
    assert len(rows) + len(problems) == len(lines) and GOOD in rows


def test_lines_that_are_no_row_are_named_and_the_others_shown(tmp_path, capsys):
    path, whole = tmp_path / "rows.jsonl", json.dumps(GOOD).encode()
    path.write_bytes(b"\n".join(part for line in LINES for part in (line, whole)) + b"\n")
    rows, problems = shown(path)
    assert rows == [GOOD] * len(LINES) and len(problems) == len(LINES)
    status, out, lines = answer(capsys, "scoreboard", path, "--out", "board.png")
    assert status == 0 and GOOD["variant"] in out and Path("board.png").stat().st_size > 1_000
    assert len(lines) == len(LINES) and all(map(is_line, lines))


@pytest.mark.parametrize("value", ["a\nb", "\ud800", "x" * 201, "\a", 10**16, 1e16, math.nan, True])
def test_what_would_be_left_out_is_not_written(value, tmp_path):
    names = ("variant", "hardware") if isinstance(value, str) else ("steps", "seconds")
    for name in names:
        with pytest.raises(RunError, match=f"no row for a scoreboard: its {name} is") as caught:
            scoreboard.append({**GOOD, name: value}, tmp_path / "rows.jsonl")
        assert str(caught.value).isprintable() and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "place", ["a folder", "a link to itself", "gone", "no permission", "a pipe"]
)
def test_a_file_that_cannot_be_read_is_named(place, tmp_path, monkeypatch):
    path, whole = tmp_path / "rows\n.jsonl", tmp_path / "whole.jsonl"
    scoreboard.append(GOOD, whole)
    if place == "a folder":
        path.mkdir()
    elif place == "a link to itself":
        path.symlink_to(path)
    elif place == "a pipe":
        os.mkfifo(path)
    elif place == "no permission":
        path.write_text("x")
        read = Path.read_bytes

        def refuse(self):  # root may read all
            if self == path:
                raise PermissionError(13, "Permission denied", str(self))
            return read(self)

        monkeypatch.setattr(Path, "read_bytes", refuse)
    rows, problems = scoreboard.read(path, whole)
    assert rows == [GOOD] and len(problems) == (place != "gone")
    assert all(problem.isprintable() for problem in problems)


def test_lines_damaged_by_chance_are_shown_or_left_out(tmp_path):
    rng, path = random.Random(0), tmp_path / "rows.jsonl"
    names, whole = [*GOOD, "note"], json.dumps(GOOD).encode()
    texts = list(VALUES.values())
    for _ in range(20):
        lines = []
        for _ in range(20):
            line = bytearray(with_value(rng.choice(names), rng.choice(texts)))
            for _ in range(rng.choice((0, 1, 1, 2))):
                place = rng.randrange(len(line))
                if rng.random() < 0.7:
                    line[place] = rng.choice((*b'{}[]",:0129eE+-. \\u$_', rng.randrange(256)))
                else:
                    del line[place : place + rng.randrange(1, 30)]
            lines += [bytes(line).replace(b"\n", b"").replace(b"\r", b"")]
        path.write_bytes(b"\n".join([whole, *lines]) + b"\n")
        rows, problems = shown(path)
        empty = sum(not line.strip() for line in lines)
        assert len(rows) + len(problems) + empty == len(lines) + 1 and rows[0] == GOOD


def test_many_rows_are_drawn():
    rows = [{**GOOD, "seed": seed} for seed in range(600)]
    assert plots.scoreboard(rows, "many").get_figheight() * 300 < 2**16


def test_no_name_in_a_chart_is_a_formula():
    odd = r"$\frac{1}{"
    numbers = [1.0, 2.0]
    for figure in (
        plots.class_shares({odd: numbers}, [odd, "$"], odd),
        plots.seeds({odd: numbers}, odd, odd),
        plots.curves(numbers, {odd: numbers}, odd, odd, odd),
        plots.tracks({odd: (numbers, numbers)}, odd, odd, odd),
        plots.histograms({odd: (numbers, 1.0)}, odd),
    ):
        plots.png_of(figure, dpi=20)
