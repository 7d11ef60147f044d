"""Warnings of pairs of settings that run and are known to train badly; lessons show how."""

import warnings

import keras

from ganbook import players
from ganbook.errors import PitfallWarning
from ganbook.penalties import R1R2, GradientPenalty


def warn(discriminator, loss, penalty):
    """Warn (PitfallWarning) of what a `GAN` is made of, where its constructor was called.

    * A discriminator that ends in a sigmoid under a loss on logits (lesson 03b).
    * BatchNorm under a penalty on gradients (lesson 04).
    """
    last = getattr(discriminator.layers[-1], "activation", None)
    if last is keras.activations.sigmoid and getattr(loss, "from_logits", True):
        _warn(
            "the discriminator ends in a sigmoid, but the loss expects logits: it stalls where the "
            "sigmoid is flat. Leave the sigmoid out, or use NonSaturating(from_logits=False)."
        )
    norms = players.layers_of(discriminator, keras.layers.BatchNormalization)
    parts = getattr(penalty, "penalties", [penalty])
    if norms and any(isinstance(part, (GradientPenalty, R1R2)) for part in parts):
        _warn(
            f"{norms[0].name} is a BatchNorm layer under a gradient penalty: each output depends "
            "on the whole batch then, while the penalty is meant for each sample. Leave it out, or "
            "use LayerNormalization."
        )


def _warn(message):
    warnings.warn(message, PitfallWarning, stacklevel=4)  # where GAN(...) was called
