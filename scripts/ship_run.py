"""Make a finished run the one whose weights and picture come with the package.

    python -m ganbook train 01 --preset standard --data mnist --out runs/01
    python scripts/ship_run.py runs/01

Writes ganbook/weights/lesson01_mnist_generator.npz, which `python -m ganbook sample 01` uses, with
kernels in float16 where the file would be too large; and, from those very weights, if they are for
the lesson's own data, the picture at its top, notebooks/figures/01_samples.png, and the rows of
this run on the scoreboard that comes with the package. With --rows-only nothing but those rows: for
a run that a lesson is compared with, such as lesson 02's networks on Fashion-MNIST.
"""

import argparse
import json

import experiments

from ganbook import plots, shipped
from ganbook.data import TITLES
from ganbook.recipes import recipe_of
from ganbook.runs import restored
from ganbook.sampling import sample_from
from ganbook.storage import load_into, save

LARGEST = 6_000_000  # bytes of a file that comes with the package


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="the run folder of a finished run")
    parser.add_argument("--rows-only", action="store_true", help="only add to the scoreboard")
    chosen = parser.parse_args()
    folder = chosen.folder
    gan, settings = restored(folder)
    if gan.step != settings["steps"]:
        raise SystemExit(f"{folder} is at step {gan.step} of {settings['steps']}: finish it.")
    generator, record = gan.sampling_generator(), {**settings, "step": gan.step}
    if not chosen.rows_only:
        ship(generator, record)
    if generator.output_shape[-1] == 1:  # the scoreboard is for gray images
        title = recipe_of(record["lesson"]).title
        experiments.add_to_scoreboard(gan, record["lesson"], title, record["data"], run=record)


def ship(generator, record):
    """Write the weights into the package, and the picture that they make."""
    path = shipped.FOLDER / f"lesson{record['lesson']}_{record['data']}_generator.npz"
    weights = save(path, generator, record, half=4 * generator.count_params() > LARGEST)
    shipped.record()
    load_into(generator, weights)  # what is drawn and measured is what was written
    print(json.dumps({"weights": str(weights), "record": record}))
    if len(generator.output_shape) == 4 and record["data"] == recipe_of(record["lesson"]).data:
        draw(generator, record)


def draw(generator, record):
    """Draw the picture at the top of a lesson."""
    lesson, name = record["lesson"], TITLES[record["data"]]
    title = f"{recipe_of(lesson).title}, {name}, {record['step']:,} steps: generated"
    figure = plots.image_grid(sample_from(generator, 64), 16, title)
    print(plots.save_figure(figure, experiments.FIGURES / f"{lesson}_samples.png"))


if __name__ == "__main__":
    main()
