"""How long the measures take, and how much memory: 10,000 points against 10,000.

    python benchmarks/measures.py [--count 10000]

`prdc` runs in a process of its own on random features of 128 dimensions, so that its peak memory
can be told apart from what Python and NumPy take anyway. `python -m ganbook evaluate` runs on
samples of lesson 01's shipped weights, start of Python included. Prints one line each.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

DIMENSIONS = 128


def time_prdc(count):
    """Print seconds and the peak memory that `prdc` adds, in this process."""
    from ganbook.neighbors import prdc

    rng = np.random.default_rng(0)
    real, fake = (rng.normal(size=(count, DIMENSIONS)) for _ in range(2))
    prdc(real[:100], fake[:100])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    prdc(real, fake)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"prdc, {count:,} against {count:,}: {seconds:.1f} s, peak {peak / 1024:.0f} MB "
        f"({(peak - before) / 1024:.0f} MB more than before)",
        flush=True,
    )


def time_evaluate(count):
    """Print the seconds of the whole command."""
    ganbook = [sys.executable, "-m", "ganbook"]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "samples.npz")
        sample = [*ganbook, "sample", "01", "--count", str(count), "--out", path]
        subprocess.run(sample, check=True, stdout=subprocess.DEVNULL)
        start = time.perf_counter()
        command = [*ganbook, "evaluate", path, "--data", "mnist"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        print(f"evaluate, {count:,} samples: {time.perf_counter() - start:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--only-prdc", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only_prdc:
        time_prdc(arguments.count)
        return
    child = [sys.executable, __file__, "--only-prdc", "--count", str(arguments.count)]
    subprocess.run(child, check=True)
    time_evaluate(arguments.count)


if __name__ == "__main__":
    main()
