"""Write the Colab badge and the Colab install lines of every notebook.

    python scripts/colab_links.py            write them
    python scripts/colab_links.py --check    change nothing; exit 1 if a notebook needs writing

Both come from the address of the repository in pyproject.toml, `[tool.ganbook] repository`. While
it is "", the notebooks say how to upload the wheel that `make wheel` builds.

A notebook has two places for this:

* in a markdown cell, one line that ends with the comment `<!-- colab-badge -->`;
* in the setup cell, the indented lines between `# >>> colab-install` and `# <<< colab-install`,
  inside an `if` that is true only on Colab. The cell has imported `sys`.
"""

import argparse
import json
import sys
import tomllib
from pathlib import Path

from ganbook.files import write_whole

ROOT = Path(__file__).resolve().parent.parent
BRANCH = "main"
COLAB = "https://colab.research.google.com"
BADGE = "<!-- colab-badge -->"
MARK = "    # >>> colab-install"
BEGIN = f"{MARK} (written by scripts/colab_links.py)"
END = "    # <<< colab-install"


def read_settings(pyproject: Path) -> tuple[str, str]:
    """Return the address of the repository ("" if there is none) and the package's version."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    address = settings["tool"]["ganbook"]["repository"].rstrip("/").removesuffix(".git")
    if address and not address.startswith("https://"):
        raise ValueError(f"the repository in {pyproject.name} is {address!r}; begin it https://")
    return address, settings["project"]["version"]


def badge_line(name: str, address: str) -> str:
    """Return the badge of the notebook file `name`."""
    if address.startswith("https://github.com/"):
        path = address.removeprefix("https://github.com/")
        link = f"{COLAB}/github/{path}/blob/{BRANCH}/notebooks/{name}"
    else:
        link = COLAB  # Colab opens notebooks by address from GitHub only; its page takes uploads.
    return f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({link}) {BADGE}"


def install_lines(address: str, version: str) -> list[str]:
    """Return the block of the setup cell that installs `ganbook` on Colab, markers included."""
    pip = '[sys.executable, "-m", "pip", "install", "-q", package]'
    if address:
        lines = [
            "import subprocess",
            f'package = "git+{address}"',
            f"subprocess.run({pip}, check=True)",
        ]
    else:
        lines = [
            "import subprocess",
            "from google.colab import files",
            f'print("Upload ganbook-{version}-py3-none-any.whl: `make wheel` builds it in dist/")',
            "for package in files.upload():",
            f"    subprocess.run({pip}, check=True)",
        ]
    return [BEGIN, *("    " + line for line in lines), END]


def replace_badge(text: str, line: str) -> str:
    """Return a markdown cell's text with its badge line replaced."""
    lines = text.split("\n")
    return "\n".join(line if BADGE in old else old for old in lines)


def replace_install(text: str, block: list[str]) -> str:
    """Return a code cell's text with the install block replaced."""
    lines = text.split("\n")
    begin = next((i for i, line in enumerate(lines) if line.startswith(MARK)), None)
    if begin is None:
        return text
    if END not in lines[begin:]:
        raise ValueError(f"the line {END.strip()!r} is missing")
    end = lines.index(END, begin)
    return "\n".join(lines[:begin] + block + lines[end + 1 :])


def rewrite(content: str, name: str, address: str, version: str) -> str:
    """Return a notebook file's content with badge and install block as they should be."""
    notebook = json.loads(content)
    badges = installs = 0
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and BADGE in text:
            badges += 1
            new = replace_badge(text, badge_line(name, address))
        elif cell["cell_type"] == "code" and MARK in text:
            installs += 1
            new = replace_install(text, install_lines(address, version))
        else:
            continue
        cell["source"] = new.splitlines(keepends=True)
    if (badges, installs) != (1, 1):
        raise ValueError(
            f"there must be one badge ({BADGE}) and one install block (# >>> colab-install); "
            f"found {badges} and {installs}"
        )
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the Colab badges and install lines.")
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if stale")
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks", help="the notebooks")
    options = parser.parse_args(arguments)
    address, version = read_settings(ROOT / "pyproject.toml")
    stale = 0
    for path in sorted(options.folder.glob("*.ipynb")):
        old = path.read_text(encoding="utf-8")
        try:
            new = rewrite(old, path.name, address, version)
        except ValueError as problem:
            print(f"{path.name}: {problem}", file=sys.stderr)
            return 1
        if new == old:
            continue
        stale += 1
        print(f"{path.name}: {'out of date' if options.check else 'written'}")
        if not options.check:
            write_whole(path, new)
    if options.check and stale:
        print("Run: python scripts/colab_links.py", file=sys.stderr)
    return int(options.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
