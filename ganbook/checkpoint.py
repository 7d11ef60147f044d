"""Whole training states in a folder, each written under a temporary name and then renamed.

A folder of checkpoints holds one folder for each saved step, ``step-000001000``. Such a folder
appears by one rename, so it is whole or it is not there, whenever the process dies. TensorFlow's
own checkpoint format holds the numbers.
"""

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ganbook import description, files, schema
from ganbook.errors import RunError

# What reading a damaged checkpoint can end in.
DAMAGE = (OSError, ValueError, LookupError, TypeError, AssertionError, tf.errors.OpError)
# What writing one can: a limit on the size of files is a want of space, too.
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# What makes TensorFlow read a path as a pattern; Windows separates folders by the backslash.
PATTERN = re.compile(r"[*?\[]" if os.sep == "\\" else r"[*?\[\\]")
STEP_FOLDER = re.compile(r"step-(\d{9})")
WRITING = ".writing"
DELETING = ".deleting"  # begins the name of what was a checkpoint
_UNDELETED: set[Path] = set()  # folders in which something could not be deleted, which was said


class SaveError(RunError):
    """A checkpoint could not be written. Earlier ones are as they were, and so is the `GAN`.

    Attributes:
        what: the message, without what to do.
        no_space: whether it is for want of space, which does not pass by itself.
    """

    def __init__(self, what, no_space):
        self.what, self.no_space = what, no_space
        advice = "Free some space" if no_space else "See what else uses that folder"
        super().__init__(f"{what} {advice}, then resume.")


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


def check_writable(folder):
    """Raise RunError unless checkpoints can be written to the folder, which is made if missing."""
    temporary = Path(folder) / WRITING
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"checkpoints cannot be written to {folder} ({_first_line(error)}); name a folder that "
            "can be made or written to."
        ) from error
    shutil.rmtree(temporary, ignore_errors=True)


def save(gan, folder, keep=2) -> Path | None:
    """Save the whole state of a GAN; return its folder, or None for weights that are not finite.

    Args:
        gan: the `GAN`, between two calls.
        folder: where the checkpoints of one run lie; made if missing.
        keep: how many checkpoints are kept, the newest ones.

    An older checkpoint that is in use, and so cannot be deleted, is warned of once; the next save
    tries again.

    Raises:
        SaveError: the state could not be written. Earlier checkpoints are as they were.
    """
    if not _is_finite(gan):
        return None
    folder = Path(folder)
    final = folder / f"step-{gan.step:09d}"
    if final.is_dir():
        return final
    temporary = folder / WRITING
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True, exist_ok=True)  # what is in use there stayed
        _write(gan, temporary)
        files.replace(temporary, final)
    except (OSError, tf.errors.OpError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise SaveError(_failure(gan.step, folder, error), _lacks_space(error)) from error
    _remove_all_but(keep, folder)
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
    except (PermissionError, tf.errors.PermissionDeniedError) as error:
        raise RunError(
            f"the checkpoint {path} cannot be read ({_first_line(error)}); if another program "
            "has it open, try again, else see who may read it."
        ) from error
    except DAMAGE as error:
        raise RunError(
            f"the checkpoint {path} is damaged ({_first_line(error)}); remove that folder to "
            "resume from the one before it."
        ) from error
    gan.log, gan.seconds = notes["rows"], notes["seconds"]
    gan.forget_statistics()
    return gan.step


@contextlib.contextmanager
def _plainly_named(path):
    """Give a path to the same checkpoint that TensorFlow does not take for a pattern of names."""
    if not PATTERN.search(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="ganbook-") as folder:
        for part in path.parent.iterdir():
            if part.name.startswith(path.name):
                shutil.copy(part, folder)
        yield Path(folder) / path.name


def _read_state(gan, path):
    """Set all variables from TensorFlow's files; leave them as they were if something is wrong."""
    state = state_of(gan)
    before = [(variable, variable.numpy()) for part in state.values() for variable in part]
    try:
        with _plainly_named(path) as plain:
            tf.train.Checkpoint(state=state).read(str(plain)).assert_consumed()
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
        with path.open("r+b") as file:  # Windows refuses it for files that are open for reading
            os.fsync(file.fileno())


def _is_finite(gan):
    floats = (v for part in state_of(gan).values() for v in part if v.dtype.is_floating)
    return all(np.isfinite(tf.cast(v, tf.float32).numpy()).all() for v in floats)


def _remove_all_but(keep, folder):
    """Delete all but the newest checkpoints, and what could not be deleted before."""
    where, problem = folder.resolve(), None
    _clear(folder)
    for step in saved_steps(folder)[:-keep]:
        path = folder / f"step-{step:09d}"
        # Who was warned does not wait for the same again, at each save.
        rename = os.replace if problem or where in _UNDELETED else files.replace
        try:
            # Renamed first: a folder that is half deleted must not look like a checkpoint.
            rename(path, path.with_name(f"{DELETING}-{path.name}"))
        except OSError as error:
            problem = problem or f"{path} cannot be deleted now ({_first_line(error)})"
    _clear(folder)
    if problem is None:
        _UNDELETED.discard(where)
    elif where not in _UNDELETED:
        _UNDELETED.add(where)
        warnings.warn(
            f"the old checkpoint {problem}: another program may use it. The training goes on; "
            "later saves try again.",
            stacklevel=2,
        )


def _clear(folder):
    for path in folder.glob(f"{DELETING}*"):
        shutil.rmtree(path, ignore_errors=True)  # what is in use stays until a later save


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
    why = _first_line(error)
    return f"the checkpoint of step {step:,} could not be written to {folder} ({why}); {last}."


def _lacks_space(error):
    if isinstance(error, OSError):
        return error.errno in NO_SPACE
    # TensorFlow's kinds for the same errors of the system.
    return isinstance(error, (tf.errors.ResourceExhaustedError, tf.errors.OutOfRangeError))


def _first_line(error):
    # TensorFlow puts the name of the operation and the file before the reason.
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    return text.strip().splitlines()[0].split("; ")[-1]
