"""Write what leads from a notebook to other places: launch buttons, install lines, addresses.

    python scripts/colab_links.py            write them
    python scripts/colab_links.py --check    change nothing; exit 1 if a file needs writing

All come from the address of the repository in pyproject.toml, `[tool.ganbook] repository`. While
it is "", links are relative, and the notebooks say how to take a lesson to Colab or Kaggle.

A notebook has these places for it:

* in a markdown cell, one line that ends with the comment `<!-- colab-badge -->`;
* in the setup cell, the indented lines between `# >>> install` and `# <<< install`, inside an `if`
  that is true where the package is missing; the cell has imported `sys`;
* every link and picture in markdown: with an address they are absolute, so that they also work
  where the notebook stands alone.

The package learns the address, from where it fetches weights, by `ganbook/address.py`.
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

from ganbook.files import write_whole

ROOT = Path(__file__).resolve().parent.parent
BRANCH = "main"
COLAB = "https://colab.research.google.com"
BADGE = "<!-- colab-badge -->"
MARK = "    # >>> install"
BEGIN = f"{MARK} (written by scripts/colab_links.py)"
END = "    # <<< install"
LINK = re.compile(r"""(?P<before>\]\(|(?:src|href)=")(?P<target>(?!data:)[^)\s"]+)""")
PICTURE = (".png", ".gif", ".jpg", ".svg", ".webp")

# A wheel may lie beside the notebook, in Google Drive, among Kaggle's inputs. Browsers call a
# second download "ganbook-… (1).whl", a name that pip refuses. The package itself needs no network;
# what else is missing comes from there, if there is one, and replaces nothing that is installed.
FIND = """\
import glob, os, re, shutil, subprocess, tempfile
homes = "", "/content/drive/MyDrive/", "/content/drive/MyDrive/*/", "/kaggle/input/**/"
found = [f for home in homes for f in glob.glob(home + "ganbook*.whl", recursive=True)]
"""
ASK = """\
if not found and "google.colab" in sys.modules:
    from google.colab import files
    print("Choose {wheel}, which `make wheel` builds in dist/")
    found = list(files.upload() or [])
"""
INSTALL = """\
names = {{re.sub(r" ?\\(\\d+\\)", "", os.path.basename(f)): f for f in sorted(found)}}
wheels = [shutil.copy(f, os.path.join(tempfile.mkdtemp(), name)) for name, f in names.items()]
{fallback}pip = [sys.executable, "-m", "pip", "install", "-q"]
if not wheels or subprocess.run([*pip, "--no-deps", *wheels]).returncode:
    Stop = type("Stop", (Exception,), {{"_render_traceback_": lambda self: [str(self)]}})
    raise Stop("ganbook is missing: put {wheel} beside this notebook, "
               "{advice}, and run this cell again.")
subprocess.run([*pip, "ganbook[lessons]"], capture_output=True)
"""
NO_WHEEL = "or take the notebook that `make colab` makes"
NO_NETWORK = "or look for a network"
NO_ADDRESS = (
    "*In Colab or on Kaggle: upload this lesson's file from `dist/colab`, which `make colab` makes "
    "and which carries all that it needs.*"
)
ADDRESS_MODULE = '''"""Where this project is published; written by scripts/colab_links.py."""

# As in pyproject.toml, [tool.ganbook] repository; "" means nowhere yet.
REPOSITORY = {address!r}
'''


def read_settings(pyproject: Path) -> tuple[str, str]:
    """Return the address of the repository ("" if there is none) and the package's version."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    address = settings["tool"]["ganbook"]["repository"].rstrip("/").removesuffix(".git")
    # A server on this machine is for tests.
    if address and not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", address):
        raise ValueError(f"the repository in {pyproject.name} is {address!r}; begin it https://")
    return address, settings["project"]["version"]


def wheel_name(version: str) -> str:
    """Return what the package's wheel is called."""
    return f"ganbook-{version}-py3-none-any.whl"


def button(text: str, picture: str, link: str) -> str:
    return f"[![{text}]({picture})]({link})"


def badge_line(name: str, address: str) -> str:
    """Return the launch buttons of the notebook file `name`; without an address, what to do."""
    if not address:
        return f"{NO_ADDRESS} {BADGE}"
    page = f"{address}/blob/{BRANCH}/notebooks/{name}"
    buttons = []
    if address.startswith("https://github.com/"):  # these services open notebooks from there
        path = address.removeprefix("https://github.com/")
        lab = f"urlpath=lab/tree/notebooks/{name}"
        colab = page.replace("https://github.com", f"{COLAB}/github")
        kaggle = f"https://kaggle.com/kernels/welcome?src={page}"
        binder = f"https://mybinder.org/v2/gh/{path}/{BRANCH}?{lab}"
        buttons = [
            button("Open in Colab", f"{COLAB}/assets/colab-badge.svg", colab),
            button("Open in Kaggle", "https://kaggle.com/static/images/open-in-kaggle.svg", kaggle),
            button("Launch in Binder", "https://mybinder.org/badge_logo.svg", binder),
        ]
    raw = page.replace(f"/blob/{BRANCH}/", f"/raw/{BRANCH}/")
    return " ".join([*buttons, f"[Download this notebook]({raw})", BADGE])


def install_lines(address: str, version: str) -> list[str]:
    """Return the block of the setup cell that installs `ganbook`, markers included."""
    wheel = wheel_name(version)
    if address:
        # The version of this very notebook, whatever the repository has become since.
        fallback = f'wheels = wheels or ["git+{address}@v{version}"]\n'
        text = FIND + INSTALL.format(fallback=fallback, advice=NO_NETWORK, wheel=wheel)
    else:
        install = INSTALL.format(fallback="", advice=NO_WHEEL, wheel=wheel)
        text = FIND + ASK.format(wheel=wheel) + install
    return [BEGIN, *("    " + line for line in text.splitlines()), END]


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


def replace_links(text: str, address: str, before: str, root: Path = ROOT) -> str:
    """Return a markdown text whose links to the repository's files are those of an address.

    Args:
        text: of a cell of a notebook in the folder `notebooks`.
        address: of the repository; "" makes the links relative.
        before: the address that was written last time, or "".
        root: of the repository, to tell its files from everything else in brackets.
    """

    def renewed(match):
        target = match["target"]
        for known in filter(None, (before, address)):
            target = re.sub(rf"^{re.escape(known)}/(blob|raw)/{BRANCH}/", "../", target)
        path, mark, fragment = target.partition("#")
        file = (root / "notebooks" / path).resolve()
        if not path or not file.is_relative_to(root) or not file.exists():
            return match[0]
        inside = file.relative_to(root).as_posix()
        if address:
            kind = "raw" if file.suffix in PICTURE else "blob"
            path = f"{address}/{kind}/{BRANCH}/{inside}"
        else:
            here = inside.startswith("notebooks/")
            path = inside.removeprefix("notebooks/") if here else f"../{inside}"
        return f"{match['before']}{path}{mark}{fragment}"

    lines = [line if BADGE in line else LINK.sub(renewed, line) for line in text.split("\n")]
    return "\n".join(lines)


def rewrite(content: str, name: str, address: str, version: str, before="", root=ROOT) -> str:
    """Return a notebook file's content with links, buttons and install block as they should be."""
    notebook = json.loads(content)
    badges = installs = 0
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            badges += BADGE in text
            new = replace_badge(text, badge_line(name, address))
            new = replace_links(new, address, before, root)
        else:
            installs += MARK in text
            new = replace_install(text, install_lines(address, version))
        cell["source"] = new.splitlines(keepends=True)
    if (badges, installs) != (1, 1):
        raise ValueError(
            f"there must be one badge ({BADGE}) and one install block (# >>> install); "
            f"found {badges} and {installs}"
        )
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def written_address(module: Path) -> str:
    """Return the address that was written last time, "" if there was none."""
    found = re.search(r"^REPOSITORY = [\"'](.*)[\"']$", module.read_text(encoding="utf-8"), re.M)
    return found[1] if found else ""


def stale_files(root: Path, address: str, version: str):
    """Return (path, its new content) of all files that are not as they should be."""
    module = root / "ganbook" / "address.py"
    before = written_address(module) if module.exists() else ""
    wanted = [(module, ADDRESS_MODULE.format(address=address).replace("'", '"'))]
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        old = path.read_text(encoding="utf-8")
        try:
            wanted.append((path, rewrite(old, path.name, address, version, before, root)))
        except ValueError as problem:
            raise ValueError(f"{path.name}: {problem}") from problem
    return [(p, new) for p, new in wanted if not p.exists() or p.read_text("utf-8") != new]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write launch buttons, install lines, addresses.")
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if stale")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    options = parser.parse_args(arguments)
    try:
        address, version = read_settings(options.root / "pyproject.toml")
        stale = stale_files(options.root, address, version)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    for path, new in stale:
        print(f"{path.name}: {'out of date' if options.check else 'written'}")
        if not options.check:
            write_whole(path, new)
    if options.check and stale:
        print("Run: python scripts/colab_links.py", file=sys.stderr)
    return int(options.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
