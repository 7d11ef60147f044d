"""Kill lesson 01's training at random moments, resume it, and compare with a run never stopped.

    python benchmarks/kill_resume.py [--kills 20] [--steps 6000] [--data mnist]

The training is the real one, ``python -m ganbook train 01``, in processes of its own, killed with
SIGKILL; a checkpoint is written every 1,000 steps, and some kills land while one is being written.
After each kill the newest checkpoint must be whole; the final state must be equal bit for bit.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ganbook import checkpoint
from ganbook.recipes import recipe_of


def command(arguments, folder):
    base = [sys.executable, "-m", "ganbook", "train", "01", "--data", arguments.data]
    return [*base, "--steps", str(arguments.steps), "--out", str(folder)]


def final_state(folder):
    """Return all variables of the newest checkpoint of a run."""
    gan = recipe_of("01").gan()
    checkpoint.restore(gan, folder / "checkpoints")
    return [v.numpy() for part in checkpoint.state_of(gan).values() for v in part]


def kill_once(arguments, folder, rng):
    """Start or resume the run, kill it at a random moment; return where it stood, None if done."""
    steps = checkpoint.saved_steps(folder / "checkpoints")
    resume = ["--resume"] if steps else []
    began = time.time_ns()
    process = subprocess.Popen(command(arguments, folder) + resume, stdout=subprocess.DEVNULL)
    while not checkpoint.saved_steps(folder / "checkpoints") and process.poll() is None:
        time.sleep(0.005)
    if resume:
        time.sleep(arguments.start)  # imports and compiling: nothing to interrupt yet
    if rng.random() < 0.5:
        while not is_saving(folder / "checkpoints", began) and process.poll() is None:
            time.sleep(0.0005)
    else:
        time.sleep(rng.uniform(0.0, arguments.window))
    process.kill()
    saving = is_saving(folder / "checkpoints", began)
    if process.wait() == 0:
        return None
    return checkpoint.saved_steps(folder / "checkpoints")[-1], saving


def is_saving(folder, began):
    """Say whether a checkpoint is being written, other than one that an earlier kill left."""
    try:
        return (folder / ".writing").stat().st_ctime_ns > began
    except FileNotFoundError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=40_000)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--start", type=float, default=6.0, help="seconds before a kill may come")
    parser.add_argument("--window", type=float, default=8.0, help="seconds in which it may come")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    rng, work = random.Random(0), Path(tempfile.mkdtemp())
    during_a_save = kills = 0
    while kills < arguments.kills:
        stood = kill_once(arguments, work / "killed", rng)
        if stood is None:
            break
        kills += 1
        during_a_save += stood[1]
        print(f"kill {kills}: newest checkpoint {stood[0]:,}, while saving: {stood[1]}", flush=True)
    subprocess.run(
        [*command(arguments, work / "killed"), "--resume"], check=True, stdout=subprocess.DEVNULL
    )
    subprocess.run(command(arguments, work / "whole"), check=True, stdout=subprocess.DEVNULL)
    pairs = zip(final_state(work / "killed"), final_state(work / "whole"), strict=True)
    equal = all(np.array_equal(a, b) for a, b in pairs)
    print(f"{kills} kills, {during_a_save} of them while saving; equal bit for bit: {equal}")
    shutil.rmtree(work)
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
