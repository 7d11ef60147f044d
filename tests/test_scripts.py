"""The scripts behind `make lessons` and behind the notebooks' Colab lines."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import colab_links
import nbformat
import pytest
import run_lessons

ADDRESS = "https://github.com/someone/something"
SETUP = [
    "import sys",
    'if "google.colab" in sys.modules:',
    colab_links.BEGIN,
    "    stale",
    colab_links.END,
    "import os",
]


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
    """A folder of notebooks with one notebook whose Colab lines are out of date."""
    stale = notebook(f"# Title\n\nstale {colab_links.BADGE}\n\nText", SETUP)
    nbformat.write(stale, tmp_path / "01_one.ipynb")
    return tmp_path


def rewritten(address):
    """Return the cells' texts after `rewrite`, and the new file content."""
    stale = nbformat.writes(notebook(f"# Title\n\nstale {colab_links.BADGE}\n\nText", SETUP))
    content = colab_links.rewrite(stale, "01_one.ipynb", address, "1.2.3")
    return [cell.source for cell in nbformat.reads(content, as_version=4).cells], content


def run_install(address, monkeypatch, uploads=()):
    """Execute the install block as Colab would; return the packages given to pip."""
    installed = []
    colab = types.ModuleType("google.colab")
    colab.files = types.SimpleNamespace(upload=lambda: dict.fromkeys(uploads, b""))
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)

    def record(command, check):
        assert check and command[:4] == [sys.executable, "-m", "pip", "install"]
        installed.append(command[-1])

    monkeypatch.setattr(subprocess, "run", record)
    block = colab_links.install_lines(address, "1.2.3")
    exec("if True:\n" + "\n".join(block), {"sys": sys})
    return installed


def test_install_block_takes_the_package_from_its_address(monkeypatch):
    assert run_install(ADDRESS, monkeypatch) == [f"git+{ADDRESS}"]


def test_install_block_without_an_address_takes_an_uploaded_wheel(monkeypatch, capsys):
    wheel = "ganbook-1.2.3-py3-none-any.whl"
    assert run_install("", monkeypatch, [wheel]) == [wheel]
    said = capsys.readouterr().out
    assert wheel in said and "make wheel" in said


def test_badge_and_install_lines_are_replaced_and_nothing_else():
    (text, code), _ = rewritten(ADDRESS)
    title, badge, end = text.split("\n\n")
    assert (title, end) == ("# Title", "Text")
    link = "https://colab.research.google.com/github/someone/something/blob/main/notebooks/"
    assert f"({link}01_one.ipynb)" in badge and badge.endswith(colab_links.BADGE)
    lines = code.split("\n")
    assert (lines[:2], lines[-1]) == (SETUP[:2], SETUP[-1])
    assert lines[2:-1] == colab_links.install_lines(ADDRESS, "1.2.3")


def test_the_file_is_formatted_as_nbformat_formats_it():
    _, content = rewritten("")
    assert content == nbformat.writes(nbformat.reads(content, as_version=4)) + "\n"


@pytest.mark.parametrize("address", ["", ADDRESS, "https://git.example.org/a/b"])
def test_a_second_rewrite_changes_nothing(address):
    _, once = rewritten(address)
    assert colab_links.rewrite(once, "01_one.ipynb", address, "1.2.3") == once


def test_check_reports_and_changes_nothing_then_write_makes_it_pass(folder, capsys):
    arguments = ["--folder", str(folder)]
    before = (folder / "01_one.ipynb").read_bytes()
    assert colab_links.main([*arguments, "--check"]) == 1
    assert (folder / "01_one.ipynb").read_bytes() == before
    assert "01_one.ipynb: out of date" in capsys.readouterr().out
    assert colab_links.main(arguments) == 0
    assert colab_links.main([*arguments, "--check"]) == 0
    assert [p.name for p in folder.iterdir()] == ["01_one.ipynb"]


@pytest.mark.parametrize(
    "cells",
    [
        ("# Title", SETUP),
        (f"x {colab_links.BADGE}", ["import os"]),
        (f"x {colab_links.BADGE}", SETUP[:-2]),
    ],
    ids=["no badge", "no block", "no end of block"],
)
def test_a_notebook_without_its_markers_is_named(tmp_path, capsys, cells):
    nbformat.write(notebook(*cells), tmp_path / "02_two.ipynb")
    assert colab_links.main(["--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("02_two.ipynb: ") and said.count("\n") == 1


@pytest.mark.parametrize(
    ("written", "meant"), [("", ""), (ADDRESS + ".git", ADDRESS), (ADDRESS + "/", ADDRESS)]
)
def test_address_is_read_from_pyproject(tmp_path, written, meant):
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[project]\nversion = "2.0"\n[tool.ganbook]\nrepository = "{written}"\n')
    assert colab_links.read_settings(path) == (meant, "2.0")


def test_an_address_that_pip_cannot_take_is_refused(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\nversion = "2"\n[tool.ganbook]\nrepository = "github.com/a/b"\n')
    with pytest.raises(ValueError, match="'github.com/a/b'"):
        colab_links.read_settings(path)


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
