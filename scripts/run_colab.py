"""Run every notebook as Colab would: its package versions, alone, with nothing around it.

    .venv-colab/bin/python scripts/run_colab.py          all of them; see `make test-colab`
    .venv-colab/bin/python scripts/run_colab.py 00 01    some

Run by the Python of an environment with the packages of requirements-colab.txt. First the install
block of a setup cell is executed there: it must change none of them. Then each notebook runs in an
empty folder, in an environment of its own in which `ganbook` is missing, with a small stand-in for
`google.colab`, no data and no network; two again with the original files, if GANBOOK_DATA is set;
and some that `make colab` made, with the stand-in and, as on Kaggle, without. An error, a line on
standard error or a picture without alternative text fails a notebook.
"""

import argparse
import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
STAND_IN = ROOT / "tests" / "colab_stand_in"
NOWHERE = "http://127.0.0.1:9"  # nothing listens there: whoever asks the network is refused at once
WITH_FILES = ("01", "05")
# Of `make colab`: one that has nothing to fetch, a page, and the one that carries most.
IN_ONE_FILE = (("00", True), ("01b", True), ("08", False))
TIMEOUT = 600  # seconds for one cell
PEAK = "import resource as _r; print('peak', _r.getrusage(_r.RUSAGE_SELF).ru_maxrss)"


@dataclass(frozen=True)
class Trial:
    """One notebook in one place."""

    notebook: Path
    colab: bool = True
    data: str | None = None

    @property
    def name(self) -> str:
        where = ("Colab" if self.colab else "Kaggle") + (", one file" if self.whole else "")
        return f"{self.notebook.stem} ({where}{', original files' if self.data else ''})"

    @property
    def whole(self) -> bool:
        """Whether it is a notebook of `make colab`, which carries its own wheel."""
        return self.notebook.parent.name == "colab"


def trials_of(lessons, data) -> list[Trial]:
    """Return what to run, of some lessons or of all."""
    plain = {path.name.partition("_")[0]: path for path in (ROOT / "notebooks").glob("*.ipynb")}
    chosen = [number for number in sorted(plain) if not lessons or number in lessons]
    trials = [Trial(plain[number]) for number in chosen]
    if data:
        trials += [Trial(plain[n], data=data) for n in WITH_FILES if n in chosen]
    whole = ROOT / "dist" / "colab"
    return trials + [Trial(whole / plain[n].name, c) for n, c in IN_ONE_FILE if n in chosen]


def pins() -> dict[str, str]:
    """Return {package: version} of all that is installed beside this Python."""
    command = [sys.executable, "-m", "pip", "list", "--format=json"]
    listed = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {package["name"]: package["version"] for package in listed}


def install_block(notebook: Path) -> str:
    """Return the statement of the setup cell that installs the package, as it stands there."""
    cells = nbformat.read(notebook, as_version=4).cells
    setup = next(cell.source for cell in cells if "setup" in cell.metadata.get("tags", []))
    return setup[: setup.index("    # <<< install")]


def check_install(wheel: Path) -> list[str]:
    """Execute the setup cell's installation; return what it changed, and say what it added."""
    before = pins()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(wheel, folder)
        block = install_block(next((ROOT / "notebooks").glob("01_*.ipynb")))
        subprocess.run([sys.executable, "-c", block], check=True, cwd=folder)
    after = pins()
    added = [f"{name} {after[name]}" for name in sorted(after.keys() - before.keys())]
    print(f"The setup cell's installation added {', '.join(added) or 'nothing'}.")
    subprocess.run([sys.executable, "-m", "pip", "uninstall", "-q", "-y", "ganbook"], check=True)
    changed = [f"{n}: {v} -> {after.get(n)}" for n, v in before.items() if after.get(n) != v]
    return [line for line in changed if not line.startswith("ganbook:")]


def check_address() -> list[str]:
    """Install from an address, as a published notebook would; return what is wrong.

    This repository is served from this machine's loopback, with the tag of its version.
    """
    sys.path.append(str(ROOT))  # the package is not installed here, on purpose
    import colab_links

    if not (ROOT / ".git").exists():
        print("No git repository here: the install line of a published notebook is not tried.")
        return []
    version = colab_links.read_settings(ROOT / "pyproject.toml")[1]
    with tempfile.TemporaryDirectory() as name:
        served = Path(name) / "ganbook"
        for command in (
            ["clone", "--quiet", "--bare", ROOT, served],
            ["-C", served, "tag", "--force", f"v{version}"],
            ["-C", served, "update-server-info"],
        ):
            subprocess.run(["git", *map(str, command)], check=True, stdout=subprocess.DEVNULL)
        with serving(Path(name)) as address:
            block = colab_links.install_lines(f"{address}/ganbook", version)
            python = make_place(Path(name), Trial(Path("none"), colab=False))
            code = "import sys\nif True:\n" + "\n".join(block)
            subprocess.run([python, "-c", code], check=True, cwd=name)
            code = "import ganbook; print(ganbook.__version__, ganbook.__file__)"
            said = subprocess.check_output([python, "-c", code], text=True, cwd=name).split()
    right = said[0] == version and said[1].startswith(name)
    return [] if right else [f"{said} was installed from the address, not {version}"]


@contextlib.contextmanager
def serving(folder: Path):
    """Serve a folder on this machine's loopback, and yield its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def make_place(folder: Path, trial: Trial) -> Path:
    """Make an environment that sees this one's packages and gets `ganbook` for itself."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    python = folder / "env" / "bin" / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.check_output([python, "-c", ask], text=True).strip())
    (packages / "colab.pth").write_text(sysconfig.get_path("purelib") + "\n")
    if trial.colab:
        shutil.copytree(STAND_IN / "google", packages / "google")
        (packages / "sitecustomize.py").write_text("import google.colab\n")
    return python


def surroundings(folder: Path, trial: Trial, wheel: Path) -> dict[str, str]:
    """Return the environment variables: no network, no caches of this machine, quick."""
    proxies = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    hidden = {"GANBOOK_DATA", "GANBOOK_RUNS", "TFDS_DATA_DIR", "KERAS_HOME", "PYTHONPATH"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    own = {"HOME": str(folder / "home"), "GANBOOK_PRESET": "quick", "PIP_RETRIES": "0"}
    own |= {"JUPYTER_DATA_DIR": str(folder / "jupyter"), "IPYTHONDIR": str(folder / "ipython")}
    if not trial.whole:
        own["COLAB_STAND_IN_UPLOAD"] = str(wheel)
    if trial.data:
        own["GANBOOK_DATA"] = trial.data
    return {**kept, **own, **dict.fromkeys(proxies, NOWHERE), "no_proxy": "127.0.0.1"}


def run(trial: Trial, wheel: Path) -> tuple[str, list[str]]:
    """Run one notebook in a place of its own; return a line about it, and what is wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        (folder / "work").mkdir()
        shutil.copy(trial.notebook, folder / "work")
        python = make_place(folder, trial)
        command = [python, __file__, "--alone", folder / "work" / trial.notebook.name]
        begin = time.monotonic()
        done = subprocess.run(
            [*map(str, command)],
            env=surroundings(folder, trial, wheel),
            cwd=folder / "work",
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - begin
        answer = re.search(r"^ANSWER (.*)$", done.stdout, re.MULTILINE)
        found = json.loads(answer[1]) if answer else {"peak": 0, "wrong": [done.stderr[-3000:]]}
    line = f"{trial.name}: {seconds:.0f} s, {found['peak'] / 1024:.0f} MB"
    return line, found["wrong"]


def run_alone(path: Path) -> dict:
    """Execute a notebook here and now; return its peak of memory (KB) and what is wrong with it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    wrong, peak = [], 0
    try:
        # On a busy machine a cell's outputs come later than the 4 seconds that nbclient waits for
        # them by default; it would then go on without them, red lines included.
        NotebookClient(
            notebook,
            timeout=TIMEOUT,
            iopub_timeout=60,
            raise_on_iopub_timeout=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        ).execute()
        peak = int(notebook.cells[-1].outputs[0]["text"].split()[1])
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        wrong.append(re.sub(r"\x1b\[[0-9;]*m", "", str(error))[-3000:])
    return {"peak": peak, "wrong": wrong + complaints(notebook)}


def complaints(notebook) -> list[str]:
    """Return what a reader should not have seen: red lines, pictures that cannot be read aloud."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                found.append(f"standard error: {output['text'][:500]}")
            data = output.get("data", {})
            pictures = re.findall(r"<img\b[^>]*>", "".join(data.get("text/html", "")))
            mute = [p for p in pictures if not re.search(r'\balt="[^"\s][^"]*"', p)]
            if mute or "image/png" in data:
                found.append(f"a picture without alternative text, of: {cell.source[:80]!r}")
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the notebooks with Colab's packages.")
    parser.add_argument("lessons", nargs="*", help="numbers, such as 00 01b (default: all)")
    parser.add_argument("--alone", type=Path, help="run this notebook here; for this script")
    options = parser.parse_args(arguments)
    if options.alone:
        print(f"ANSWER {json.dumps(run_alone(options.alone))}")
        return 0
    wheel = max((ROOT / "dist").glob("ganbook-*.whl"), key=os.path.getmtime)
    amiss = [f"changed by the installation: {line}" for line in check_install(wheel)]
    amiss += check_address()
    print("".join(f"FAILED {line}\n" for line in amiss), end="", flush=True)
    trials = trials_of(options.lessons, os.environ.get("GANBOOK_DATA"))
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for line, wrong in pool.map(lambda trial: run(trial, wheel), trials):
            failed += bool(wrong)
            print("FAILED" if wrong else "passed", line, flush=True)
            print("\n".join(f"    {text}" for text in wrong), end="\n" if wrong else "")
    print(f"{len(trials) - failed} of {len(trials)} notebooks passed.")
    return int(bool(failed or amiss))


if __name__ == "__main__":
    sys.exit(main())
