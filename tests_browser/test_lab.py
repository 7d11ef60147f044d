"""How JupyterLab and the browser are found and started, without starting them."""

import json
from pathlib import Path

import browser as hands
import lab as server
import pytest

MAKEFILE = (server.ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_line_of_make_lab_is_read_from_the_makefile():
    text = "lab: $(STAMP) ## Open\n\t$(BIN)/jupyter lab --notebook-dir=. --a='b c'\n\nlint:\n"
    assert server.lab_command(text) == ["jupyter", "lab", "--notebook-dir=.", "--a=b c"]


@pytest.mark.parametrize("text", ["", "lab:\n\tpython -m notebook\n"])
def test_a_makefile_without_that_line_is_refused(text):
    with pytest.raises(ValueError, match="no target lab"):
        server.lab_command(text)


def test_readme_has_the_same_line_for_readers_without_make():
    readme = (server.ROOT / "README.md").read_text(encoding="utf-8")
    assert ".venv/bin/" + " ".join(server.lab_command(MAKEFILE)) in readme


def test_the_first_page_is_that_of_the_command():
    assert server.default_url(["jupyter", "lab", "--LabApp.default_url=/lab/x"]) == "/lab/x"
    assert server.default_url(["jupyter", "lab"]) == "/lab"


def test_a_copy_has_the_lessons_and_not_what_a_reader_made(tmp_path):
    source = tmp_path / "source"
    for name in ("notebooks/runs/01", "ganbook", ".git", "build"):
        (source / name).mkdir(parents=True)
    for name in ("notebooks/01.ipynb", "notebooks/runs/01/run.json", "README.md"):
        (source / name).touch()
    copy = server.copy_lessons(source, tmp_path / "copy")
    there = sorted(p.relative_to(copy).as_posix() for p in copy.rglob("*"))
    assert there == ["README.md", "ganbook", "notebooks", "notebooks/01.ipynb"]
    assert not (copy / "notebooks").is_symlink()


def test_everything_that_jupyter_writes_stays_in_one_folder(tmp_path):
    variables = server.own_folders(tmp_path)
    assert {Path(place).parent for place in variables.values()} == {tmp_path}
    config = Path(variables["JUPYTER_CONFIG_DIR"])
    overrides = json.loads((config / "labconfig" / "default_setting_overrides.json").read_text())
    assert overrides["@jupyterlab/docmanager-extension:plugin"] == {"autosave": False}


def test_the_browser_is_the_one_that_is_named_else_one_on_path():
    programs = {"google-chrome": "/opt/chrome", "mine": "/home/me/mine"}
    assert hands.find_browser({}, programs.get) == "/opt/chrome"
    assert hands.find_browser({"GANBOOK_BROWSER": "mine"}, programs.get) == "/home/me/mine"


def test_without_a_browser_the_message_says_how_to_get_one():
    with pytest.raises(FileNotFoundError, match="apt install chromium.*GANBOOK_BROWSER"):
        hands.find_browser({}, lambda name: None)
    with pytest.raises(FileNotFoundError, match="'/nowhere', which is no program"):
        hands.find_browser({"GANBOOK_BROWSER": "/nowhere"}, lambda name: None)
