"""Each check finds the fault that was planted for it, and nothing in a page without faults."""

import base64
import io

import checks
import numpy as np
import pictures
import pytest
from PIL import Image

GOOD = {
    "index": 3,
    "kind": "code",
    "source": "gan.fit(batches)",
    "ran": True,
    "outputs": [{"kind": "stream", "name": "stdout", "text": "done"}],
    "pictures": [],
    "unnamed": 0,
    "formulas": 0,
    "bad_formulas": 0,
    "prose": "",
    "links": [],
    "details": 0,
    "views": [],
    "colors": [{"text": "done", "colors": [[0, 0, 0], [255, 255, 255]]}],
}
NOISE = np.random.default_rng(0).integers(0, 256, (40, 60), np.uint8)


def picture(pixels, **changes):
    """Return what `read_page.js` says of an output picture with these pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png")
    png = base64.b64encode(buffer.getvalue()).decode()
    known = {"output": True, "alt": "digits", "address": "data:image/png;base64,", "own": True}
    return known | {"loaded": True, "png": png} | changes


def figure(inside):
    """Return a white figure, (120, 200), with a dark title and a picture inside."""
    pixels = np.full((120, 200), 255, np.uint8)
    pixels[5:15, 60:140:4] = 0
    height, width = inside.shape
    pixels[25 : 25 + height, 20 : 20 + width] = inside
    return pixels


def digits(count):
    """Return `count` drawn ones in a row, black around them, (56, 56 * count)."""
    one = np.zeros((56, 56), np.uint8)
    one[8:48, 26:31] = 255
    return np.tile(one, (1, count))


def planted(**changes):
    """Return the cells of a page whose second cell has these keys otherwise."""
    return [GOOD, GOOD | {"index": 4} | changes]


FAULTS = {
    "not run": (checks.not_run, {"ran": False}),
    "an error": (
        checks.error_outputs,
        {"outputs": [{"kind": "error", "name": "TypeError", "text": "no alt"}]},
    ),
    "a red line": (
        checks.stderr_outputs,
        {"outputs": [{"kind": "stream", "name": "stderr", "text": "E0000 remapper"}]},
    ),
    "no alt": (checks.unnamed_pictures, {"pictures": [picture(NOISE, alt=None)]}),
    "an empty alt": (checks.unnamed_pictures, {"pictures": [picture(NOISE, alt=" ")]}),
    "the alt of JupyterLab": (
        checks.unnamed_pictures,
        {"pictures": [picture(NOISE, alt="Image")]},
    ),
    "a canvas": (checks.unnamed_pictures, {"unnamed": 1}),
    "a picture that is missing": (
        checks.spoiled_pictures,
        {"pictures": [picture(NOISE, loaded=False, png=None)]},
    ),
    "a black picture": (checks.spoiled_pictures, {"pictures": [picture(NOISE // 32)]}),
    "a flat picture": (
        checks.spoiled_pictures,
        {"pictures": [picture(np.full((40, 60), 200, np.uint8))]},
    ),
    "a black walk in a figure": (
        checks.spoiled_pictures,
        {"pictures": [picture(figure(np.zeros((56, 112), np.uint8)))]},
    ),
    "a raw formula": (checks.raw_formulas, {"prose": "the price is $\\ln 2$ each"}),
    "a raw formula of its own line": (checks.raw_formulas, {"prose": "so\n$$\nx = 1\n$$\n"}),
    "a formula that is gone": (
        checks.raw_formulas,
        {"kind": "markdown", "source": "the price is $\\ln 2$ each"},
    ),
    "a wrong formula": (checks.raw_formulas, {"formulas": 2, "bad_formulas": 1}),
    "a widget that failed": (
        checks.broken_widgets,
        {"views": [{"sliders": 0, "pictures": 0, "shown": 1, "text": "Error displaying widget"}]},
    ),
    "a widget that is not there": (
        checks.broken_widgets,
        {"views": [{"sliders": 0, "pictures": 0, "shown": 0, "text": ""}]},
    ),
    "a slider without a picture": (
        checks.broken_widgets,
        {"views": [{"sliders": 1, "pictures": 0, "shown": 2, "text": "place"}]},
    ),
    "no slider": (checks.broken_widgets, {"source": "from x import y\n\nslider(images[:12])"}),
    "faint text": (
        checks.faint_texts,
        {"colors": [{"text": "pale", "colors": [[60, 60, 60], [17, 17, 17]]}]},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_with_its_cell(fault):
    check, changes = FAULTS[fault]
    found = check(planted(**changes))
    assert len(found) == 1
    assert found[0].startswith("cell 4: ")


@pytest.mark.parametrize("check", checks.ALL, ids=lambda check: check.__name__)
def test_a_good_page_has_no_fault(check):
    text = "Costs `$5` and $\\ln 2$.\n```\n$raw$\n```\n"
    cells = planted(
        kind="markdown", source=text, ran=False, prose="Costs  and .", formulas=1, outputs=[]
    )
    slider = {"sliders": 1, "pictures": 1, "shown": 3, "text": "place"}
    cells += planted(source="widgets.slider_of(figures)", views=[slider])
    cells += planted(pictures=[picture(NOISE), picture(figure(digits(3)))])
    assert check(cells) == []


def test_every_check_has_a_planted_fault():
    assert {check for check, _ in FAULTS.values()} == set(checks.ALL)


def test_pictures_of_other_hosts_need_a_text_and_nothing_else():
    badge = picture(NOISE, own=False, loaded=False, png=None, output=False)
    assert checks.spoiled_pictures(planted(pictures=[badge])) == []
    assert checks.unnamed_pictures(planted(pictures=[badge | {"alt": ""}])) != []


def test_only_outputs_must_be_opaque():
    pixels = np.stack([NOISE, NOISE, NOISE, np.where(NOISE > 9, 255, 0)], -1).astype(np.uint8)
    assert "see-through" in pictures.faults_of_picture(picture(pixels))[0]
    assert pictures.faults_of_picture(picture(pixels, output=False)) == []


def test_a_figure_of_digits_has_no_black_block_and_one_without_them_has():
    assert pictures.black_block(figure(digits(1))) is None
    assert pictures.black_block(figure(digits(3))) is None
    assert pictures.black_block(figure(np.zeros((56, 56), np.uint8))) == (56, 56)


def test_largest_rectangle_is_the_largest_of_all():
    mask = np.random.default_rng(1).random((7, 9)) < 0.7
    top, left, height, width = pictures.largest_rectangle(mask)
    assert mask[top : top + height, left : left + width].all()
    areas = [
        (bottom - top) * (right - left)
        for top in range(7)
        for bottom in range(top + 1, 8)
        for left in range(9)
        for right in range(left + 1, 10)
        if mask[top:bottom, left:right].all()
    ]
    assert height * width == max(areas)
    assert pictures.largest_rectangle(np.zeros((3, 3), bool)) == (0, 0, 0, 0)


def test_relative_targets_are_links_to_files_only():
    text = """[All](README.md) · [Up](../README.md#start) [here](#Setup) [out](https://a.b/c)
    ![picture](figures/a.png) `[code](x.md)` [mail](mailto:a@b.c) [![badge](b.svg)](02.ipynb)
"""
    assert checks.relative_targets(text) == ["README.md", "../README.md#start", "02.ipynb"]


def test_dead_links_are_named(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "README.md").touch()
    page = "notebooks/00.ipynb"
    assert checks.dead_links(page, "[up](../README.md#start)", tmp_path) == []
    assert "leads to no file" in checks.dead_links(page, "[next](01.ipynb)", tmp_path)[0]
    assert "out of the folder" in checks.dead_links("00.ipynb", "[up](../README.md)", tmp_path)[0]


def test_a_link_must_be_in_the_page_with_the_address_of_its_file():
    text = {"kind": "markdown", "source": "[up](../README.md)"}
    right = [{"text": "up", "address": "http://localhost:1/files/README.md?_xsrf=2"}]
    wrong = [{"text": "up", "address": "http://localhost:1/files/notebooks/README.md"}]
    page = "notebooks/00.ipynb"
    assert checks.unlinked_targets(page, planted(**text, links=right)) == []
    assert len(checks.unlinked_targets(page, planted(**text, links=wrong))) == 1
    assert len(checks.unlinked_targets(page, planted(**text))) == 1


def test_contrast_is_that_of_the_standard():
    assert checks.contrast([0, 0, 0], [255, 255, 255]) == pytest.approx(21.0)
    assert checks.contrast([119, 119, 119], [255, 255, 255]) == pytest.approx(4.48, abs=0.01)
    assert checks.contrast([9, 9, 9], [9, 9, 9]) == 1.0
