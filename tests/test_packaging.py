"""The lists of packages agree, and they say what the code needs."""

import ast
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import ganbook

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# The package whose name on PyPI is not the name that code imports.
IMPORTED_AS = {"pillow": "PIL", "ipython": "IPython"}
PIN = re.compile(r"^[\s-]*([A-Za-z0-9._-]+)==(\S+)$", re.MULTILINE)


# Not ours: what another package pulls in must be held back to fit the oldest TensorFlow.
HELD_BACK = {"tensorflow-metadata"}


def pins(name):
    """Return {package: version} of the lines `package==version` of a file."""
    found = PIN.findall((ROOT / name).read_text(encoding="utf-8"))
    return {canonicalize_name(package): Version(version) for package, version in found}


def bounds(*extras):
    """Return {package: Requirement} of the project, with the named extras."""
    lines = PROJECT["dependencies"] + sum(
        (PROJECT["optional-dependencies"][extra] for extra in extras), []
    )
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


def pythons():
    """Return the versions of Python that the project says it supports, as strings."""
    named = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python ::" in c]
    assert named
    return named


def test_requirements_pin_what_the_project_needs():
    assert pins("requirements.txt").keys() == bounds("lessons", "desk", "test").keys()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-oldest.txt"])
def test_pins_are_in_the_supported_range(name):
    wanted = bounds("lessons", "desk", "test")
    for package, version in pins(name).items():
        if package in HELD_BACK:
            continue
        assert version in wanted[package].specifier, package


def test_requirements_hold_nothing_but_pins():
    for name in ("requirements.txt", "requirements-oldest.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        for line in lines:
            assert not line or line.startswith("#") or PIN.match(line), f"{name}: {line}"


def test_conda_environment_has_the_same_pins():
    assert pins("environment.yml") == pins("requirements.txt")


def test_conda_environment_has_a_supported_python():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert re.search(r"^  - python=(\S+)$", text, re.MULTILINE)[1] in pythons()
    assert "- --editable ." in text


def test_oldest_pins_are_the_lower_bounds():
    oldest = pins("requirements-oldest.txt")
    for package, requirement in bounds().items():
        bound = Version(str(requirement.specifier).removeprefix(">="))
        assert oldest[package].release[:2] == bound.release[:2], package


def test_oldest_set_has_all_that_the_tests_need():
    needed = bounds("lessons", "desk", "test").keys() - {"jupyterlab"}
    assert pins("requirements-oldest.txt").keys() - HELD_BACK == needed


def test_no_upper_bounds_so_that_pip_never_replaces_an_installed_tensorflow():
    for requirement in bounds(*PROJECT["optional-dependencies"]).values():
        assert [s.operator for s in requirement.specifier] == [">="], requirement


def test_python_range_and_workflow_agree():
    wanted = Requirement("python" + PROJECT["requires-python"]).specifier
    assert [v for v in (f"3.{minor}" for minor in range(9, 20)) if v in wanted] == pythons()
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    tested = set(re.findall(r'"(3\.\d+)"', workflow))
    assert tested == set(pythons())


def test_the_version_stands_in_two_places_and_is_the_same():
    assert ganbook.__version__ == PROJECT["version"]


def test_data_files_of_the_package_are_shipped():
    others = [p for p in (ROOT / "ganbook").rglob("*") if p.is_file() and p.suffix != ".py"]
    kept = [p for p in others if "__pycache__" not in p.parts]
    assert {p.parent.relative_to(ROOT).as_posix() for p in kept} == {
        "ganbook/weights",
        "ganbook/results",
    }


def test_every_folder_of_modules_is_a_package():
    for path in (ROOT / "ganbook").rglob("*.py"):
        assert (path.parent / "__init__.py").exists(), f"{path.parent} would not be installed"


def third_party(nodes):
    """Return the packages that these statements import, less Python's own and ours."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"ganbook"}


def declared(*extras):
    """Return the importable names of the project's dependencies."""
    return {IMPORTED_AS.get(name, name.replace("-", "_")) for name in bounds(*extras)}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "ganbook").rglob("*.py")), ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_imports_are_declared(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # At the top of a module, only what is always installed; IPython and the like inside functions.
    assert third_party(tree.body) <= declared()
    assert third_party(ast.walk(tree)) <= declared("lessons")


def test_what_binder_reads_installs_the_project_and_keeps_lessons_short():
    binder = ROOT / "binder"
    assert "-r ../requirements.txt" in (binder / "requirements.txt").read_text(encoding="utf-8")
    version = (binder / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert version in pythons()
    for name, line in (("postBuild", "--editable ."), ("start", "GANBOOK_PRESET=quick")):
        assert line in (binder / name).read_text(encoding="utf-8")
        assert os.access(binder / name, os.X_OK), f"{name} must be executable"


def test_the_second_wheel_has_the_same_version():
    text = (ROOT / "scripts" / "weights_wheel" / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["project"]["version"] == PROJECT["version"]
