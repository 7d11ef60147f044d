"""Two optimizers as the one that Keras's callbacks ask for: they set and read a learning rate."""

import keras

from ganbook import players
from ganbook.errors import SettingError

SETTERS = (keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau)


class Rate:
    """The learning rate of one player's optimizer, under the player's name."""

    def __init__(self, optimizer, name):
        self._optimizer, self.name = players.unscaled(optimizer), name

    @property
    def learning_rate(self):
        return self._optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self._optimizer.learning_rate = value


class BothOptimizers:
    """What Keras's callbacks find under ``gan.optimizer``.

    Attributes:
        optimizers: a `Rate` for each player; Keras's callbacks set one after the other (3.15).
        learning_rate: of both; where they differ it cannot be read, and setting it sets both.
        iterations: how many updates the discriminator has made.
        built: True.
        variables: of both optimizers.
    """

    built = True
    use_ema = False

    def __init__(self, generator_optimizer, discriminator_optimizer):
        self._both = generator_optimizer, discriminator_optimizer
        names = "generator", "discriminator"
        self.optimizers = [Rate(*pair) for pair in zip(self._both, names, strict=True)]

    @property
    def iterations(self):
        return players.unscaled(self._both[1]).iterations

    @property
    def variables(self):
        return [variable for one in self._both for variable in one.variables]

    @property
    def learning_rate(self):
        rates = [float(one.learning_rate) for one in self.optimizers]
        if rates[0] != rates[1]:
            raise SettingError(
                f"the generator's rate is {rates[0]:.6g} and the discriminator's {rates[1]:.6g}: "
                "gan.optimizer has no one rate to read. Use gan.generator_optimizer and "
                "gan.discriminator_optimizer."
            )
        return self.optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        for one in self.optimizers:
            one.learning_rate = value


def check_callbacks(callbacks, gan):
    """Raise SettingError for a callback that cannot do with this GAN's rates what it is for."""
    for callback in callbacks:
        name = type(callback).__name__
        if isinstance(callback, keras.callbacks.SwapEMAWeights):
            raise SettingError(
                f"{name} swaps weights that Keras's optimizers average; use "
                "GAN(..., average=0.999)."
            )
        if isinstance(callback, SETTERS):
            _check_setter(name, gan)


def _check_setter(name, gan):
    both = {
        "generator": players.unscaled(gan.generator_optimizer),
        "discriminator": players.unscaled(gan.discriminator_optimizer),
    }
    for player, optimizer in both.items():
        schedule = getattr(optimizer, "_learning_rate", None)
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            raise SettingError(
                f"{name} sets rates, but the {player}'s follows a {type(schedule).__name__}; give "
                "that optimizer a number, or leave the callback out."
            )
    rates = [float(optimizer.learning_rate) for optimizer in both.values()]
    if rates[0] != rates[1] and not keras_sets_each():
        raise SettingError(
            f"{name} of Keras {keras.__version__} knows one rate, but the generator's is "
            f"{rates[0]:.6g} and the discriminator's {rates[1]:.6g}. Give both one rate, or each "
            "optimizer a schedule of keras.optimizers.schedules; newer versions of Keras set each."
        )


def keras_sets_each() -> bool:
    """Say whether this Keras's callbacks set the rates of several optimizers (3.15)."""
    return hasattr(keras.callbacks.LearningRateScheduler, "_update_optimizer_lr")
