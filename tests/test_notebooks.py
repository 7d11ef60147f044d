"""Every notebook keeps to the frame that the lessons share (CONTRIBUTING.md tells the rules).

The rules are small functions from a notebook to a list of complaints. They are first tried on a
made-up notebook, whole and with one fault each, then on the lessons.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import colab_links
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))
NAMES = [path.name for path in LESSONS]
FRAME = [
    "## 1 Data",
    "## 2 Networks",
    "## 3 Losses and the update",
    "## 4 Training",
    "## 5 Looking at results",
    "## 6 Measuring",
    "## 7 Break it",
    "## 8 Your turn",
    "## Recap",
    "## Further reading",
]
# A page beside the lessons ("01b") trains nothing; its own sections come before these.
PAGE_FRAME = ["## Recap", "## Further reading"]
INSTALL_BLOCK = f"(?s){colab_links.MARK}.*{colab_links.END}\n?"
MOST_LINES = 22  # what a reader sees at once; comments and blank lines included
MOST_STATEMENTS = 18
CELL_METADATA = {"tags", "jupyter"}
TALKING_DOWN = re.compile(r"\b(simply|just|obviously)\b", re.IGNORECASE)
BRITISH = re.compile(
    r"\b\w*(?:colour|behaviour|favour|neighbour|centre[ds]?\b|modelling|labell(?:ed|ing)|grey(?!s\b)"
    r"|analyse[dr]?\b|analysing|catalogue"
    r"|(?:normal|initial|regular|general|visual|equal|stabil|recogn|summar|memor|penal|optim"
    r"|minim|maxim|real|organ|parametr|random|discret|quant|saturat)"
    r"is(?:e|ed|er|ers|es|ing|ation|ations)\b)",
    re.IGNORECASE,
)
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|work|Users|tmp|mnt|opt)/|\b[A-Z]:\\\w")
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def is_check(cell):
    """True for the cells whose stored output nbval compares."""
    tags = cell.metadata.get("tags", [])
    return "nbval-check-output" in tags or "NBVAL_CHECK_OUTPUT" in cell.source


def is_page(name):
    """True for a page beside the lessons, such as 01b_measuring.ipynb."""
    return re.match(r"\d\d[a-z]_", name) is not None


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    """Return the text of the markdown cells, without code blocks and code words."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.sub(r"`[^`\n]*`", "", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def begin_of(cell):
    return cell.source.strip().partition("\n")[0][:60]


def stored_outputs(notebook, name):
    """Outputs are stripped; check cells keep theirs, with the count that nbval asks for."""
    for cell in code_cells(notebook):
        has = bool(cell.outputs), cell.execution_count is not None
        if has != ((True, True) if is_check(cell) else (False, False)):
            yield f"outputs and execution count are {has} in: {begin_of(cell)}"


def metadata(notebook, name):
    """The kernel is the plain one, and editors leave nothing of theirs behind."""
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    if kernel != "python3":
        yield f"the kernel is {kernel!r}, not 'python3'"
    for extra in notebook.metadata.keys() - {"kernelspec", "language_info"}:
        yield f"notebook metadata {extra!r}"
    for cell in notebook.cells:
        for extra in cell.metadata.keys() - CELL_METADATA:
            yield f"cell metadata {extra!r} in: {begin_of(cell)}"


def cell_lengths(notebook, name):
    """A cell shows one idea; plotting and bookkeeping live in the package."""
    for cell in code_cells(notebook):
        # What a script wrote into the setup cell is not there to be read.
        lines = re.sub(INSTALL_BLOCK, "", cell.source).splitlines()
        full = [line for line in lines if line.strip() and not line.strip().startswith("#")]
        if len(lines) > MOST_LINES or len(full) > MOST_STATEMENTS:
            yield f"{len(lines)} lines, {len(full)} of code in: {begin_of(cell)}"


def frame(notebook, name):
    """The numbered sections are all there, in one order; a page has its own, and the same end."""
    lines = [line.rstrip() for line in prose(notebook).splitlines()]
    found = [line for line in lines if line in FRAME or re.match(r"## \d", line)]
    if is_page(name):
        numbers = [line.split()[1] for line in found if re.match(r"## \d", line)]
        counted = [str(number) for number in range(1, len(numbers) + 1)]
        if numbers != counted or found[len(numbers) :] != PAGE_FRAME:
            yield f"the sections are {found}"
    elif found != FRAME:
        yield f"the sections are {found}"


def opening(notebook, name):
    """The first cell has title, navigation and badge; one cell is the setup, one the report."""
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell does not begin with the title"
    wanted = ["(README.md)", colab_links.BADGE]
    if name in NAMES:
        place = NAMES.index(name)
        neighbors = NAMES[max(place - 1, 0) : place] + NAMES[place + 1 : place + 2]
        wanted += [f"({neighbor})" for neighbor in neighbors]
    yield from (f"the first cell lacks {text}" for text in wanted if text not in first.source)
    setups = [c for c in code_cells(notebook) if "setup" in c.metadata.get("tags", [])]
    if len(setups) != 1:
        yield f"{len(setups)} cells are tagged 'setup'"
    if not any("report(" in cell.source for cell in code_cells(notebook)):
        yield "no cell calls report(...)"


def pictures(notebook, name):
    """Every picture can be read aloud."""
    text = prose(notebook)
    yield from (f"no alternative text: {found}" for found in re.findall(r"!\[\s*\]\([^)]*\)", text))
    for tag in re.findall(r"<img\b[^>]*>", text):
        if not re.search(r'\balt="[^"\s][^"]*"', tag):
            yield f"no alternative text: {tag}"


def links(notebook, name):
    """Every link to a file of the project leads somewhere."""
    for groups in LINK.findall(prose(notebook)):
        target = (groups[0] or groups[1]).partition("#")[0]
        outside = target.startswith(("http://", "https://", "mailto:", "data:", "attachment:"))
        if target and not outside and not (FOLDER / target).exists():
            yield f"nothing at {target}"


def machine_paths(notebook, name):
    """Nothing of the machine that a notebook was edited on."""
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for found in MACHINE_PATH.findall(cell.source + "".join(map(str, outputs))):
            yield f"a path of one machine, {found}, in: {begin_of(cell)}"


def tone(notebook, name):
    """What is easy for the writer may not be for the reader."""
    yield from (f"the word {found!r}" for found in TALKING_DOWN.findall(prose(notebook)))


def spelling(notebook, name):
    """American, in prose, comments and names alike."""
    text = "\n".join(cell.source for cell in notebook.cells)
    yield from (f"British spelling: {found.group()}" for found in BRITISH.finditer(text))


RULES = [
    stored_outputs,
    metadata,
    cell_lengths,
    frame,
    opening,
    pictures,
    links,
    machine_paths,
    tone,
    spelling,
]


def made_up():
    """Return a small notebook that keeps every rule."""
    v4 = nbformat.v4
    title = f"# Lesson\n\n[Index](README.md)\n\n[badge](https://example.org) {colab_links.BADGE}"
    setup = v4.new_code_cell("import sys", metadata={"tags": ["setup"]})
    checked = v4.new_code_cell("6 * 7", metadata={"tags": ["nbval-check-output"]})
    checked.execution_count = 1
    checked.outputs = [v4.new_output("execute_result", {"text/plain": "42"}, execution_count=1)]
    sections = [v4.new_markdown_cell(f"{heading}\n\nText.") for heading in FRAME]
    cells = [v4.new_markdown_cell(title), setup, *sections, checked]
    cells.append(v4.new_code_cell("report(1)"))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return v4.new_notebook(cells=cells, metadata=kernel)


def say(text):
    """Return a fault: one more sentence."""
    return lambda notebook: notebook.cells.append(nbformat.v4.new_markdown_cell(text))


def code(text, **metadata):
    """Return a fault: one more code cell."""
    return lambda notebook: notebook.cells.append(
        nbformat.v4.new_code_cell(text, metadata=metadata)
    )


def drop(place):
    """Return a fault: a cell is gone."""
    return lambda notebook: notebook.cells.pop(place)


def set_source(place, text):
    """Return a fault: a cell has another text."""
    return lambda notebook: notebook.cells[place].__setitem__("source", text)


def run_count(notebook):
    notebook.cells[-1].execution_count = 3


def lose_count(notebook):
    notebook.cells[-2].execution_count = None


def other_kernel(notebook):
    notebook.metadata.kernelspec.name = "venv"


def as_page(*headings):
    """Return a fault: other headings in the place of the numbered sections, Recap and Reading."""

    def change(notebook):
        kept = [cell for cell in notebook.cells if not cell.source.startswith("## ")]
        sections = [nbformat.v4.new_markdown_cell(f"{heading}\n\nText.") for heading in headings]
        notebook.cells = kept[:2] + sections + kept[2:]

    return change


FAULTS = {
    "a count without check": (stored_outputs, run_count),
    "a check cell without count": (stored_outputs, lose_count),
    "another kernel": (metadata, other_kernel),
    "an editor's metadata": (metadata, code("1", ExecuteTime=1)),
    "a long cell": (cell_lengths, code("x = 1\n" * 19)),
    "a long comment": (cell_lengths, code("# x\n" * 23)),
    "a section missing": (frame, drop(4)),
    "a section twice": (frame, say("## 4 Training")),
    "a section too many": (frame, say("## 9 More")),
    "no title": (opening, drop(0)),
    "no badge": (opening, set_source(0, "# Lesson\n\n[Index](README.md)")),
    "no setup": (opening, drop(1)),
    "no report": (opening, drop(-1)),
    "a picture without text": (pictures, say("![](https://example.org/a.png)")),
    "a tag without text": (pictures, say('<img src="https://example.org/a.png" alt="">')),
    "a dead link": (links, say("[more](nowhere.ipynb)")),
    "a dead picture": (links, say("![a grid](figures/nothing.png)")),
    "a machine's path": (machine_paths, code('open("/home/me/data")')),
    "talking down": (tone, say("Just run the cell.")),
    "British prose": (spelling, say("We normalise the colours.")),
    "a British name": (spelling, code("is_normalised = True")),
}


@pytest.mark.parametrize("rule", RULES)
def test_rules_accept_a_good_notebook(rule):
    assert list(rule(made_up(), "99_made_up.ipynb")) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_rules_find_a_planted_fault(fault):
    rule, plant = FAULTS[fault]
    notebook = made_up()
    plant(notebook)
    assert list(rule(notebook, "99_made_up.ipynb"))


def test_a_page_counts_its_own_sections():
    for good, headings in [
        (True, ["## 1 One", "## 2 Two", *PAGE_FRAME]),
        (False, ["## 1 One", "## 3 Three", *PAGE_FRAME]),
        (False, ["## 1 One", "## Recap"]),
    ]:
        notebook = made_up()
        as_page(*headings)(notebook)
        assert (list(frame(notebook, "99b_made_up.ipynb")) == []) == good


def test_spelling_and_tone_leave_good_words_alone():
    good = (
        "Analyses of realistic, optimistic noise: adjust the Greys color map, in a centered axis."
    )
    notebook = made_up()
    say(good)(notebook)
    assert list(spelling(notebook, "")) == list(tone(notebook, "")) == []


def test_there_are_lessons():
    assert LESSONS
    assert all(re.fullmatch(r"\d\d[b-z]?_[a-z0-9_]+\.ipynb", name) for name in NAMES), NAMES
    numbers = [name.partition("_")[0] for name in NAMES]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_notebook_is_valid(path):
    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
@pytest.mark.parametrize("rule", RULES)
def test_lesson_keeps_the_rule(path, rule):
    complaints = list(rule(nbformat.read(path, as_version=4), path.name))
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_colab_lines_are_as_generated(path):
    content = path.read_text(encoding="utf-8")
    settings = colab_links.read_settings(ROOT / "pyproject.toml")
    assert content == colab_links.rewrite(content, path.name, *settings)


@pytest.mark.parametrize("name", NAMES)
def test_index_names_every_lesson(name):
    assert f"({name})" in (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("*.md"), *FOLDER.glob("*.md"), *(ROOT / "ganbook").rglob("*.py")]),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_the_project_is_spelled_the_same_way(path):
    assert BRITISH.findall(path.read_text(encoding="utf-8")) == []


def test_a_red_line_fails_a_cell_when_notebooks_are_run(tmp_path):
    v4 = nbformat.v4
    lines = ["print('fine')", "import sys; print('red', file=sys.stderr)"]
    red = v4.new_notebook(cells=[v4.new_code_cell(line) for line in lines])
    nbformat.write(red, tmp_path / "red.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--nbval", "--nbval-current-env", "red.ipynb"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "1 failed, 1 passed" in done.stdout
    assert r"written to standard error: ['red\n']" in done.stdout
