"""What the scripts behind the lessons' tables share: results that grow row by row."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from PIL import Image

import ganbook
from ganbook import evaluation, load_data, plots, runs, scoreboard, to_uint8
from ganbook.files import write_json
from ganbook.sampling import sample_from

RESULTS = Path(ganbook.__file__).parent / "results"
FIGURES = Path(__file__).parent.parent / "notebooks" / "figures"


class Results:
    """A file ganbook/results/NAME.json of rows; a row that is there is not made again.

    Each row is written as soon as it is measured, so a script can be stopped and started at will.

    Args:
        name: of the file, such as "01_ablation".
        script: the script that makes it, recorded in the file.
        *data: each `ImageData` that the results stand on.
        key: the entries that tell one row from another.
    """

    def __init__(self, name, script, *data, key=("name", "steps", "seed")):
        self.path, self.key = RESULTS / f"{name}.json", key
        self.header = {
            "made by": f"scripts/{script}",
            "data_checksums": {one.name: one.checksum for one in data},
        }

    def rows(self) -> list[dict]:
        return json.loads(self.path.read_text())["rows"] if self.path.exists() else []

    def has(self, **key) -> bool:
        """Say whether there is a row with this key."""
        return any(all(row[name] == key[name] for name in self.key) for row in self.rows())

    def add(self, row):
        """Write one more row, with the versions that made it."""
        row = {**row, "versions": runs.versions()}
        write_json(self.path, {**self.header, "rows": [*self.rows(), row]})


def arguments(doc, seeds, **length):
    """Return the command line's choice of seeds, length and rows; see `parser_of`."""
    return parser_of(doc, seeds, **length).parse_args()


def parser_of(doc, seeds, **length):
    """Return a parser of the choice of seeds, length and rows; the defaults are given.

    ``length`` is the one thing that all rows have as much of: steps=2_000, or seconds=300.
    """
    ((unit, default),) = length.items()
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=seeds)
    parser.add_argument(f"--{unit}", type=int, default=default, help="of training, for each row")
    parser.add_argument("--only", nargs="+", help="names of rows; the others are left out")
    parser.set_defaults(unit=unit)
    return parser


def fill(results, variants, chosen, make):
    """Add the rows that are missing, seed by seed.

    Args:
        results: the `Results` to add to.
        variants: dataclass objects with a ``name`` and, where it is not the command line's,
            a number of ``steps``.
        chosen: what `arguments` returned.
        make: called with a variant, its length and a seed; trains, and returns a row's measures.
    """
    for seed in chosen.seeds:
        for variant in variants:
            if chosen.only and variant.name not in chosen.only:
                continue
            length = getattr(variant, chosen.unit, None) or getattr(chosen, chosen.unit)
            key = {chosen.unit: length, "seed": seed}
            if results.has(name=variant.name, **key):
                continue
            row = {**asdict(variant), **key, **make(variant, length, seed)}
            results.add(row)
            print(json.dumps(row), flush=True)


def adams(generator_rate, discriminator_rate, **options) -> dict:
    """Return both optimizers of a `GAN`, as its arguments: Adam with these rates and options."""
    return {
        "generator_optimizer": keras.optimizers.Adam(generator_rate, **options),
        "discriminator_optimizer": keras.optimizers.Adam(discriminator_rate, **options),
    }


def trained(gan, batches, steps, callbacks=()):
    """Train a GAN for so many steps and return it; a training that broke down stops the script."""
    calls = steps // gan.steps_per_call
    gan.fit(batches, steps_per_epoch=calls, verbose=0, callbacks=list(callbacks))
    if gan.trouble:
        raise SystemExit(gan.trouble)
    return gan


def train_until(gan, batches, seconds, together=10):
    """Train until a GAN's own clock, which stands still outside training, shows so many seconds."""
    while gan.seconds < seconds:
        trained(gan, batches, together * gan.steps_per_call)


def real(name, size=None):
    """Return a data set for a result that is kept, or stop: a stand-in will not do."""
    data = load_data(name, size=size)
    if data.is_standin:
        raise SystemExit(f"this needs the real {name}: set GANBOOK_DATA or get a network.")
    return data


def late(gan) -> dict:
    """Return the means of a GAN's logs over the last tenth of its steps."""
    rows = gan.log[-(len(gan.log) // 10) :]
    names = ("discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy")
    return {name: round(float(np.mean([row[name] for row in rows])), 4) for name in names}


def losses_of(gan) -> dict:
    """Return both players' losses over the steps, in 50 means, and the discriminator's lowest."""
    rows = np.array([[row["discriminator_loss"], row["generator_loss"]] for row in gan.log])
    means = np.array([part.mean(0) for part in np.array_split(rows, 50)]).round(4)
    return {
        "discriminator_losses": means[:, 0].tolist(),
        "generator_losses": means[:, 1].tolist(),
        "lowest_discriminator_loss": round(float(rows[:, 0].min()), 4),
    }


def measures(generator, judge) -> dict:
    """Return the measures of a generator's samples, rounded to uint8 as a file would hold them."""
    return judge.measure(to_uint8(sample_from(generator, judge.count)))


def save_picture(figure, path):
    """Write a figure of gray samples as a small file: noise fills a PNG unless shades are few."""
    plots.save_figure(figure, path, dpi=72)
    with Image.open(path) as picture:
        few = picture.convert("L").quantize(16)
    few.save(path, optimize=True)


def add_to_scoreboard(gan, lesson, variant, data, generator=None, run=None):
    """Add a GAN's rows to the scoreboard that comes with the package.

    There is one row with as many samples as the quick preset measures, so that a learner's own row
    has something to be compared with, and one with 10,000. ``data`` names the real data set;
    ``generator`` is the one that samples (default: the averaged one, if there is one); ``run`` are
    the settings of the run folder that it is from.
    """
    data = real(data)
    generator = gan.sampling_generator() if generator is None else generator
    more = {"generator": generator, "run": run, "versions": runs.versions()}
    for count in (evaluation.QUICK_SAMPLES, evaluation.SAMPLES):
        found = measures(generator, evaluation.Judge(data, count))
        row = scoreboard.row_of(gan, lesson, variant, found, **more)
        scoreboard.append(row, scoreboard.SHIPPED)
