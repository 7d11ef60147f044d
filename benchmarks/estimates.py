"""Compare the setup cell's estimate of a lesson's training time with a training.

    python benchmarks/estimates.py                       every lesson, in this machine's precision
    python benchmarks/estimates.py 02 06 --precision float32 --steps 200

Each lesson is estimated, then trained for so many steps in the same process, with a callback that
draws nothing. Prints both times, what the estimate itself cost, and their ratio.
"""

import argparse
import time

from ganbook.quiet import import_tensorflow

import_tensorflow()

from ganbook import load_data, timing  # noqa: E402
from ganbook.recipes import RECIPES  # noqa: E402


def compare(lesson, precision, steps):
    """Print one line about a lesson."""
    recipe = RECIPES[lesson]
    policy = recipe.precision(precision)
    data = load_data(recipe.data, size=recipe.size)
    begin = time.perf_counter()
    estimate = timing.seconds_of(recipe, data, policy, steps)
    cost = time.perf_counter() - begin
    gan = recipe.gan(precision=policy, steps=steps)
    stream = data.stream(recipe.batch_size, gan.discriminator_steps, gan.steps_per_call)
    begin = time.perf_counter()
    gan.fit(stream, steps_per_epoch=steps // gan.steps_per_call, verbose=0)
    seconds = time.perf_counter() - begin
    print(
        f"{lesson} {policy:15} estimated {estimate:6.1f} s, took {seconds:6.1f} s, ratio "
        f"{estimate / seconds:.2f}; the estimate cost {cost:.1f} s",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", default=list(RECIPES))
    parser.add_argument("--precision", help="of convolutions (default: the quicker one here)")
    parser.add_argument("--steps", type=int, help="default: 4,000 dense, 150 convolutional")
    chosen = parser.parse_args()
    for lesson in chosen.lessons:
        steps = chosen.steps or (150 if RECIPES[lesson].convolutions else 4_000)
        compare(lesson, chosen.precision, steps)


if __name__ == "__main__":
    main()
