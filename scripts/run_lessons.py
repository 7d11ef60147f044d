"""Execute the lessons from the first cell to the last, without a browser.

    python scripts/run_lessons.py        every notebook
    python scripts/run_lessons.py 01     one lesson

Each notebook runs in a fresh kernel in its own folder, in the quick preset unless GANBOOK_PRESET
says otherwise. The executed notebook and a page to read go to build/lessons/; a lesson that fails
leaves its executed part there, the others still run, and the exit status is 1.
"""

import argparse
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter

from ganbook.files import write_whole

ROOT = Path(__file__).resolve().parent.parent
# A lesson's last cell reports its data and its main measure as an output of this type.
REPORT = "application/vnd.ganbook.report+json"
LINES_OF_ERROR = 12


@dataclass
class Result:
    """What the closing table says about one lesson."""

    lesson: str
    seconds: float
    data: str = "-"
    measure: str = "-"
    failed: bool = False


class Progress:
    """One line for each notebook, renewed at each cell where the output is a terminal."""

    def __init__(self, name: str, cells: int):
        self.name, self.cells, self.live = name, cells, sys.stdout.isatty()
        if not self.live:
            print(f"{name}: running {cells} cells", flush=True)

    def at_cell(self, cell, cell_index):
        if self.live:
            print(f"\r\x1b[K{self.name}: cell {cell_index + 1} of {self.cells}", end="", flush=True)

    def end(self, text: str):
        print(f"{chr(13) + chr(27) + '[K' if self.live else ''}{self.name}: {text}", flush=True)


def choose(folder: Path, lesson: str | None) -> list[Path]:
    """Return the notebooks to run; ValueError names the lessons there are if none fits."""
    notebooks = sorted(folder.glob("[0-9][0-9]*_*.ipynb"))
    if not notebooks:
        raise ValueError(f"there is no notebook in {folder}")
    if lesson is None:
        return notebooks
    numbers = [path.name.partition("_")[0] for path in notebooks]
    wanted = lesson.lstrip("0")
    pairs = zip(notebooks, numbers, strict=True)
    chosen = [path for path, number in pairs if number.lstrip("0") == wanted]
    if not chosen:
        there = ", ".join(numbers)
        raise ValueError(f"there is no lesson {lesson!r}; choose one of {there}")
    return chosen


def find_report(notebook) -> dict:
    """Return the lesson's own report from the executed cells, {} if it made none."""
    for cell in reversed(notebook.cells):
        for output in cell.get("outputs", []):
            if REPORT in output.get("data", {}):
                return output["data"][REPORT]
    return {}


def count_noisy_cells(notebook) -> int:
    """Return how many cells wrote to standard error; a lesson should have none."""
    return sum(
        any(output.get("name") == "stderr" for output in cell.get("outputs", []))
        for cell in notebook.cells
    )


def save(notebook, source: Path, out: Path):
    """Write the executed notebook and the same as a page with its pictures inside."""
    write_whole(out / source.name, nbformat.writes(notebook) + "\n")
    exporter = HTMLExporter(embed_images=True)
    where = {"metadata": {"name": source.stem, "path": str(source.parent)}}
    page, _ = exporter.from_notebook_node(notebook, resources=where)
    write_whole(out / f"{source.stem}.html", page)


def last_lines(error: Exception) -> str:
    """Return the end of a failed cell's traceback, without its terminal colors."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).rstrip()
    return "\n".join("    " + line for line in plain.splitlines()[-LINES_OF_ERROR:])


def run(path: Path, out: Path) -> Result:
    """Execute one notebook and save what came of it."""
    notebook = nbformat.read(path, as_version=4)
    progress = Progress(path.stem, len(notebook.cells))
    folder = {"metadata": {"path": str(path.parent)}}
    # Newer kernels warn that others on this machine could listen; a lesson has no secrets.
    quiet = ["--IPKernelApp.log_level=ERROR"]
    client = NotebookClient(
        notebook,
        timeout=None,
        iopub_timeout=60,  # on a busy machine outputs come later than the default 4 seconds
        resources=folder,
        extra_arguments=quiet,
        on_cell_start=progress.at_cell,
    )
    error = None
    begin = time.monotonic()
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        error = problem
    seconds = time.monotonic() - begin
    save(notebook, path, out)
    if error is not None:
        progress.end(f"FAILED after {seconds:.0f} s")
        print(last_lines(error), flush=True)
    else:
        noisy = count_noisy_cells(notebook)
        note = f"; {noisy} cells wrote to standard error" if noisy else ""
        progress.end(f"done in {seconds:.0f} s{note}")
    report = find_report(notebook)
    data, measure = report.get("data", "-"), report.get("measure", "-")
    return Result(path.stem, seconds, data, measure, failed=error is not None)


def table(results: list[Result]) -> str:
    """Return the closing table: lesson, seconds, data source, main measure."""
    rows = [("lesson", "seconds", "data", "main measure")]
    for result in results:
        measure = "FAILED" if result.failed else result.measure
        rows.append((result.lesson, f"{result.seconds:.0f}", result.data, measure))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    aligned = [
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}"
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in aligned)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Execute the lessons without a browser.")
    parser.add_argument("lesson", nargs="?", help="a lesson's number, such as 01 (default: all)")
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks", help="the notebooks")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "lessons", help="results")
    options = parser.parse_args(arguments)
    os.environ.setdefault("GANBOOK_PRESET", "quick")
    try:
        paths = choose(options.folder.resolve(), options.lesson)
    except ValueError as problem:
        print(f"run_lessons: {problem}", file=sys.stderr)
        return 1
    try:
        results = [run(path, options.out) for path in paths]
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print(f"\n{table(results)}\n\nExecuted notebooks and pages to read: {options.out}")
    return int(any(result.failed for result in results))


if __name__ == "__main__":
    sys.exit(main())
