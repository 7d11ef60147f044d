"""Is a step the same each time? One compiled step of each recipe, from one state, over and over.

    python benchmarks/same_step.py [--times 1000] [--only 06 08] [--busy 2]

Each recipe is trained for some steps (a growing one to the middle of each fade and to the first
step of each stage); then its whole state is put back and one step is made, again and again, in
float32 and in mixed_bfloat16. Prints how many different states came out, and in which part; a run
can be resumed bit for bit where that is 1. With --busy, so many other processes keep the machine
busy meanwhile, which makes threads meet in another order.
"""

import argparse
import hashlib
import multiprocessing
import os
from collections import Counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from ganbook import checkpoint, load_data  # noqa: E402
from ganbook.recipes import RECIPES, VARIANTS, recipe_of  # noqa: E402

STEPS = 280  # the planned length of runs that have a plan
NAMES = sorted([*RECIPES, *(f"{n}-{variant}" for n, ways in VARIANTS.items() for variant in ways)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--only", nargs="*", default=NAMES)
    parser.add_argument("--busy", type=int, default=0, help="other processes at work meanwhile")
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=keep_busy, daemon=True) for _ in range(arguments.busy)]
    for process in others:
        process.start()
    different = 0
    for name in arguments.only:
        recipe = recipe_of(*name.split("-"))
        data = load_data(recipe.data, size=recipe.size)
        for precision in ("float32", "mixed_bfloat16")[: 1 + recipe.convolutions]:
            gan = recipe.gan(0, precision, STEPS)
            for place, found in results_of(gan, recipe, data, arguments.times):
                different += len(found["all"]) > 1
                parts = ", ".join(part for part in found if len(found[part]) > 1 and part != "all")
                most = max(found["all"].values())
                print(
                    f"{name} {precision} at step {place}: {len(found['all'])} different of "
                    f"{arguments.times}, the commonest {most} times{': ' if parts else ''}{parts}",
                    flush=True,
                )
    print(f"{different} places at which a step is not the same each time.")
    for process in others:
        process.terminate()
    return int(bool(different))


def places_of(gan):
    """Return the steps at which a GAN is looked at."""
    if not hasattr(gan, "schedule"):
        return [4 * gan.steps_per_call]
    plan, later = gan.schedule, gan.schedule.starts[1:]
    fades = [images // plan.batch_size for images in plan.fade_images]
    middles = [start + fade // 2 for start, fade in zip(later, fades, strict=True)]
    return sorted([4, *later, *middles])


def results_of(gan, recipe, data, times):
    """Yield each place and, for each part of the state, how often which result came out."""
    for place in places_of(gan):
        calls = (place - gan.step) // gan.steps_per_call
        stream = data.stream(recipe.batch_size, gan.discriminator_steps, gan.steps_per_call)
        if calls:
            gan.fit(stream, steps_per_epoch=calls, verbose=0)
        batch = next(iter(stream.skip(gan.elements_done())))
        state = checkpoint.state_of(gan)
        before = {part: [v.numpy() for v in variables] for part, variables in state.items()}
        train = gan.make_train_function()
        elements = iter(tf.data.Dataset.from_tensors(batch).repeat())
        found = {part: Counter() for part in [*state, "all"]}
        for _ in range(times):
            train(elements)
            after = {part: digest(variables) for part, variables in state.items()}
            for part, sum_ in after.items():
                found[part][sum_] += 1
            found["all"]["".join(after.values())] += 1
            for part, variables in state.items():
                for variable, value in zip(variables, before[part], strict=True):
                    variable.assign(value)
        yield place, found


def digest(variables) -> str:
    total = hashlib.sha256()
    for variable in variables:
        total.update(np.ascontiguousarray(variable.numpy()).tobytes())
    return total.hexdigest()


def keep_busy():
    while True:
        np.ones((300, 300)) @ np.ones((300, 300))


if __name__ == "__main__":
    raise SystemExit(main())
