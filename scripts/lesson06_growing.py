"""Lesson 06's comparison: one pair of networks, grown and from scratch, and two things left out.

    python scripts/lesson06_growing.py [--seeds 0] [--steps 6000] [--only NAME ...]

Every row is a training on the real Fashion-MNIST at 32 x 32, in batches of 16, measured ten times
on the way (2,000 samples, enlarged while they are small) and at its end (10,000). "grown" is the
lesson's main run, shorter. "scratch" trains the same networks at 32 x 32 from the first step on,
for the same time. "no fade" switches every stage on at once, "no deviation" has no MinibatchStdDev;
both see as many images of each size as "grown" does. Time is counted by steps: what one takes at
each size was measured with nothing else running, by benchmarks/growing_step.py. So rows do not
depend on how busy a machine is. Rows are added to ganbook/results/06_growing.json one by one; a row
that is there is not made again. The first "grown" row that is made also leaves
notebooks/figures/06_film.gif.
"""

from dataclasses import dataclass
from pathlib import Path

import experiments
import numpy as np

from ganbook import evaluation, plots, to_uint8
from ganbook.builders import growing_gan
from ganbook.callbacks import Film
from ganbook.growing import Schedule

BATCH_SIZE = 16
SIZE = 32
MILLISECONDS = {4: 9.1, 8: 32.9, 16: 73.6, 32: 145.0}  # of a step; benchmarks/growing_step.py
CHECKS = 10
FRAMES = 20
FIGURE = Path(__file__).parent.parent / "notebooks" / "figures" / "06_film.gif"


@dataclass(frozen=True)
class Way:
    """One way to train the pair."""

    name: str
    text: str
    grows: bool = True
    fades: bool = True
    std_dev: bool = True


WAYS = [
    Way("grown", "grown from 4 x 4"),
    Way("scratch", "32 x 32 from the start, as long", grows=False),
    Way("no fade", "grown, stages switched on at once", fades=False),
    Way("no deviation", "grown, without MinibatchStdDev", std_dev=False),
]


def schedule_of(way, steps) -> Schedule:
    """Return when a way trains which stage; ``steps`` is the length of the grown row."""
    planned = growing_gan(0, steps).schedule
    if not way.grows:
        longer = round(seconds_of(planned) / seconds_of(from_scratch(1)))
        return from_scratch(longer)
    if way.fades:
        return planned
    shown = np.add(planned.stable_images, (0, *planned.fade_images)).tolist()
    return Schedule(SIZE, 0, tuple(shown), BATCH_SIZE)


def from_scratch(steps) -> Schedule:
    """Return a schedule of the last stage only."""
    return Schedule(SIZE, (), steps * BATCH_SIZE, BATCH_SIZE, first=SIZE)


def seconds_of(schedule, steps=None) -> float:
    """Return how long the first steps of a schedule take; all of them without a number."""
    steps = schedule.steps if steps is None else steps
    ends = [min(start, steps) for start in (*schedule.starts[1:], steps)]
    made = np.diff([0, *ends])
    sizes = [schedule.resolution_at(start) for start in schedule.starts]
    return sum(n * MILLISECONDS[size] for n, size in zip(made, sizes, strict=True)) / 1000


def enlarged(images, size=SIZE):
    """Return images of a stage at full size, every pixel repeated: (N, H, W, C)."""
    times = size // images.shape[1]
    return images.repeat(times, axis=1).repeat(times, axis=2)


def checked(gan, judge) -> dict:
    """Return how good the samples are at this moment of a training."""
    found = judge.measure(to_uint8(enlarged(gan.sample(judge.count))))
    names = ("frechet_distance", "recall", "coverage")
    return {
        "seconds": round(seconds_of(gan.schedule, gan.step), 1),
        "step": gan.step,
        "size": gan.schedule.resolution_at(gan.step - 1),
        **{name: found[name] for name in names},
    }


def save_film(film):
    """Write the moving picture of a few latents growing up."""
    figures = [plots.image_grid(images, 6, title) for images, title in film.frames.values()]
    print(plots.save_gif(figures, FIGURE))


def main():
    chosen = experiments.arguments(__doc__, seeds=[0], steps=6_000)
    data = experiments.real("fashion_mnist", size=SIZE)
    judge, quick = evaluation.Judge(data), evaluation.Judge(data, evaluation.QUICK_SAMPLES)
    results = experiments.Results("06_growing", "lesson06_growing.py", data)

    def make(way, steps, seed):
        plan = schedule_of(way, steps)
        gan = growing_gan(seed, steps, plan, way.std_dev)
        batches = data.stream(BATCH_SIZE, seed=seed)
        film = Film(lambda gan: (gan.sample(12), gan.progress()), every=max(1, steps // FRAMES))
        curve = []
        for check in range(1, CHECKS + 1):
            left = plan.steps * check // CHECKS - gan.step
            experiments.trained(gan, batches, left, callbacks=[film])
            curve.append(checked(gan, quick))
        if way.name == "grown" and not any(row["name"] == "grown" for row in results.rows()):
            save_film(film)
        return {
            "averaged": experiments.measures(gan.sampling_generator(), judge),
            "reached": gan.step,
            "curve": curve,
        }

    experiments.fill(results, WAYS, chosen, make)


if __name__ == "__main__":
    main()
