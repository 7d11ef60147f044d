"""One JupyterLab and one browser for all tests, and each lesson opened and run once."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

import browser as hands
import lab as server
import pytest

LESSONS = ("00_watch", "01_vanilla_gan", "02_dcgan")
SECONDS_FOR_A_LESSON = 400

if os.environ.get("GANBOOK_DATA"):
    os.environ["GANBOOK_DATA"] = str(Path(os.environ["GANBOOK_DATA"]).resolve())


@dataclass
class Lesson:
    """A lesson after "Run All": its path from the server's folder, the page, the cells in it."""

    path: str
    page: object
    cells: list[dict]
    script_errors: list[str]


@pytest.fixture(scope="session")
def chromium():
    """A browser without a window; a test that needs it fails where there is none."""
    if importlib.util.find_spec("playwright") is None:
        pytest.fail("playwright is missing: python -m pip install -e '.[browser]'", pytrace=False)
    missing = None
    try:
        program = hands.find_browser(os.environ)
    except FileNotFoundError as problem:
        missing = str(problem)
    if missing:  # outside of `except`: pytest would print the message twice
        pytest.fail(missing, pytrace=False)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(hands.FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """JupyterLab as `make lab` starts it, over a copy of the lessons."""
    with server.jupyter_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def page(chromium):
    """An empty page of a fresh profile."""
    opened = chromium.new_page(viewport={"width": 1400, "height": 1000})
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request, chromium, lab):
    """A lesson, opened in JupyterLab and run to its end."""
    path = f"notebooks/{request.param}.ipynb"
    opened = chromium.new_page(viewport={"width": 1400, "height": 1000})
    errors = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    hands.open_notebook(opened, lab.url(f"/lab/tree/{path}"), path)
    hands.run_all(opened, SECONDS_FOR_A_LESSON)
    yield Lesson(path, opened, hands.read(opened), errors)
    hands.close_all_but(opened)
    opened.close()
