"""What must be true of a lesson in the page: plain functions over what `read_page.js` read.

Each takes the cells (a list of dicts, see `read_page.js` for the keys) and returns a list of
faults, one line of text each that names the cell; the list is empty when all is well.
"""

import posixpath
import re
import urllib.parse
from pathlib import Path

from pictures import faults_of_picture

# Code, in fences or between backticks, shows dollar signs and brackets as they are.
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
TARGET = re.compile(r"(?<!!)\[(?:[^\[\]]|!?\[[^\]]*\](?:\([^)]*\))?)*\]\(([^()\s]+)\)")
CALL_OF_SLIDER = re.compile(r"^\s*(?:\w+ = )?(?:\w+\.)?slider\w*\(", re.MULTILINE)
# WCAG asks for 4.5 of small text and 3 of large; JupyterLab's own themes stay above 3.
LEAST_CONTRAST = 3.0


def not_run(cells) -> list[str]:
    """Name the code cells that were never executed, or that still are."""
    return [
        f"cell {cell['index']}: was not run to its end"
        for cell in cells
        if cell["kind"] == "code" and cell["source"].strip() and not cell["ran"]
    ]


def error_outputs(cells) -> list[str]:
    """Name the outputs that are errors, with the error's name and text."""
    return [
        f"cell {cell['index']}: {output['name']}: {output['text']}"
        for cell in cells
        for output in cell["outputs"]
        if output["kind"] == "error"
    ]


def stderr_outputs(cells) -> list[str]:
    """Name the outputs that came by standard error: JupyterLab shows them on red."""
    return [
        f"cell {cell['index']}: standard error: {output['text'].strip()}"
        for cell in cells
        for output in cell["outputs"]
        if output["kind"] == "stream" and output["name"] == "stderr"
    ]


def unnamed_pictures(cells) -> list[str]:
    """Name the pictures without a text for those who cannot see them."""
    faults = []
    for cell in cells:
        for picture in cell["pictures"]:
            if not says_something(picture["alt"]):
                faults.append(f"cell {cell['index']}: no alternative text: {picture['address']}")
        if cell["unnamed"]:
            faults.append(
                f"cell {cell['index']}: {cell['unnamed']} drawings that are no <img> and have no "
                "aria-label"
            )
    return faults


def says_something(alt: str | None) -> bool:
    """Return whether an alternative text is one; JupyterLab puts "Image" where there is none."""
    return bool(alt) and alt.strip() not in ("", "Image")


def spoiled_pictures(cells) -> list[str]:
    """Name the pictures that did not load, are black, flat or, as outputs, see-through.

    Pictures from other hosts (badges) are left out: the page must stand without a network.
    """
    faults = []
    for cell in cells:
        for picture in cell["pictures"]:
            if picture["own"]:
                found = faults_of_picture(picture)
                faults += [f"cell {cell['index']}: {fault}" for fault in found]
    return faults


def raw_formulas(cells) -> list[str]:
    """Name formulas that stand in the page as their source, or that MathJax refused."""
    faults = []
    for cell in cells:
        written = cell["kind"] == "markdown" and FORMULA.search(CODE.sub("", cell["source"]))
        raw = FORMULA.search(cell["prose"])
        if raw:
            faults.append(f"cell {cell['index']}: a formula is not typeset: {raw[0][:60]}")
        elif written and not cell["formulas"]:
            faults.append(f"cell {cell['index']}: {written[0][:60]} is not in the page")
        if cell["bad_formulas"]:
            faults.append(f"cell {cell['index']}: {cell['bad_formulas']} formulas have errors")
    return faults


def broken_widgets(cells) -> list[str]:
    """Name widgets that show nothing, sliders without a picture, and sliders that are missing."""
    faults = []
    for cell in cells:
        for view in cell["views"]:
            if not view["shown"] or re.search("error|loading widget", view["text"], re.IGNORECASE):
                faults.append(f"cell {cell['index']}: a widget is not drawn: {view['text']!r}")
            elif view["sliders"] and not view["pictures"]:
                faults.append(f"cell {cell['index']}: a slider has no picture")
        wanted = cell["kind"] == "code" and CALL_OF_SLIDER.search(cell["source"])
        if wanted and not any(view["sliders"] for view in cell["views"]):
            faults.append(f"cell {cell['index']}: calls {wanted[0].strip()}...), shows no slider")
    return faults


def relative_targets(markdown: str) -> list[str]:
    """Return the targets of the links in Markdown text that lead to files of this project."""
    targets = TARGET.findall(CODE.sub("", markdown))
    return [t for t in targets if not t.startswith("#") and not urllib.parse.urlsplit(t).scheme]


def resolve(page: str, target: str) -> str:
    """Return where a target in `page` leads, as a path from the server's folder; may begin `..`."""
    plain = urllib.parse.unquote(target.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), plain))


def dead_links(page: str, markdown: str, root: Path) -> list[str]:
    """Name the links in the text of `page` (a path from `root`) that lead to no file in `root`.

    JupyterLab shows nothing outside of its folder: a link that leads out of it opens nothing, or
    another file of the same name.
    """
    faults = []
    for target in relative_targets(markdown):
        path = resolve(page, target)
        if path.split("/")[0] == "..":
            faults.append(f"{page}: {target} leads out of the folder that JupyterLab shows")
        elif not (root / path).exists():
            faults.append(f"{page}: {target} leads to no file")
    return faults


def unlinked_targets(page: str, cells) -> list[str]:
    """Name the links in the source that the page does not hold, or holds with another address."""
    faults = []
    for cell in cells:
        if cell["kind"] != "markdown":
            continue
        there = {local_path(link["address"]) for link in cell["links"]}
        for target in relative_targets(cell["source"]):
            if resolve(page, target) not in there:
                faults.append(f"cell {cell['index']}: {target} is no link in the page")
    return faults


def local_path(address: str) -> str | None:
    """Return the path of a file of this server, from its folder; None for other addresses."""
    path = urllib.parse.unquote(urllib.parse.urlsplit(address).path)
    return path.removeprefix("/files/") if path.startswith("/files/") else None


def contrast(one, other) -> float:
    """Return the contrast of two colors (red, green, blue, 0 to 255), from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color) -> float:
    """Return the relative luminance of a color (0 to 255), from 0 to 1, as WCAG 2.2 defines it."""
    parts = [part / 255 for part in color]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def faint_texts(cells) -> list[str]:
    """Name texts whose color is too near to what lies behind them."""
    return [
        f"cell {cell['index']}: {entry['text']!r} is hard to read, {entry['colors']}"
        for cell in cells
        for entry in cell["colors"]
        if contrast(*entry["colors"]) < LEAST_CONTRAST
    ]


ALL = (
    not_run,
    error_outputs,
    stderr_outputs,
    unnamed_pictures,
    spoiled_pictures,
    raw_formulas,
    broken_widgets,
    faint_texts,
)
