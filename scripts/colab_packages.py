"""Write requirements-colab.txt: what Colab has of everything that the lessons touch.

    python scripts/colab_packages.py pip-freeze.txt     from Colab's published list, in a file
    python scripts/colab_packages.py --fetch            from the newest list; says what changed

Colab publishes the list of its packages (repository googlecolab/backend-info) and changes it every
few weeks. Hundreds of them do not matter here. Taken are those that the project names, and all that
they need in turn, each in Colab's version: pip is asked what a package needs, and nothing is
resolved, since Colab's versions do not always go together. That is why the file is installed with
``pip install --no-deps``.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ganbook.files import write_whole

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "requirements-colab.txt"
ADDRESS = "https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.txt"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
PYTHON = "3.13"  # Colab's, for conditions such as `python_version < "3.12"`
# Part of every notebook there, and of what runs notebooks in tests, though the project names none.
BESIDES = ("ipython", "jupyter_client", "traitlets", "nbclient", "nbformat", "pandas", "setuptools")
# What the project names and a notebook in Colab does not use: a desk, a style, a browser.
LEFT_OUT = {"jupyterlab", "ruff", "nbconvert", "playwright"}
TOOLS = {"nbval", "pytest", "pytest-timeout", "pytest-xdist"}
HEADER = """\
# What Colab has of everything that the lessons touch, written by scripts/colab_packages.py from the
# list that Colab publishes. The versions do not all go together (protobuf and tensorflow-metadata,
# for one), so install it with --no-deps; `make test-colab` does.
"""
LACKING = "# The tools of the tests that Colab lacks"


def pins_of(text: str) -> dict[str, tuple[str, str]]:
    """Return {name in normal form: (name, version)} of the lines ``name==version``."""
    return {canonicalize_name(name): (name, version) for name, version in PIN.findall(text)}


def ask_pip(wanted: list[str]) -> dict[str, tuple[str, str, list[str]]]:
    """Return {name in normal form: (name, version, what it needs)} of packages, ``name==version``.

    pip reads what each package says of itself, and installs nothing.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps"]
    command += ["--ignore-installed", "--ignore-requires-python", "--report", "-", *wanted]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [package["metadata"] for package in json.loads(answer)["install"]]
    return {
        canonicalize_name(one["name"]): (one["name"], one["version"], one.get("requires_dist", []))
        for one in found
    }


def needs_in(requirements: list[str], extras=()) -> dict[str, set[str]]:
    """Return {normal name: extras} of the requirements that hold on Colab, with some extras."""
    places = [
        {**default_environment(), "python_version": PYTHON, "extra": e} for e in ("", *extras)
    ]
    needs = {}
    for one in map(Requirement, requirements):
        if one.marker is None or any(one.marker.evaluate(place) for place in places):
            needs.setdefault(canonicalize_name(one.name), set()).update(one.extras)
    return needs


def project_names(pyproject: Path) -> set[str]:
    """Return what the project itself names, for the package, the lessons and the tests."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in ("lessons", "test"):
        lines += project["optional-dependencies"][extra]
    return needs_in(lines).keys() - LEFT_OUT


def closure(names: set[str], pins: dict, there=(), ask=ask_pip) -> dict[str, tuple[str, str]]:
    """Return some packages, and all that they need in turn, as {normal name: (name, version)}.

    Each in the version of ``pins``, or in the newest one if that has none. What is ``there`` is
    left out, and what it needs.
    """
    known, extras = {}, {name: set() for name in names if name not in there}
    while unasked := sorted(extras.keys() - known.keys()):
        known |= ask([f"{name}=={pins[name][1]}" if name in pins else name for name in unasked])
        for name in list(extras):  # again: an extra may have been asked for since
            for needed, of_it in needs_in(known[name][2], extras[name]).items():
                if needed not in there:
                    extras.setdefault(needed, set()).update(of_it)
    return {name: (own, version) for name, (own, version, _) in known.items()}


def content(colab: dict, project: set[str], own: dict, ask=ask_pip) -> str:
    """Return the file: Colab's pins, then what the tests need and Colab lacks, as we have it."""
    wanted = project | {canonicalize_name(name) for name in BESIDES}
    found = closure(wanted, {**own, **colab}, ask=ask)
    tools = closure(project & TOOLS, own, colab.keys(), ask)
    colabs = [f"{name}=={version}" for key, (name, version) in found.items() if key in colab]
    lacking = [f"{name}=={version}" for name, version in tools.values()]
    return "\n".join([HEADER, *sorted(colabs), "", LACKING, *sorted(lacking), ""])


def changes(old: str, new: str) -> list[str]:
    """Return one line for each package that came, went or has another version."""
    before, after = pins_of(old), pins_of(new)
    lines = []
    for name in sorted(before.keys() | after.keys()):
        one, other = (pins.get(name, ("", "none"))[1] for pins in (before, after))
        if one != other:
            lines.append(f"{name}: {one} -> {other}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write requirements-colab.txt.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("list", nargs="?", type=Path, help="the file pip-freeze.txt of Colab")
    source.add_argument("--fetch", action="store_true", help="fetch the newest list")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write")
    chosen = parser.parse_args(arguments)
    if chosen.fetch:
        with urllib.request.urlopen(ADDRESS, timeout=60) as answer:
            text = answer.read().decode()
    else:
        text = chosen.list.read_text(encoding="utf-8")
    own = pins_of((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    new = content(pins_of(text), project_names(ROOT / "pyproject.toml"), own)
    old = chosen.out.read_text(encoding="utf-8") if chosen.out.exists() else ""
    write_whole(chosen.out, new)
    print("\n".join(changes(old, new)) or "Nothing changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
