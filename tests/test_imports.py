"""No two modules of the package need each other, not even inside a function."""

import ast
from pathlib import Path

import ganbook

PACKAGE = Path(ganbook.__file__).parent


def name_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


PATHS = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def imported(path):
    """The modules of the package that a module names in its imports, wherever they stand."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & PATHS.keys()
            yield from inner or {node.module}


def test_imports_go_one_way():
    needs = {name: set(imported(path)) & PATHS.keys() for name, path in PATHS.items()}
    # The exercises of all lessons are found by their names.
    needs["ganbook.check"] |= {name for name in PATHS if name.startswith("ganbook.exercises.")}
    # The package itself imports its parts when they are asked for, and they need its version only.
    del needs["ganbook"]
    needs = {name: found - {"ganbook"} for name, found in needs.items()}
    while free := {name for name, found in needs.items() if not found & needs.keys()}:
        needs = {name: found for name, found in needs.items() if name not in free}
    assert not needs, f"these need each other: {sorted(needs)}"
