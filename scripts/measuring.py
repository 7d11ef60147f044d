"""What the measures say about real images, whole and spoiled: the tables of the measuring page.

    python scripts/measuring.py

For MNIST and Fashion-MNIST: the floor (real against real) over the number of samples, five draws
each, and every measure of 5,000 spoiled training images. Writes ganbook/results/measuring.json row
by row, and the picture at the top of the page, notebooks/figures/01b_spoiled.png.
"""

import experiments
import numpy as np

from ganbook import evaluation, features, metrics, plots, spoiled

COUNTS = (250, 500, 1_000, 2_000, 5_000, 10_000)
DRAWS = 5
COUNT = 5_000  # there are 6,000 to 7,000 images of a class
MISSING, ONLY = 8, 1  # eights and bags; ones and trousers


def spoiled_sets(data, count) -> dict:
    """Return sets of ``count`` training images by name, whole and spoiled; none comes twice."""
    pool, labels = data.draw(len(data))
    images = pool[:count]
    return {
        "training images": images,
        "the mean image": spoiled.constant(images),
        "blurred": spoiled.blurred(images),
        "with noise": spoiled.noisy(images),
        f"class {MISSING} missing": pool[labels != MISSING][:count],
        f"class {ONLY} only": pool[labels == ONLY][:count],
    }


def floors(data, count) -> list[float]:
    """Return Frechet distances of ``count`` random training images from ``count`` test images."""
    classifier = features.classifier_of(data)
    test = evaluation.test_set_of(data)
    distances = []
    for seed in range(DRAWS):
        pair = [features.features_of(d.draw(count, seed)[0], classifier) for d in (test, data)]
        distances.append(round(metrics.frechet_distance_of(*pair), 4))
    return distances


def measure_all(data, results):
    """Add the rows of one data set that are missing."""
    for count in COUNTS:
        if not results.has(data=data.name, name="floor", samples=count):
            row = {"data": data.name, "name": "floor", "samples": count}
            results.add({**row, "frechet_distances": floors(data, count)})
            print(results.rows()[-1], flush=True)
    judge = evaluation.Judge(data, COUNT)
    for name, images in spoiled_sets(data, COUNT).items():
        if not results.has(data=data.name, name=name, samples=judge.count):
            results.add({"name": name, **judge.measure(images)})
            print(results.rows()[-1], flush=True)


def draw(data):
    """Draw the picture: a row of twelve images for each way of spoiling."""
    sets = spoiled_sets(data, 1_000)
    grid = np.concatenate([images[:12] for images in sets.values()])
    figure = plots.image_grid(grid, 12, f"{data.caption}: whole and spoiled", list(sets))
    plots.save_figure(figure, experiments.FIGURES / "01b_spoiled.png")


def main():
    sets = [experiments.real(name) for name in ("mnist", "fashion_mnist")]
    results = experiments.Results(
        "measuring", "measuring.py", *sets, key=("data", "name", "samples")
    )
    for data in sets:
        measure_all(data, results)
    draw(sets[0])


if __name__ == "__main__":
    main()
