"""A notebook full of faults, run in the real page: what is read there lets each check see its own.

Without it, a check whose part of the page has got another name would be green for ever.
"""

import browser as hands
import checks
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PAINT = """
import base64, io
from IPython.display import HTML, display
from PIL import Image

def show(color, words):
    file = io.BytesIO()
    Image.new("RGBA", (80, 60), color).save(file, format="png")
    data = base64.b64encode(file.getvalue()).decode()
    display(HTML(f'<img src="data:image/png;base64,{data}" {words}>'))
"""
WIDGET = """
view = {"model_id": "gone", "version_major": 2, "version_minor": 0}
display({"application/vnd.jupyter.widget-view+json": view, "text/plain": "gone"}, raw=True)
"""
# The words of the fault that a cell must cause: (check, words, cell).
CODE, TEXT = new_code_cell, new_markdown_cell
FAULTS = [
    (checks.stderr_outputs, "red line", CODE("import sys; print('red line', file=sys.stderr)")),
    (checks.unnamed_pictures, "no alternative text", CODE("show('orange', '')")),
    (checks.unnamed_pictures, "no alternative text", CODE("show('orange', 'alt=\"\"')")),
    (checks.unnamed_pictures, "drawings", CODE("display(HTML('<canvas></canvas>'))")),
    (checks.spoiled_pictures, "is black", CODE("show('black', 'alt=\"a walk\"')")),
    (checks.spoiled_pictures, "flat color", CODE("show('orange', 'alt=\"a walk\"')")),
    (checks.spoiled_pictures, "see-through", CODE("show((0, 0, 0, 90), 'alt=\"a walk\"')")),
    (checks.spoiled_pictures, "did not load", TEXT("![a figure](figures/nowhere.png)")),
    (checks.raw_formulas, "not typeset", TEXT('<p class="mathjax_ignore">Costs $x$.</p>')),
    (checks.raw_formulas, "have errors", TEXT("Costs $x^2^3$.")),
    (checks.raw_formulas, "have errors", TEXT("Costs $\\nosuchcommand{x}$.")),
    (checks.broken_widgets, "widget is not drawn", CODE(WIDGET)),
    (checks.broken_widgets, "shows no slider", CODE("slider = list\nslider()")),
    (checks.faint_texts, "pale", CODE("display(HTML('<p style=\"color: #e8e8e8\">pale</p>'))")),
    (checks.error_outputs, "ZeroDivisionError", CODE("1 / 0")),
    (checks.not_run, "was not run", CODE("print('after the error')")),
]


@pytest.fixture(scope="module")
def faulty(chromium, lab):
    """The page of a notebook with one fault in each cell, and its cells as they were read."""
    cells = [CODE(PAINT), *(cell for _, _, cell in FAULTS)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    path = "notebooks/faulty.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=kernel), lab.root / path)
    page = chromium.new_page()
    hands.open_notebook(page, lab.url(f"/lab/tree/{path}"), path)
    hands.run_all(page, seconds=60)
    yield hands.read(page)
    hands.close_all_but(page)
    page.close()
    (lab.root / path).unlink()


@pytest.mark.parametrize(
    "place", range(len(FAULTS)), ids=[f"{check.__name__}-{words}" for check, words, _ in FAULTS]
)
def test_a_fault_in_the_page_is_found(faulty, place):
    check, words, _ = FAULTS[place]
    found = [line for line in check(faulty) if line.startswith(f"cell {place + 1}: ")]
    assert found and words in found[0]


def test_every_check_is_tried():
    assert {check for check, _, _ in FAULTS} == set(checks.ALL)
