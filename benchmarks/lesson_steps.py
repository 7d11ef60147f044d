"""What one step of each lesson's main run takes here, and with it the whole standard run.

    python benchmarks/lesson_steps.py [--lessons 02 05 08] [--steps 40]

The lessons were trained on different days and machines, so the seconds on the scoreboard cannot
be compared. Here they are timed one after another, in float32, and the whole is gone through three
times; the median of each counts. (Lesson 06's steps differ from stage to stage; see
`growing_step.py`.)
"""

import argparse
import statistics
import time

from ganbook import load_data
from ganbook.recipes import RECIPES


def milliseconds(gan, batches, steps) -> float:
    """Return the time of one step, in milliseconds."""
    calls = max(1, steps // gan.steps_per_call)
    start = time.perf_counter()
    gan.fit(batches, steps_per_epoch=calls, verbose=0)
    return 1000 * (time.perf_counter() - start) / (calls * gan.steps_per_call)


def warm(lesson):
    """Return a lesson's GAN, its step compiled, and its batches."""
    recipe = RECIPES[lesson]
    gan = recipe.gan(seed=0, precision="float32")
    data = load_data(recipe.data, size=recipe.size)
    batches = data.stream(recipe.batch_size, gan.discriminator_steps, gan.steps_per_call)
    milliseconds(gan, batches, 2)
    return gan, batches


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    everything = [lesson for lesson, recipe in RECIPES.items() if not recipe.planned]
    parser.add_argument("--lessons", nargs="+", choices=RECIPES, default=[*everything, "08"])
    parser.add_argument("--steps", type=int, default=40)
    chosen = parser.parse_args()
    pairs = {lesson: warm(lesson) for lesson in chosen.lessons}
    times = {lesson: [] for lesson in pairs}
    for _ in range(3):
        for lesson, pair in pairs.items():
            times[lesson].append(milliseconds(*pair, chosen.steps))
    for lesson, found in times.items():
        one, steps = statistics.median(found), RECIPES[lesson].steps["standard"]
        minutes = one * steps / 60_000
        print(f"{lesson}: {one:7.1f} ms a step, {steps:7,} steps, {minutes:5.1f} minutes")


if __name__ == "__main__":
    main()
