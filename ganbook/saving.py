"""What Keras's saving asks of a `GAN`: what it is, and what it has beside its networks."""

import copy

import keras
import numpy as np

from ganbook import description
from ganbook import update as updates
from ganbook.errors import RunError
from ganbook.update import LOGS

NUMBERS = ("discriminator_steps", "generator_steps", "clip_weights", "unroll", "average")
NUMBERS += ("steps_per_call", "seed")
# The arguments of a GAN that are objects.
PARTS = ("generator", "discriminator", "loss", "penalty", "schedule")
PARTS += ("generator_optimizer", "discriminator_optimizer")


def _strict(describe, *part):
    return describe(*part)


def config_of(gan, optimizers, lenient=False) -> dict:
    """Return the arguments that make an equal GAN, as one dictionary (JSON-ready).

    Args:
        gan: a `GAN`.
        optimizers: the descriptions of both, as they were given.
        lenient: tell what can be told of a part that has no ``get_config``.

    Raises:
        SettingError: a part has none, and ``lenient`` is False.
    """
    ask = description.or_what_is_known if lenient else _strict
    return {
        "generator": ask(description.of_network, gan.generator, "generator"),
        "discriminator": ask(description.of_network, gan.discriminator, "discriminator"),
        "loss": ask(description.of_part, gan.loss_pair),
        "penalty": ask(description.of_part, gan.penalty),
        **optimizers,
        "update": updates.name_of(gan.update),
        **{name: getattr(gan, name) for name in NUMBERS},
    }


def arguments_of(config, custom_objects=None) -> dict:
    """Return the arguments that a config describes, objects made anew."""
    arguments = copy.deepcopy(config)  # Keras changes what it is given
    for name in PARTS:
        if isinstance(arguments.get(name), dict):
            arguments[name] = keras.saving.deserialize_keras_object(
                arguments[name], custom_objects=custom_objects
            )
    return arguments


def write_own(gan, store):
    """Put the step, the time and the log into one part of Keras's file."""
    store["step"] = np.int64(gan.step)
    store["seconds"] = np.float64(gan.seconds)
    rows = [[row["step"], *(row[name] for name in LOGS)] for row in gan.log]
    store["log"] = np.array(rows, np.float64).reshape(-1, 1 + len(LOGS))


def read_own(store) -> tuple[int, float, list[dict]]:
    """Return the step, the time and the log that `write_own` put there.

    Raises:
        RunError: there is no step.
    """
    if "step" not in store.keys():
        raise RunError("the file holds no step: it was not saved from a GAN of this package.")
    rows = np.asarray(store["log"]).tolist()
    log = [{"step": int(step), **dict(zip(LOGS, row, strict=True))} for step, *row in rows]
    return int(np.asarray(store["step"])), float(np.asarray(store["seconds"])), log
