"""Kill trainings at random moments, resume them, and compare with ones that were never stopped.

    python benchmarks/kill_resume.py [--kills 40] [--kinds dense growing bfloat16 falling packed]

The trainings are what ``python -m ganbook train`` runs, with checkpoints more often, in processes
of their own, killed with SIGKILL at a moment that is drawn from the whole time such a process
takes, start and results included; a quarter of the kills waits for a checkpoint or a result that
is being written. Each run is resumed until it says that it is done. It must then have all its
files, and be equal bit for bit: the last checkpoint, the generator, both pictures. Then the next
run begins, until there were so many kills of each kind.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganbook import checkpoint, load_data, runs, storage
from ganbook.recipes import recipe_of


@dataclass(frozen=True)
class Kind:
    lesson: str
    data: str
    steps: int
    every: int  # steps between checkpoints
    precision: str = "float32"
    variant: str | None = None


KINDS = {
    "dense": Kind("01", "mnist", 4000, 500),
    "growing": Kind("06", "fashion_mnist", 80, 6),  # three fades
    "bfloat16": Kind("04", "fashion_mnist", 60, 7, "mixed_bfloat16"),
    "falling": Kind("08", "mnist", 4000, 500, variant="dense"),
    "packed": Kind("07", "stacked_mnist", 60, 7),
}
RESULTS = ("generator.npz", "samples.png", "losses.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=40, help="of each kind")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return train(*arguments.child)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    rng, bad = random.Random(arguments.seed), 0
    for kind in arguments.kinds:
        with tempfile.TemporaryDirectory() as work:
            bad += not try_kind(kind, arguments.kills, Path(work), rng)
    return int(bool(bad))


def try_kind(kind, kills, work, rng):
    """Kill runs of one kind; say how it went, and return whether all was as it should be."""
    whole, duration = work / "whole", time.monotonic()
    subprocess.run(command(kind, whole), check=True, stdout=subprocess.DEVNULL)
    duration = time.monotonic() - duration
    made = finished = unequal = 0
    while made < kills:
        folder = work / f"run-{finished}"
        while not kill_once(kind, folder, duration, rng):
            made += 1
        finished += 1
        different = differences(folder, whole)
        unequal += bool(different)
        if different:
            print(f"{kind}: NOT EQUAL after {made} kills: {', '.join(different)}", flush=True)
        shutil.rmtree(folder)
    print(
        f"{kind}: {made} kills, {finished} runs finished, {unequal} of them not whole or not equal",
        flush=True,
    )
    return not unequal


def command(kind, folder):
    return [sys.executable, __file__, "--child", kind, str(folder)]


def train(kind, folder):
    """Begin a run of this kind, or resume it; this is what is killed."""
    kind = KINDS[kind]
    recipe = recipe_of(kind.lesson, kind.variant)
    runs.train(
        recipe,
        load_data(kind.data, size=recipe.size),
        preset="quick",
        steps=kind.steps,
        folder=folder,
        resume=bool(checkpoint.saved_steps(Path(folder) / "checkpoints")),
        precision=kind.precision,
        every=kind.every,
    )
    return 0


def kill_once(kind, folder, duration, rng):
    """Start or resume the run and kill it; return True if it was done before that."""
    process = subprocess.Popen(
        command(kind, folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    end = time.monotonic() + rng.uniform(0.2, 1.1) * duration
    until_writing = rng.random() < 0.25
    while time.monotonic() < end and process.poll() is None:
        if until_writing and list(folder.rglob(".*writing*")):
            break
        time.sleep(0.001)
    process.kill()
    error = process.communicate()[1].decode()
    if process.returncode > 0:
        raise SystemExit(f"{kind}: a training failed: {error[-2000:]}")
    return process.returncode == 0


def differences(folder, whole):
    """Return in what a run differs from the one that was never stopped."""
    missing = [name for name in RESULTS if not (folder / name).is_file()]
    if missing:
        return [f"{name} is missing" for name in missing]
    found = [
        name
        for name in ("samples.png", "losses.png")
        if (folder / name).read_bytes() != (whole / name).read_bytes()
    ]
    states = [runs.restored(one)[0] for one in (folder, whole)]
    parts = [checkpoint.state_of(gan) for gan in states]
    for part in parts[0]:
        values = [[v.numpy() for v in one[part]] for one in parts]
        if not all(np.array_equal(a, b) for a, b in zip(*values, strict=True)):
            found.append(part)
    for gan, one in zip(states, (folder, whole), strict=True):
        storage.load_into(gan.generator, one / "generator.npz")
    weights = [gan.generator.get_weights() for gan in states]
    if not all(np.array_equal(a, b) for a, b in zip(*weights, strict=True)):
        found.append("generator.npz")
    return found


if __name__ == "__main__":
    sys.exit(main())
