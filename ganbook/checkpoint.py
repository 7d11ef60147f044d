"""Whole training states in a folder, each written under a temporary name and then renamed.

A folder of checkpoints holds one folder for each saved step, ``step-000001000``. Such a folder
appears by one rename, so it is whole or it is not there, whenever the process dies. TensorFlow's
own checkpoint format holds the numbers.
"""

import json
import os
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ganbook import description, schema
from ganbook.errors import RunError

# What reading a damaged checkpoint can end in.
DAMAGE = (OSError, ValueError, LookupError, TypeError, AssertionError, tf.errors.OpError)
STEP_FOLDER = re.compile(r"step-(\d{9})")


def state_of(gan) -> dict:
    """Return all variables that a run needs to go on, as lists by part."""
    averaged = gan._slow_generator
    parts = {
        "generator": gan.generator.weights,
        "discriminator": gan.discriminator.weights,
        "generator optimizer": gan.generator_optimizer.variables,
        "discriminator optimizer": gan.discriminator_optimizer.variables,
        # Less its BatchNorm statistics: they are measured anew from the weights before sampling.
        "averaged generator": averaged.trainable_weights if averaged else [],
    }
    # Keras variables wrap TensorFlow's. Dropout positions are keyed by the step, so not saved.
    variables = {name: [v.value for v in part] for name, part in parts.items()}
    return {**variables, "step": [gan._step]}


def saved_steps(folder) -> list[int]:
    """Return the steps whose checkpoints are in the folder, in rising order."""
    folder = Path(folder)
    if not folder.is_dir():
        return []
    matches = (STEP_FOLDER.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in matches if match)


def save(gan, folder, keep=2) -> Path | None:
    """Save the whole state of a GAN; return its folder, or None for weights that are not finite.

    Args:
        gan: the `GAN`, between two calls.
        folder: where the checkpoints of one run lie; made if missing.
        keep: how many checkpoints are kept, the newest ones.

    Raises:
        RunError: the state could not be written. Earlier checkpoints are as they were.
    """
    if not _is_finite(gan):
        return None
    folder = Path(folder)
    final = folder / f"step-{gan.step:09d}"
    if final.is_dir():
        return final
    temporary = folder / ".writing"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        _write(gan, temporary)
        os.replace(temporary, final)
    except (OSError, tf.errors.OpError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise RunError(_failure(gan.step, folder, error)) from error
    for step in saved_steps(folder)[:-keep]:
        _remove(folder / f"step-{step:09d}")
    return final


def restore(gan, folder, step=None) -> int:
    """Set a GAN to the newest saved state (or that of ``step``); return its step.

    Raises:
        RunError: there is nothing to restore, it is damaged, or it belongs to another GAN, whose
            differences are named. The GAN is then as it was.
    """
    steps = saved_steps(folder)
    if not steps or (step is not None and step not in steps):
        wanted = "no checkpoint" if step is None else f"no checkpoint of step {step}"
        raise RunError(f"there is {wanted} in {folder}; train without --resume first.")
    path = Path(folder) / f"step-{steps[-1] if step is None else step:09d}"
    if not (path / "description.json").exists() and (path / "fingerprint.json").exists():
        raise RunError(
            f"the checkpoint {path} is of an earlier version of this package, which did not write "
            "down what was trained; finish that run with that version."
        )
    try:
        _check_same(schema.read_json(path / "description.json", schema.DESCRIBED), gan, folder)
        notes = schema.read_json(path / "log.json", schema.LOG)
        _read_state(gan, path / "state")
    except DAMAGE as error:
        raise RunError(
            f"the checkpoint {path} is damaged ({_first_line(error)}); remove that folder to "
            "resume from the one before it."
        ) from error
    gan.log, gan.seconds = notes["rows"], notes["seconds"]
    gan.forget_statistics()
    return gan.step


def _read_state(gan, path):
    """Set all variables from TensorFlow's files; leave them as they were if something is wrong."""
    state = state_of(gan)
    before = [(variable, variable.numpy()) for part in state.values() for variable in part]
    try:
        tf.train.Checkpoint(state=state).read(str(path)).assert_consumed()
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise


def _write(gan, folder):
    tf.train.Checkpoint(state=state_of(gan)).write(str(folder / "state"))
    described = {"keras": keras.__version__, "gan": gan.description()}
    (folder / "description.json").write_text(json.dumps(described))
    (folder / "log.json").write_text(json.dumps({"seconds": gan.seconds, "rows": gan.log}))
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _is_finite(gan):
    floats = (v for part in state_of(gan).values() for v in part if v.dtype.is_floating)
    return all(np.isfinite(tf.cast(v, tf.float32).numpy()).all() for v in floats)


def _remove(path):
    # Renamed first: a folder that is half deleted must not look like a checkpoint.
    doomed = path.with_name(".deleting")
    shutil.rmtree(doomed, ignore_errors=True)
    os.replace(path, doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _check_same(saved, gan, folder):
    other_keras = saved["keras"] != keras.__version__
    different = description.differences(saved["gan"], gan.description(), lenient=other_keras)
    if different:
        raise RunError(
            f"the run in {folder} is of another GAN: {description.told(different)}. Resume it with "
            "the settings with which it began, or give another folder."
        )


def _failure(step, folder, error):
    steps = saved_steps(folder)
    last = f"the last good one is step {steps[-1]:,}" if steps else "there is none yet"
    return (
        f"the checkpoint of step {step:,} could not be written to {folder} "
        f"({_first_line(error)}); {last}. Free some space, then resume."
    )


def _first_line(error):
    # TensorFlow puts the name of the operation and the file before the reason.
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    return text.strip().splitlines()[0].split("; ")[-1]
