"""The script behind `make lessons`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import run_lessons


def notebook(*cells):
    """Return a notebook of markdown (str) and code (list of lines) cells."""
    v4 = nbformat.v4
    made = [
        v4.new_markdown_cell(cell) if isinstance(cell, str) else v4.new_code_cell("\n".join(cell))
        for cell in cells
    ]
    return v4.new_notebook(cells=made)


@pytest.fixture
def folder(tmp_path):
    """A folder of notebooks with one notebook."""
    nbformat.write(notebook("# Title", ["import os"]), tmp_path / "01_one.ipynb")
    return tmp_path


@pytest.fixture(scope="module")
def lessons(tmp_path_factory):
    """Run a lesson that works and one that fails; return the process and the results' folder."""
    base = tmp_path_factory.mktemp("lessons")
    show = {run_lessons.REPORT: {"lesson": "01", "data": "ring", "measure": "8 of 8 modes"}}
    works = [
        "import os",
        "from IPython.display import display",
        'print("preset", os.environ["GANBOOK_PRESET"], "in", os.path.basename(os.getcwd()))',
        f"display({show!r}, raw=True)",
    ]
    nbformat.write(notebook("# One", works), base / "01_works.ipynb")
    fails = (["print(6 * 7)"], ['raise RuntimeError("this cell is broken")'], ["print('after')"])
    nbformat.write(notebook("# Two", *fails), base / "02_fails.ipynb")
    script = Path(run_lessons.__file__)
    out = base / "out"
    environment = {key: value for key, value in os.environ.items() if key != "GANBOOK_PRESET"}
    process = subprocess.run(
        [sys.executable, str(script), "--folder", str(base), "--out", str(out)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    return process, out


def test_run_lessons_ends_with_a_table(lessons):
    process, out = lessons
    head, *rows = process.stdout.split("\n\n")[1].splitlines()
    assert head.split() == ["lesson", "seconds", "data", "main", "measure"]
    assert rows[0].startswith("01_works") and rows[0].endswith("ring  8 of 8 modes")
    assert rows[1].startswith("02_fails") and rows[1].endswith("FAILED")
    assert process.stdout.endswith(f"{out}\n")


def test_run_lessons_fails_with_the_error_of_the_failed_lesson(lessons):
    process, _ = lessons
    assert process.returncode == 1
    assert "RuntimeError: this cell is broken" in process.stdout
    # A kernel that is being shut down may write a traceback of its own; the script must not.
    assert Path(run_lessons.__file__).name not in process.stderr


def test_run_lessons_runs_quickly_in_the_notebooks_own_folder(lessons):
    _, out = lessons
    output = json.loads((out / "01_works.ipynb").read_text())["cells"][1]["outputs"][0]
    assert "".join(output["text"]).strip() == f"preset quick in {out.parent.name}"


def test_run_lessons_keeps_what_a_failed_lesson_did(lessons):
    _, out = lessons
    wanted = ["01_works.html", "01_works.ipynb", "02_fails.html", "02_fails.ipynb"]
    assert sorted(path.name for path in out.iterdir()) == wanted
    cells = nbformat.read(out / "02_fails.ipynb", as_version=4).cells
    assert cells[1].outputs[0].text == "42\n"
    assert cells[2].outputs[0].ename == "RuntimeError"
    assert cells[3].outputs == []
    assert "this cell is broken" in (out / "02_fails.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", ["1", "01"])
def test_a_lesson_is_chosen_by_its_number(folder, lesson):
    nbformat.write(notebook("# Two"), folder / "02_two.ipynb")
    assert [path.name for path in run_lessons.choose(folder, lesson)] == ["01_one.ipynb"]


def test_an_unknown_lesson_is_one_line_that_names_the_others(folder, capsys):
    assert run_lessons.main(["77", "--folder", str(folder)]) == 1
    said = capsys.readouterr().err
    assert "'77'" in said and "01" in said and said.count("\n") == 1


def test_an_empty_folder_is_one_line(tmp_path, capsys):
    assert run_lessons.main(["--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
