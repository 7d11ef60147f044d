"""Lessons in JupyterLab, as a reader sees them after "Run All"."""

import browser as hands
import checks
import pytest


@pytest.mark.parametrize("check", checks.ALL, ids=lambda check: check.__name__)
def test_the_page_of_a_lesson_has_no_fault(lesson, check):
    faults = check(lesson.cells)
    assert not faults, "\n".join(faults)


def test_a_lesson_holds_what_the_checks_look_at(lesson):
    assert sum(len(cell["outputs"]) for cell in lesson.cells) > 10
    assert sum(picture["output"] for cell in lesson.cells for picture in cell["pictures"]) > 5
    assert sum(cell["formulas"] for cell in lesson.cells) > 1
    assert sum(len(checks.relative_targets(cell["source"])) for cell in lesson.cells) > 1
    assert sum(cell["details"] for cell in lesson.cells) > 1


def test_no_script_fails_in_the_page(lesson):
    assert lesson.script_errors == []


def test_links_of_a_lesson_are_links_to_files_in_the_page(lesson, lab):
    texts = [cell["source"] for cell in lesson.cells if cell["kind"] == "markdown"]
    assert checks.dead_links(lesson.path, "\n\n".join(texts), lab.root) == []
    assert checks.unlinked_targets(lesson.path, lesson.cells) == []


def test_links_of_a_lesson_open_on_a_click(lesson):
    links = hands.text_links(lesson.page)
    assert links
    for path, address in links.items():
        try:
            text = hands.follow(lesson.page, address, path)
        finally:
            hands.close_all_but(lesson.page, lesson.path)
        assert len(text) > 200, f"{path} opens as an empty page"


def test_folded_parts_open_on_a_click(lesson):
    for cell in lesson.cells:
        if cell["details"]:
            shown = hands.open_details(lesson.page, cell["index"])
            assert shown == [True] * cell["details"], f"cell {cell['index']}"


def test_a_slider_changes_its_picture(lesson):
    for cell in lesson.cells:
        if any(view["sliders"] and view["pictures"] for view in cell["views"]):
            before, after = hands.move_slider(lesson.page, cell["index"])
            assert after["address"] != before["address"], f"cell {cell['index']}"
            assert checks.says_something(after["alt"]), f"cell {cell['index']}"


def test_a_lesson_keeps_its_runs_beside_the_notebooks(lesson, lab):
    number = lesson.path.removeprefix("notebooks/")[:2]
    assert not (lab.root / "runs").exists()
    if number != "00":  # which writes nothing in the quick preset
        assert list((lab.root / "notebooks" / "runs").glob(f"{number}-*"))


@pytest.mark.parametrize("check", checks.ALL, ids=lambda check: check.__name__)
def test_the_page_of_a_lesson_has_no_fault_in_the_dark(dark_cells, check):
    faults = check(dark_cells)
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="module")
def dark_cells(lesson):
    """The cells of the lesson, read again in JupyterLab's dark theme."""
    hands.set_theme(lesson.page, "dark")
    yield hands.read(lesson.page)
    hands.set_theme(lesson.page, "light")
