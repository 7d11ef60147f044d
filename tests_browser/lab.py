"""A copy of the lessons and a JupyterLab over it, started by the very line of `make lab`.

Everything that JupyterLab would write into a home folder (settings, workspaces, tokens) goes into
the temporary folder, and so do the trainings of the notebooks.
"""

import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What a reader has made in notebooks/ is no part of the lessons.
NOT_COPIED = shutil.ignore_patterns("runs", ".ipynb_checkpoints", "__pycache__")
SECONDS_TO_START = 120
# Variables of the caller that would change the token, or lead trainings out of the copy.
ELSEWHERE = ("JUPYTER_TOKEN", "GANBOOK_RUNS")
# Laid under the default settings: every cell is in the page at once, however far down it stands;
# nothing is saved; no question about news lies over the page.
SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


@dataclass(frozen=True)
class Lab:
    """A server that runs: its address, its token, the folder that it shows, its first page."""

    address: str
    token: str
    root: Path
    start: str

    def url(self, path: str) -> str:
        """Return the address of a page of this server, such as /lab/tree/README.md."""
        return f"{self.address}{path}?token={self.token}"


def lab_command(makefile: str) -> list[str]:
    """Return the words of the line that `make lab` runs, without the program's folder.

    Args:
        makefile: The text of the Makefile.

    Raises:
        ValueError: If there is no target lab with a single line that begins `$(BIN)/jupyter lab`.
    """
    found = re.search(r"^lab:.*\n\t\$\(BIN\)/(jupyter lab .*)\n(?!\t)", makefile, re.MULTILINE)
    if not found:
        raise ValueError("the Makefile has no target lab of one line, `$(BIN)/jupyter lab ...`")
    return shlex.split(found[1])


def copy_lessons(source: Path, target: Path) -> Path:
    """Lay out in `target` what a clone shows: notebooks copied, other folders linked."""
    target.mkdir()
    for entry in source.iterdir():
        if entry.name == "notebooks":
            shutil.copytree(entry, target / entry.name, ignore=NOT_COPIED)
        elif entry.name.startswith(".") or entry.name in ("build", "dist", "runs"):
            continue
        elif entry.is_dir():
            (target / entry.name).symlink_to(entry, target_is_directory=True)
        else:
            shutil.copy2(entry, target / entry.name)
    return target


def own_folders(folder: Path) -> dict[str, str]:
    """Return the variables that keep Jupyter and IPython inside `folder`, which is filled."""
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    places = {variable: folder / name for variable, name in names.items()}
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
    overrides = places["JUPYTER_CONFIG_DIR"] / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(exist_ok=True)
    overrides.write_text(json.dumps(SETTINGS), encoding="utf-8")
    return {variable: str(place) for variable, place in places.items()}


def free_port() -> int:
    """Return a port of the loopback device that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(server: subprocess.Popen, runtime: Path, log: Path) -> dict:
    """Wait until the server answers, and return what it wrote about itself (url, token)."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(OSError, ValueError):
                about = json.loads(path.read_text(encoding="utf-8"))
                with urllib.request.urlopen(f"{about['url']}api?token={about['token']}"):
                    return about
        time.sleep(0.2)
    end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"JupyterLab did not answer within {SECONDS_TO_START} s. It said:\n{end}")


@contextlib.contextmanager
def jupyter_lab(folder: Path):
    """Run JupyterLab over a copy of the lessons inside `folder`; yield a `Lab`.

    The options are those of `make lab`, and a token is asked for. Added is what a test needs: no
    window, a free port, JupyterLab's own object in the page, and leave to run as root.
    """
    root = copy_lessons(ROOT, folder / "clone")
    folders = own_folders(folder / "jupyter")
    command = lab_command((ROOT / "Makefile").read_text(encoding="utf-8"))
    added = ["--no-browser", "--expose-app-in-browser"]
    added += [f"--port={free_port()}", "--ServerApp.port_retries=0"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        added.append("--allow-root")
    environment = {"GANBOOK_PRESET": "quick"} | dict(os.environ) | folders
    for variable in ELSEWHERE:
        environment.pop(variable, None)
    log = folder / "jupyterlab.log"
    with log.open("w", encoding="utf-8") as out:
        program = [str(Path(sys.executable).parent / command[0]), *command[1:], *added]
        server = subprocess.Popen(
            program, cwd=root, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        about = wait_for(server, Path(folders["JUPYTER_RUNTIME_DIR"]), log)
        start = about["url"].rstrip("/")
        yield Lab(start, about["token"], Path(about["root_dir"]), default_url(command))
    finally:
        stop(server)


def default_url(command: list[str]) -> str:
    """Return the page that `make lab` opens first, /lab where the command names none."""
    for word in command:
        option, _, value = word.partition("=")
        if option.endswith(".default_url"):
            return value
    return "/lab"


def stop(server: subprocess.Popen):
    """End the server and with it its kernels."""
    server.terminate()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
