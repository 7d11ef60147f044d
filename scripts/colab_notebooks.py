"""Write dist/colab/NN_*.ipynb: each lesson in one file, to be uploaded to Colab or Kaggle.

    python scripts/colab_notebooks.py        needs the wheel in dist/; see `make colab`

Such a notebook is whole in itself: its pictures stand in the text, and a cell before the setup
holds the package's wheel, with the classifiers and trained generators that this lesson needs and no
others. Links lead to the repository's address, if there is one; else they become text.
"""

import base64
import hashlib
import io
import os
import re
import sys
import zipfile
from pathlib import Path

import colab_links
import nbformat

from ganbook.files import write_whole
from ganbook.quiet import import_tensorflow

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = "ganbook/weights/"
TYPES = {".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg"}
# The classifiers that judge a data set, and the stand-in that is drawn without it.
JUDGES = {
    "fashion_mnist": ("fashion_mnist", "toy_garments"),
    "mnist": ("mnist", "toy_digits"),
    "toy_digits": ("toy_digits",),
    "toy_garments": ("toy_garments",),
}
MARKDOWN_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\n]+)\]\((?P<target>[^)\s]+)\)")
PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<target>[^)\s]+)\)")
CARRIER = """\
#@title The package of this lesson, packed as text: run this cell, there is nothing to read
from base64 import b64decode
from pathlib import Path
Path("{name}").write_bytes(b64decode(\"\"\"
{text}
\"\"\"))
print("{name} is here.")"""


def code_of(notebook) -> str:
    """Return all code of a notebook as one text."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def data_sets(lesson: str, notebook) -> set[str]:
    """Return the names of the data sets that a notebook works with, as far as they are judged."""
    import_tensorflow()
    from ganbook.recipes import RECIPES

    code = code_of(notebook)
    named = {name for name in JUDGES if f'"{name}"' in code}
    if lesson in RECIPES:
        named |= {RECIPES[lesson].data.removeprefix("stacked_")} & JUDGES.keys()
    elif not re.search(r'start_page\("\w+", ', code):
        named.add("mnist")  # of a page that names none
    return named


def draws_from_weights(notebook) -> bool:
    """Say whether a notebook draws from the lesson's trained generator."""
    return re.search(r"shipped_generator|show_finished", code_of(notebook)) is not None


def weights_of(lesson: str, notebook, there) -> set[str]:
    """Return which files of weights, of those that are there, a lesson needs."""
    judges = {judge for name in data_sets(lesson, notebook) for judge in JUDGES[name]}
    needed = {name for name in there if name.partition("_classifier.")[0] in judges}
    if draws_from_weights(notebook):
        needed |= {name for name in there if name.startswith(f"lesson{lesson}_")}
    return needed | {name for name in there if name == "generators.json"}


def lean_wheel(wheel: Path, needed: set[str]) -> bytes:
    """Return the wheel with these files of weights and no others, from the wheel or the clone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as own:
        names = [n for n in whole.namelist() if not n.startswith(WEIGHTS)]
        record = next(name for name in names if name.endswith(".dist-info/RECORD"))
        contents = {name: whole.read(name) for name in names if name != record}
        contents |= {WEIGHTS + name: (ROOT / WEIGHTS / name).read_bytes() for name in needed}
        for name, content in sorted(contents.items()):
            own.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        own.writestr(zipfile.ZipInfo(record), record_of(contents, record), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def record_of(contents: dict[str, bytes], record: str) -> str:
    """Return a wheel's own list of its files, with their sha256 and sizes (PEP 376)."""
    lines = []
    for name, content in sorted(contents.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},{len(content)}")
    return "\n".join([*lines, f"{record},,"]) + "\n"


def with_pictures(text: str, folder: Path) -> str:
    """Return a markdown text with its pictures inside, as data addresses."""

    def inside(match):
        file = folder / match["target"]
        if not file.is_file():
            return match[0]
        content = base64.b64encode(file.read_bytes()).decode()
        return f"![{match['alt']}](data:{TYPES[file.suffix]};base64,{content})"

    return PICTURE.sub(inside, text)


def without_dead_links(text: str) -> str:
    """Return a markdown text whose relative links, which lead nowhere from one file, are text."""

    def plain(match):
        alive = re.match(r"https?:|#|mailto:", match["target"])
        return match[0] if alive else match["text"]

    return MARKDOWN_LINK.sub(plain, text)


def whole_in_itself(path: Path, wheel: Path, address: str):
    """Return the notebook as one file that carries all that it needs."""
    notebook = nbformat.read(path, as_version=4)
    lesson = path.name.partition("_")[0]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = "\n".join(
                line for line in cell.source.split("\n") if colab_links.BADGE not in line
            )
            text = with_pictures(text, path.parent)
            cell.source = without_dead_links(colab_links.replace_links(text, address, address))
    there = [file.name for file in (ROOT / WEIGHTS).iterdir()]
    content = lean_wheel(wheel, weights_of(lesson, notebook, there))
    encoded = base64.b64encode(content).decode()
    text = "\n".join(encoded[i : i + 1000] for i in range(0, len(encoded), 1000))
    carrier = nbformat.v4.new_code_cell(CARRIER.format(name=wheel.name, text=text))
    carrier.metadata = {"cellView": "form", "jupyter": {"source_hidden": True}}
    setups = [i for i, c in enumerate(notebook.cells) if "setup" in c.metadata.get("tags", [])]
    notebook.cells.insert(setups[0], carrier)
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i}"  # the same file each time
    return notebook


def main() -> int:
    address, version = colab_links.read_settings(ROOT / "pyproject.toml")
    wheel = ROOT / "dist" / colab_links.wheel_name(version)
    if not wheel.exists():
        print(f"{wheel} is missing: run `make wheel` first.", file=sys.stderr)
        return 1
    out = ROOT / "dist" / "colab"
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        made = nbformat.writes(whole_in_itself(path, wheel, address)) + "\n"
        write_whole(out / path.name, made)
        print(f"{os.path.relpath(out / path.name, ROOT)}: {len(made) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
