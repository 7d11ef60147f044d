"""How long a step of lesson 06 takes at each size. Run it with nothing beside it.

    python benchmarks/growing_step.py

Prints the median over some steps of a stage without the first, which compiles. The lesson's
comparison in scripts/lesson06_growing.py counts time by these numbers.
"""

import time

import keras
import numpy as np

from ganbook.builders import growing_gan
from ganbook.data import load_data
from ganbook.growing import Schedule

STEPS = 100  # of each stage
BATCH_SIZE = 16


class Clock(keras.callbacks.Callback):
    """Notes when each step ended."""

    def __init__(self):
        super().__init__()
        self.times = []

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.perf_counter())


def main():
    images = BATCH_SIZE * STEPS // 2
    plan = Schedule(32, images, (2 * images, images, images, images), BATCH_SIZE)
    gan, clock = growing_gan(schedule=plan), Clock()
    batches = load_data("fashion_mnist", size=32).stream(BATCH_SIZE, seed=0)
    gan.fit(batches, steps_per_epoch=plan.steps, verbose=0, callbacks=[clock])
    milliseconds = 1000 * np.diff(clock.times)
    for start in plan.starts:
        inside = milliseconds[start : start + STEPS - 1]  # the stage's first step is left out
        low, middle, high = np.quantile(inside, (0.1, 0.5, 0.9))
        size = plan.resolution_at(start)
        print(f"{size:2} x {size:<2} {middle:6.1f} ms ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()
