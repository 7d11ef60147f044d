"""Kill a training, and go on in a new process by Keras's ways and by our own.

    python benchmarks/resume_ways.py [--only 01 04 06 08] [--precisions float32 mixed_bfloat16]

One process trains a lesson's GAN with all four at once: BackupAndRestore, ModelCheckpoint of whole
models, ModelCheckpoint of weights, RunCheckpoint. It is killed (SIGKILL) at a random moment after
its second epoch; lesson 06 is then in the middle of a fade. A new process goes on by each way, and
what comes out is compared, bit for bit, with a training that was never stopped: generator,
discriminator, both optimizers, averaged weights, step.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

EPOCHS = 4
CALLS = {"01": 4, "04": 6, "06": 10, "08": 6}  # an epoch's; 06 fades in from step 14 to 27
PLANNED = 140
WAYS = ("BackupAndRestore", "ModelCheckpoint and load_model", "save_weights", "RunCheckpoint")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=list(CALLS))
    parser.add_argument("--precisions", nargs="*", default=["float32", "mixed_bfloat16"])
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        mode, folder, lesson = arguments.child
        return {"train": train, "compare": compare}[mode](
            Path(folder), lesson, arguments.precisions[0]
        )
    rng, unequal = random.Random(arguments.seed), 0
    for lesson in arguments.only:
        for precision in arguments.precisions:
            with tempfile.TemporaryDirectory() as folder:
                killed_at = kill_once(Path(folder), lesson, precision, rng)
                answer = child("compare", folder, lesson, precision).communicate()[0]
            for way, equal in json.loads(answer.splitlines()[-1]).items():
                unequal += not equal
                result = "equal" if equal else "NOT EQUAL"
                print(f"{lesson} {precision}, killed {killed_at}, {way}: {result}", flush=True)
    print(f"{unequal} ways did not give the bytes of the training that was never stopped.")
    return int(bool(unequal))


def child(mode, folder, lesson, precision):
    command = [sys.executable, __file__, "--precisions", precision]
    command += ["--child", mode, str(folder), lesson]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_once(folder, lesson, precision, rng):
    with child("train", folder, lesson, precision) as process:
        for line in process.stdout:
            if line.startswith("epoch 2"):
                break
        wait = rng.uniform(0.0, 1.0)
        time.sleep(wait)
        process.kill()
    return f"{wait:.2f} s after epoch 2"


def make(lesson, precision):
    """Return a function that makes the GAN, the stream, and how many calls an epoch has."""
    from ganbook import load_data
    from ganbook.recipes import recipe_of

    recipe = recipe_of(lesson)
    data = load_data(recipe.data, size=recipe.size)

    def gan():
        return recipe.gan(0, precision, PLANNED)

    one = gan()
    stream = data.stream(recipe.batch_size, one.discriminator_steps, one.steps_per_call, seed=0)
    return gan, stream, CALLS[lesson]


def train(folder, lesson, precision):
    import keras

    from ganbook.callbacks import RunCheckpoint

    class Say(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            print(f"epoch {epoch + 1}", flush=True)

    gan, stream, calls = make(lesson, precision)
    callbacks = [
        keras.callbacks.BackupAndRestore(folder / "backup"),
        keras.callbacks.ModelCheckpoint(folder / "gan.keras"),
        keras.callbacks.ModelCheckpoint(folder / "gan.weights.h5", save_weights_only=True),
        RunCheckpoint(folder / "own", every=3),
        Say(),
    ]
    # Longer than will be needed: it is killed on the way.
    gan().fit(stream, steps_per_epoch=calls, epochs=1000, callbacks=callbacks, verbose=0)


def compare(folder, lesson, precision):
    """Print for each way whether its end equals that of a training that was never stopped."""
    import keras
    import numpy as np

    from ganbook import checkpoint

    make_gan, stream, calls = make(lesson, precision)

    def state(gan):
        return [v.numpy() for part in checkpoint.state_of(gan).values() for v in part]

    def until(gan, epochs, **more):
        end = EPOCHS * calls * gan.steps_per_call
        left = (end - gan.step) // gan.steps_per_call
        if not more:
            gan.fit(stream, steps_per_epoch=left, verbose=0)
        else:
            gan.fit(stream, steps_per_epoch=calls, epochs=EPOCHS, verbose=0, **more)
        return state(gan)

    whole = until(make_gan(), EPOCHS)
    backup = keras.callbacks.BackupAndRestore(folder / "backup")
    weights, own = make_gan(), make_gan()
    weights.load_weights(folder / "gan.weights.h5")
    checkpoint.restore(own, folder / "own")
    ends = (
        until(make_gan(), EPOCHS, callbacks=[backup]),
        until(keras.saving.load_model(folder / "gan.keras"), EPOCHS),
        until(weights, EPOCHS),
        until(own, EPOCHS),
    )
    equal = [all(np.array_equal(a, b) for a, b in zip(whole, end, strict=True)) for end in ends]
    print(json.dumps(dict(zip(WAYS, equal, strict=True))))


if __name__ == "__main__":
    raise SystemExit(main())
