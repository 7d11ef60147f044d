"""One table through all lessons: a row for each lesson and variant, as lines of JSON.

``results/scoreboard.jsonl`` comes with the package and was made by the scripts of this project; a
learner's own rows are appended to ``runs/scoreboard.jsonl``. Distances shrink as samples grow in
number, so rows are shown in blocks: within a block the data, the classifier and the number of
samples are the same, and only such rows may be compared.
"""

import contextlib
import html
import json
import os
import reprlib
from pathlib import Path

from ganbook.data import TITLES
from ganbook.errors import RunError
from ganbook.lines import one_line
from ganbook.places import own_scoreboard

try:
    import fcntl
except ImportError:  # Windows; two notebooks that append in the same instant could then clash
    fcntl = None

SCHEMA = 1
LONGEST = 200  # letters of a text, digits of a seed
LARGEST = 1e15  # of a number that is measured or counted
SHIPPED = Path(__file__).parent / "results" / "scoreboard.jsonl"
# What makes rows comparable, and what makes a row a newer version of another.
BLOCK = ("data", "standin", "samples", "reference", "classifier")
IDENTITY = ("lesson", "variant", "steps", "seed")
KINDS = {
    **dict.fromkeys(("lesson", "variant", "data", "classifier", "hardware", "generator"), str),
    **dict.fromkeys(("samples", "reference", "modes", "steps", "seed"), int),
    **dict.fromkeys(("generator_parameters", "discriminator_parameters"), int),
    **dict.fromkeys(("frechet_distance", "frechet_floor", "kernel_distance"), (int, float)),
    **dict.fromkeys(("precision", "recall", "density", "coverage"), (int, float)),
    **dict.fromkeys(("class_kl", "memorization", "seconds"), (int, float)),
    "standin": bool,
}
# Title, how a row shows it; text is set to the left, numbers to the right.
COLUMNS = (
    ("lesson", lambda row: row["lesson"]),
    ("variant", lambda row: row["variant"]),
    ("seed", lambda row: f"{row['seed']}"),
    ("distance", lambda row: f"{row['frechet_distance']:.2f}"),
    ("kernel", lambda row: f"{row['kernel_distance']:.3f}"),
    ("precision", lambda row: f"{row['precision']:.2f}"),
    ("recall", lambda row: f"{row['recall']:.2f}"),
    ("density", lambda row: f"{row['density']:.2f}"),
    ("coverage", lambda row: f"{row['coverage']:.2f}"),
    ("modes", lambda row: f"{row['modes']}"),
    ("class KL", lambda row: f"{row['class_kl']:.3f}"),
    ("memorization", lambda row: f"{row['memorization']:.2f}"),
    ("parameters", lambda row: f"{parameters(row):,}"),
    ("steps", lambda row: f"{row['steps']:,}"),
    ("s/1,000 steps", lambda row: f"{seconds_per_1000_steps(row):.1f}"),
    ("total s", lambda row: f"{row['seconds']:,.0f}"),
    ("hardware", lambda row: row["hardware"]),
)
TEXT_COLUMNS = ("lesson", "variant", "hardware")
# What a row takes from the settings of a run folder: it may have been trained elsewhere.
OF_A_RUN = ("preset", "hardware")


def row_of(
    gan, lesson: str, variant: str, measures: dict, *, generator=None, run=None, **more
) -> dict:
    """Return the scoreboard's row of a `GAN`; every row is made here.

    Args:
        gan: the trained `GAN`; it knows its parameters, steps, seconds and seed.
        lesson: such as "01".
        variant: what sets this run apart, in a few words.
        measures: what `ganbook.evaluation.Judge.measure` returned.
        generator: the one whose samples were measured; None is the one that `gan.sample` uses.
        run: the settings of the run folder that it is from; None if it was trained here and now.
        more: further entries, or others in place of these.
    """
    from ganbook.hardware import description

    is_raw = gan.average is None if generator is None else generator is gan.generator
    recorded = {name: run[name] for name in OF_A_RUN if name in run} if run else {}
    return {
        "lesson": lesson,
        "variant": variant,
        **measures,
        "generator": "raw" if is_raw else "averaged",
        "generator_parameters": gan.generator.count_params(),
        "discriminator_parameters": gan.discriminator.count_params(),
        "steps": gan.step,
        "seconds": round(gan.seconds, 1),
        "hardware": description(),
        "seed": gan.seed,
        **recorded,
        **more,
    }


def parameters(row: dict) -> int:
    """Return the parameters of both networks."""
    return row["generator_parameters"] + row["discriminator_parameters"]


def seconds_per_1000_steps(row: dict) -> float:
    """Return the seconds of 1,000 adversarial steps, compilation included."""
    return 1000 * row["seconds"] / max(1, row["steps"])


def append(row: dict, path=None) -> dict:
    """Append one row to a file and return it as it stands there, with the schema's version.

    Without a path it is the reader's own file, in `ganbook.places.runs_folder`. The
    file has the whole line or none of it; its folder is made if it is missing.

    Raises:
        RunError: the row lacks something or holds a wrong value, or the file cannot be written.
    """
    row = {"schema": SCHEMA, **row}
    problem = problem_with(row)
    if problem:
        raise RunError(f"this is no row for a scoreboard: {problem}.")
    path = own_scoreboard() if path is None else Path(path)
    try:
        line = json.dumps(row, allow_nan=False).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise RunError(f"this is no row for a scoreboard: {error}.") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab+", buffering=0) as file, _locked(file):
            _append_whole(file, line)
    except OSError as error:
        raise RunError(f"cannot write to {path}: {error.strerror}; it is as it was.") from error
    return row


def _append_whole(file, line):
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":  # a writer was killed here; its line stays, damaged and alone
            line = b"\n" + line
    try:
        if file.write(line) != len(line):
            raise OSError(0, "no space is left")
        os.fsync(file.fileno())
    except OSError:
        file.truncate(size)
        raise


@contextlib.contextmanager
def _locked(file):
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_EX)  # closing the file gives the lock back
    yield


def read(*paths) -> tuple[list[dict], list[str]]:
    """Return the rows of some files in order, and a line about each damaged one that was skipped.

    Files that don't exist have no rows; of one that cannot be read, a line says so.
    """
    rows, problems = [], []
    for path in map(Path, paths):
        lines, problem = _lines(path)
        if problem:
            problems.append(f"{one_line(path)} {problem}")
        for number, line in enumerate(lines, 1):
            row, problem = _parsed(line)
            if problem:
                problems.append(f"{one_line(path)}, line {number}, is skipped: {problem}")
            elif row:
                rows.append(row)
    return rows, problems


def _lines(path):
    """Return the lines of a file and None, or none and what is wrong."""
    if not os.path.lexists(path):
        return [], None
    if not os.path.isfile(path):  # a folder, a link to itself, a pipe that would be waited for
        return [], "is no file"
    try:
        return path.read_bytes().splitlines(), None
    except OSError as error:
        return [], f"cannot be read: {error.strerror}"


def _parsed(line):
    """Return a row and None, or None and what is wrong; an empty line is neither."""
    if not line.strip():
        return None, None
    try:
        row = json.loads(line)
    except RecursionError:
        return None, "it is nested too deeply"
    except ValueError:  # what is no text, and numbers of thousands of digits, included
        return None, "it is not JSON"
    problem = problem_with(row)
    return (None, problem) if problem else (row, None)


def problem_with(row) -> str | None:
    """Say what keeps something from being a row, or None."""
    if not isinstance(row, dict):
        return "it is not a JSON object"
    if row.get("schema") != SCHEMA or type(row["schema"]) is not int:  # true and 1.0 equal 1
        return f"its schema is {reprlib.repr(row.get('schema'))}, and this ganbook reads {SCHEMA}"
    for name, kind in KINDS.items():
        if name not in row:
            return f"it has no {name}"
        if not _can_be(row[name], name, kind):
            return f"its {name} is {reprlib.repr(row[name])}"
    return None


def _can_be(value, name, kind):
    """Say whether a value of a row is of its kind, and can be shown in a table and a picture."""
    # JSON's true would pass as a number.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return False
    if kind is str:
        return len(value) <= LONGEST and value.isprintable()
    if kind is bool:
        return True
    if name == "seed":  # any integer, but one that can be shown
        return abs(value) < 10**LONGEST
    return (kind is not int or value >= 0) and -LARGEST <= value <= LARGEST  # false for NaN


def blocks(rows: list[dict]) -> list[list[dict]]:
    """Group rows that may be compared, and of several versions of a row keep the newest.

    Blocks and rows are sorted: data, more samples first; lesson, then as they were added.
    """
    found = {}
    for row in rows:
        block = found.setdefault(tuple(row[name] for name in BLOCK), {})
        identity = tuple(row[name] for name in IDENTITY)
        block.pop(identity, None)
        block[identity] = row
    keys = sorted(found, key=lambda key: (key[0], key[1], -key[2], key[3:]))
    return [sorted(found[key].values(), key=lambda row: row["lesson"]) for key in keys]


def title_of(block: list[dict]) -> str:
    """Say what the rows of a block have in common."""
    row = block[0]
    name = TITLES.get(row["data"], row["data"]) + (" stand-in" if row["standin"] else "")
    return (
        f"{name}: {row['samples']:,} samples against {row['reference']:,} test images "
        f"(real against real: distance {row['frechet_floor']:.2f})"
    )


def as_text(rows: list[dict]) -> str:
    """Return the scoreboard as lines of text, one table a block."""
    return "\n\n".join(_block_as_text(block) for block in blocks(rows)) or "There are no rows yet."


def _block_as_text(block):
    cells = [[title for title, _ in COLUMNS]]
    cells += [[show(row) for _, show in COLUMNS] for row in block]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for line in cells:
        places = zip(line, widths, COLUMNS, strict=True)
        lines.append("  ".join(
            text.ljust(width) if column[0] in TEXT_COLUMNS else text.rjust(width)
            for text, width, column in places
        ).rstrip())  # fmt: skip
    return "\n".join([title_of(block), *lines])


def as_html(rows: list[dict]) -> str:
    """Return the scoreboard as HTML tables, one a block, for a notebook."""
    return "".join(_block_as_html(block) for block in blocks(rows)) or "There are no rows yet."


def _block_as_html(block):
    def line(tag, texts):
        cells = zip(texts, COLUMNS, strict=True)
        return "<tr>" + "".join(
            f'<{tag} style="text-align: {"left" if column[0] in TEXT_COLUMNS else "right"}">'
            f"{html.escape(text)}</{tag}>"
            for text, column in cells
        ) + "</tr>"  # fmt: skip

    head = line("th", [title for title, _ in COLUMNS])
    body = "".join(line("td", [show(row) for _, show in COLUMNS]) for row in block)
    # Small type: seventeen columns have to fit beside a notebook's margins.
    return (
        f"<p><b>{html.escape(title_of(block))}</b></p>"
        f'<table style="font-size: 75%">{head}{body}</table>'
    )
