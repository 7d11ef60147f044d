"""Does validation change a training? Each recipe with and without it, byte for byte.

    python benchmarks/validated.py [--only 06 08]

A recipe makes 12 calls in 4 epochs (a growing one, 3 at each stage), once with ``validation_data``
whose last batch is short, once without. Prints whether all weights and both optimizers are equal,
and what validation cost; the status is 0 if they are.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402

from ganbook import checkpoint, load_data  # noqa: E402
from ganbook.recipes import RECIPES, VARIANTS, recipe_of  # noqa: E402

STEPS = 21  # the planned length of runs that have a plan: three steps for each phase
NAMES = sorted([*RECIPES, *(f"{n}-{variant}" for n, ways in VARIANTS.items() for variant in ways)])
HELD_OUT, BATCH = 70, 32


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=NAMES)
    unequal = 0
    for name in parser.parse_args().only:
        recipe = recipe_of(*name.split("-"))
        data = load_data(recipe.data, size=recipe.size)
        held_out = load_data(recipe.data, split="test", size=recipe.size).draw(HELD_OUT)[0]
        more = {"validation_data": held_out, "validation_batch_size": BATCH}
        plain, without, _ = trained(recipe, data, {})
        validated, with_it, history = trained(recipe, data, more)
        equal = plain == validated
        unequal += not equal
        print(
            f"{name}: {'equal' if equal else 'UNEQUAL'}; {without:.1f} s without, {with_it:.1f} s "
            f"with; val_discriminator_loss {history['val_discriminator_loss'][-1]:.4f}",
            flush=True,
        )
    return int(bool(unequal))


def trained(recipe, data, more):
    gan = recipe.gan(0, "float32", STEPS)
    calls = STEPS if hasattr(gan, "schedule") else 12
    began = time.perf_counter()
    history = gan.fit(
        data,
        batch_size=recipe.batch_size,
        steps_per_epoch=3,
        epochs=calls // 3,
        verbose=0,
        **more,
    )
    seconds = time.perf_counter() - began
    state = checkpoint.state_of(gan).values()
    values = [np.asarray(v.numpy()).tobytes() for part in state for v in part]
    return values, seconds, history.history


if __name__ == "__main__":
    raise SystemExit(main())
