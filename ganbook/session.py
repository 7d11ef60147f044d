"""The lessons' main runs of this session: which GAN each is of, and what it leaves behind.

A training cell that is run again must find what it began. A GAN that was made anew begins anew.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ganbook import checkpoint
from ganbook.callbacks import Film


@dataclass
class Run:
    """One main run.

    Attributes:
        gan: called, gives the GAN; None if there is no such GAN any more.
        folder: where its checkpoints go.
        film: its film, if it has one.
    """

    gan: Callable
    folder: Path
    film: Film | None = None


# The last run of each folder of runs: there a setup cell that is run again finds it, too.
_RUNS: dict[Path, Run] = {}


def begin(gan, folder) -> Run:
    """Note that a GAN is trained in this folder, and return its run."""
    _RUNS[_home(folder)] = run = Run(weakref.ref(gan), folder)
    return run


def begun(gan, folder) -> Run | None:
    """Return the run that a GAN has begun in this folder, or in one beside it; else None."""
    run = _RUNS.get(_home(folder))
    return run if run and run.gan() is gan else None


def run_of(gan, folder) -> Run:
    """Return a GAN's run; a new one goes to this folder, or beside it if there is a run in it."""
    return begun(gan, folder) or begin(gan, _free(folder))


def stamp() -> str:
    """Return the time now, as the name of a folder; in order by name is in order by time."""
    return datetime.now().strftime("%Y-%m-%d-%H%M%S")


def _home(folder):
    return folder.parent.resolve()


def _free(folder):
    if not checkpoint.saved_steps(folder):
        return folder
    name, number = stamp(), 1
    free = folder.with_name(name)
    while free.exists():
        number += 1
        free = folder.with_name(f"{name}-{number}")
    return free
