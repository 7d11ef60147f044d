"""How long the end of ``fit`` takes when tf.data's autotune is on, and when it is off.

    python benchmarks/autotune_wait.py [--steps 1500]

Lesson 01's pair is trained for one short epoch, three times each, in turns. What is
timed is the end alone: from the last step to the return of ``fit``. In TensorFlow 2.21 the thread
that tunes a pipeline sleeps for longer and longer, and the end of ``fit`` waits until it wakes:
how long depends on when the last step comes, so the turns differ.
"""

import argparse
import time

import keras
import tensorflow as tf

from ganbook import load_data, recipes


class Clock(keras.callbacks.Callback):
    """Notes when the last step ended."""

    def on_train_batch_end(self, batch, logs=None):
        self.last = time.perf_counter()


def end_of_fit(data, steps, autotune) -> float:
    """Return the seconds from the last step to the return of ``fit``."""
    gan, clock, options = recipes.recipe_of("01").gan(), Clock(), tf.data.Options()
    options.autotune.enabled = autotune
    batches = data.stream(64, steps_per_call=gan.steps_per_call).with_options(options)
    calls = steps // gan.steps_per_call
    gan.fit(batches, steps_per_epoch=calls, verbose=0, callbacks=[clock])
    return time.perf_counter() - clock.last


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_500)
    steps, data = parser.parse_args().steps, load_data("mnist")
    for turn in range(3):
        seconds = {state: end_of_fit(data, steps, state) for state in (True, False)}
        print(
            f"turn {turn}: autotune on {seconds[True]:.2f} s, off {seconds[False]:.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
