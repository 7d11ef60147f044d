"""Compare the numbers of this tree with those of another revision, byte for byte (invariant 8).

    python scripts/same_bytes.py REVISION [--steps 200] [--only 01 04-clip small]

Each recipe is trained from scratch for 200 steps in both trees, in float32 and, if it has
convolutions, in mixed_bfloat16; so are small networks that use every setting of `GAN`; and samples
are drawn from all shipped weights. What is compared are SHA-256 sums of the generator, the
discriminator, both optimizers, the averaged weights and the losses. The status is 0 if all are
equal. The other revision is checked out beside this one for the time being.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).parent.parent
RECIPES = ("00", "01", "02", "03", "04", "04-clip", "05", "06", "07", "08", "08-dense")
SHIPPED = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "08-mnist")
PARTS = ("generator", "discriminator", "both optimizers", "averaged weights", "losses")


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", nargs="?", help="what to compare with, such as main")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--only", nargs="*", help='recipes, "small" or "shipped" (default: all)')
    parser.add_argument("--sums-to", type=Path, help="only write the sums of this tree to a file")
    options = parser.parse_args(arguments)
    if options.sums_to:
        options.sums_to.write_text(json.dumps(sums(options.only, options.steps), indent=1) + "\n")
        return 0
    if not options.revision:
        parser.error("name the revision to compare with")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", ROOT, "worktree"]
        subprocess.run([*git, "add", "--detach", tree, options.revision], check=True)
        try:
            there = sums_of_tree(tree, Path(folder) / "there.json", options)
        finally:
            subprocess.run([*git, "remove", "--force", tree], check=True)
        here = sums_of_tree(ROOT, Path(folder) / "here.json", options)
    different = compare(there, here)
    for line in different:
        print(f"DIFFERS {line}")
    print(f"{len(here) - len(different)} of {len(here)} sums are equal.")
    return int(bool(different) or not here)


def compare(there, here) -> list[str]:
    """Return the names under which two trees have other sums, or only one has any."""
    return sorted(name for name in there | here if there.get(name) != here.get(name))


def sums_of_tree(tree, file, options) -> dict:
    """Return the sums of the package in a tree, made by this very script in a new process."""
    command = [sys.executable, __file__, "--sums-to", file, "--steps", str(options.steps)]
    command += ["--only", *options.only] if options.only else []
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    subprocess.run([str(part) for part in command], env=environment, cwd=tree, check=True)
    return json.loads(Path(file).read_text())


def sums(only, steps) -> dict[str, str]:
    found = {}
    for name in RECIPES:
        if not only or name in only:
            found |= sums_of_recipe(name, steps)
    if not only or "small" in only:
        for name, settings in small_settings().items():
            found |= sums_of_gan(f"small {name}", small_gan(**settings), small_stream, steps)
    if not only or "shipped" in only:
        found |= sums_of_samples()
    return found


def sums_of_recipe(name, steps) -> dict[str, str]:
    """Train one recipe in each precision that its lesson may choose."""
    from ganbook import load_data
    from ganbook.recipes import recipe_of

    recipe = recipe_of(*name.split("-"))
    data = load_data(recipe.data, size=recipe.size)

    def stream(gan):
        return data.stream(recipe.batch_size, gan.discriminator_steps, gan.steps_per_call, seed=0)

    found = {}
    for precision in ("float32", "mixed_bfloat16")[: 1 + recipe.convolutions]:
        gan = recipe.gan(0, precision, steps)
        found |= sums_of_gan(f"{name} {precision}", gan, stream, steps)
    return found


def sums_of_gan(name, gan, stream, steps) -> dict[str, str]:
    gan.fit(stream(gan), steps_per_epoch=steps // gan.steps_per_call, verbose=0)
    print(f"{name}: step {gan.step}", flush=True)
    averaged = gan._slow_generator
    optimizers = gan.generator_optimizer.variables + gan.discriminator_optimizer.variables
    parts = (
        gan.generator.weights,
        gan.discriminator.weights,
        optimizers,
        averaged.trainable_weights if averaged else [],
        [row[key] for row in gan.log for key in sorted(row)],
    )
    made = {f"{name}, {part}": digest(values) for part, values in zip(PARTS, parts, strict=True)}
    return {**made, f"{name}, samples": digest([gan.sample(64)])}


def digest(values) -> str:
    import numpy as np

    total = hashlib.sha256()
    for value in values:
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        total.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return total.hexdigest()


def sums_of_samples() -> dict[str, str]:
    """Draw from the weights that come with the package."""
    from ganbook import runs
    from ganbook.sampling import sample_from

    found = {}
    for name in SHIPPED:
        generator, _ = runs.shipped_generator(*name.split("-"))
        found[f"shipped {name}"] = digest([sample_from(generator, 64)])
        print(f"shipped {name}", flush=True)
    return found


def small_settings() -> dict[str, dict]:
    """Return settings that together use everything that a step can do."""
    from ganbook.losses import NonSaturating
    from ganbook.penalties import R1, R2, Drift, GradientPenalty, Sum

    noisy = NonSaturating(real_label=0.9, fake_label=0.1, flip_labels=0.2)
    return {
        "noisy": {"loss": noisy, "generator_steps": 2, "average": 0.9},
        "clipped": {"loss": "wasserstein", "discriminator_steps": 3, "clip_weights": 0.05},
        "sum": {"loss": "hinge", "penalty": Sum(GradientPenalty(1.0, one_sided=True), Drift(0.1))},
        "r1": {"loss": "relativistic", "penalty": R1(0.1), "discriminator_steps": 2},
        "r2": {"loss": "relativistic", "penalty": R2(0.1), "update": "simultaneous"},
        "minimax": {"loss": "minimax", "steps_per_call": 4, "average": 0.9},
        "squares": {"loss": "least_squares", "update": "simultaneous", "steps_per_call": 2},
        "unrolled": {"unroll": 2, "generator_steps": 2},
        "unrolled relativistic": {"loss": "relativistic", "unroll": 1, "penalty": R1(0.1)},
    }


def small_gan(**settings):
    """Return a GAN whose networks have BatchNorm, dropout, regularizers and spectral norms."""
    import keras

    from ganbook import GAN
    from ganbook.layers import SpectralNormalization

    layers = keras.layers
    keras.utils.set_random_seed(0)
    norm = [] if "penalty" in settings else [layers.BatchNormalization(momentum=0.8)]
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(64, kernel_regularizer=keras.regularizers.L2(1e-3)),
            layers.BatchNormalization(momentum=0.8),
            layers.ReLU(),
            layers.Dropout(0.2),
            layers.Dense(64, activation="tanh"),
            layers.Reshape((8, 8, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, 2, padding="same", kernel_regularizer=keras.regularizers.L2(1e-3)),
            *norm,
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dropout(0.3),
            layers.Flatten(),
            SpectralNormalization(layers.Dense(1)),
        ]
    )
    return GAN(generator, discriminator, seed=3, **settings)


def small_stream(gan):
    import numpy as np

    from ganbook.data import stream

    images = np.random.default_rng(0).integers(0, 256, (256, 8, 8, 1)).astype(np.uint8)
    return stream(images, 8, gan.discriminator_steps, gan.steps_per_call, seed=0)


if __name__ == "__main__":
    sys.exit(main())
