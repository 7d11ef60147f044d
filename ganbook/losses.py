"""Pairs of losses, one for each player, on the discriminator's outputs.

Notation: ``a`` are the outputs on real images, ``b`` those on fakes, ``sp`` is softplus,
``sp(x) = ln(1 + exp(x))``. Outputs are logits (any real number) unless a loss says otherwise. Every
loss is a float32 scalar: the mean over all elements of the output, whatever its shape. A pair's
``no_opinion`` says what its players pay when every output is 0: levels to draw beside the curves.
"""

import inspect
import math

import keras
import tensorflow as tf

from ganbook import distributed, randomness
from ganbook.description import Described
from ganbook.errors import SettingError

LOG_LEVELS = {"ln 2": math.log(2.0), "2 ln 2": 2.0 * math.log(2.0)}


def _mean(values):
    return tf.reduce_mean(tf.cast(values, tf.float32))


def _float(logits):
    return tf.cast(logits, tf.float32)


@keras.saving.register_keras_serializable("ganbook")
class Minimax(Described):
    """The original two-player game. Its generator loss saturates: see :class:`NonSaturating`.

    D: E sp(-a) + E sp(b). G: -E sp(b). Source: Goodfellow et al., 2014, equation 1.
    """

    uses_real_logits = False
    no_opinion = {"-ln 2": -math.log(2.0), "2 ln 2": 2.0 * math.log(2.0)}

    def discriminator(self, real_logits, fake_logits, seed=None):
        real, fake = _float(real_logits), _float(fake_logits)
        return _mean(tf.nn.softplus(-real)) + _mean(tf.nn.softplus(fake))

    def generator(self, fake_logits, real_logits=None, seed=None):
        return -_mean(tf.nn.softplus(_float(fake_logits)))


@keras.saving.register_keras_serializable("ganbook")
class NonSaturating(Described):
    """Cross-entropy for both players; the generator aims at the label "real".

    With the defaults, D: E sp(-a) + E sp(b), and G: E sp(-b). Logits of zero, a discriminator that
    knows nothing, give 2 ln 2 and ln 2. Source: Goodfellow et al., 2014, section 3; label
    smoothing: Salimans et al., 2016, section 3.4.

    Args:
        real_label: the target for real images, in [0, 1]; 0.9 is one-sided label smoothing.
        fake_label: the target for fakes, in [0, 1].
        flip_labels: probability in [0, 1] that a sample's target is swapped for the other side's,
            drawn anew for every sample and step, in the discriminator's loss only.
        generator_label: the target at which the generator aims, in [0, 1].
        from_logits: False for a discriminator that ends in a sigmoid and outputs probabilities.

    Raises:
        SettingError: a label or the probability lies outside [0, 1].
    """

    uses_real_logits = False
    no_opinion = LOG_LEVELS

    def __init__(
        self,
        real_label=1.0,
        fake_label=0.0,
        flip_labels=0.0,
        generator_label=1.0,
        from_logits=True,
    ):
        values = {
            "real_label": real_label,
            "fake_label": fake_label,
            "flip_labels": flip_labels,
            "generator_label": generator_label,
        }
        for name, value in values.items():
            if not 0.0 <= value <= 1.0:
                raise SettingError(f"{name} is {value}; it must lie between 0 and 1.")
        self.real_label = real_label
        self.fake_label = fake_label
        self.flip_labels = flip_labels
        self.generator_label = generator_label
        self.from_logits = from_logits

    def get_config(self):
        names = ("real_label", "fake_label", "flip_labels", "generator_label", "from_logits")
        return {name: getattr(self, name) for name in names}

    def discriminator(self, real_logits, fake_logits, seed=None):
        real = self._targets(real_logits, self.real_label, self.fake_label, seed, part=0)
        fake = self._targets(fake_logits, self.fake_label, self.real_label, seed, part=1)
        return self._cross_entropy(real_logits, real) + self._cross_entropy(fake_logits, fake)

    def generator(self, fake_logits, real_logits=None, seed=None):
        return self._cross_entropy(fake_logits, self.generator_label)

    def _targets(self, logits, label, other, seed, part):
        if self.flip_labels == 0.0:
            return label
        if seed is None:
            raise SettingError("flip_labels needs a seed: pass seed=an int32 tensor of shape (2,).")
        # Real and fake samples flip independently: part 1 is another stream than part 0.
        seed = tf.bitwise.bitwise_xor(seed, tf.constant([0, part * 0x5BD1E995], tf.int32))
        shape = tf.shape(logits) if None in logits.shape else logits.shape
        flip = distributed.own_rows(randomness.uniform, shape, seed) < self.flip_labels
        return tf.where(flip, other, label)

    def _cross_entropy(self, outputs, target):
        outputs = _float(outputs)
        if self.from_logits:
            return _mean(tf.nn.softplus(outputs) - target * outputs)
        # Keras's own bound: a probability of exactly 0 or 1 must not give an infinite loss.
        p = tf.clip_by_value(outputs, 1e-7, 1.0 - 1e-7)
        return _mean(-target * tf.math.log(p) - (1.0 - target) * tf.math.log(1.0 - p))


@keras.saving.register_keras_serializable("ganbook")
class LeastSquares(Described):
    """D: E (a - 1)^2 / 2 + E b^2 / 2. G: E (b - 1)^2 / 2. Source: Mao et al., 2017, equation 9."""

    uses_real_logits = False
    no_opinion = {"1/2": 0.5}

    def discriminator(self, real_logits, fake_logits, seed=None):
        real, fake = _float(real_logits), _float(fake_logits)
        return 0.5 * _mean(tf.square(real - 1.0)) + 0.5 * _mean(tf.square(fake))

    def generator(self, fake_logits, real_logits=None, seed=None):
        return 0.5 * _mean(tf.square(_float(fake_logits) - 1.0))


@keras.saving.register_keras_serializable("ganbook")
class Wasserstein(Described):
    """D: E b - E a. G: -E b. Source: Arjovsky et al., 2017, algorithm 1.

    A difference of means: no sigmoid, no logarithm, no squared error. It means something only for
    a critic that is kept smooth, by clipped weights, a gradient penalty or spectral normalization.
    """

    uses_real_logits = False
    no_opinion = {"0": 0.0}

    def discriminator(self, real_logits, fake_logits, seed=None):
        return _mean(fake_logits) - _mean(real_logits)

    def generator(self, fake_logits, real_logits=None, seed=None):
        return -_mean(fake_logits)


@keras.saving.register_keras_serializable("ganbook")
class Hinge(Described):
    """D: E relu(1 - a) + E relu(1 + b). G: -E b. Source: Miyato et al., 2018, equations 16, 17."""

    uses_real_logits = False
    no_opinion = {"0": 0.0, "2": 2.0}

    def discriminator(self, real_logits, fake_logits, seed=None):
        real, fake = _float(real_logits), _float(fake_logits)
        return _mean(tf.nn.relu(1.0 - real)) + _mean(tf.nn.relu(1.0 + fake))

    def generator(self, fake_logits, real_logits=None, seed=None):
        return -_mean(fake_logits)


@keras.saving.register_keras_serializable("ganbook")
class Relativistic(Described):
    """Real i is judged against fake i. D: E sp(-(a_i - b_i)). G: E sp(-(b_i - a_i)).

    Source: Huang et al., 2024 (R3GAN), equation 2, after Jolicoeur-Martineau, 2018.
    """

    uses_real_logits = True
    no_opinion = {"ln 2": math.log(2.0)}

    def discriminator(self, real_logits, fake_logits, seed=None):
        return _mean(tf.nn.softplus(_float(fake_logits) - _float(real_logits)))

    def generator(self, fake_logits, real_logits=None, seed=None):
        if real_logits is None:
            raise SettingError("the relativistic generator loss needs real_logits as well.")
        return _mean(tf.nn.softplus(_float(real_logits) - _float(fake_logits)))


BY_NAME = {
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
    "hinge": Hinge,
    "relativistic": Relativistic,
}


def get(loss):
    """Return the pair of losses with this name; a ready pair is returned as it is.

    Args:
        loss: one of "minimax", "non_saturating", "least_squares", "wasserstein", "hinge",
            "relativistic", or an object with methods ``discriminator(real, fake, seed=None)`` and
            ``generator(fake, real=None, seed=None)``.

    Raises:
        SettingError: the name is unknown, or the object lacks one of the two methods, or an
            argument of theirs.
    """
    if isinstance(loss, str):
        if loss not in BY_NAME:
            raise SettingError(f"unknown loss {loss!r}; choose one of {', '.join(BY_NAME)}.")
        return BY_NAME[loss]()
    for method in ("discriminator", "generator"):
        if not callable(getattr(loss, method, None)):
            raise SettingError(f"the loss {loss!r} has no method {method}().")
    for method in ("discriminator", "generator"):
        check_call(getattr(loss, method), f"the loss's {method}()", 2, "seed")
    return loss


def check_call(function, name, count, *keywords):
    """Raise SettingError unless a function takes so many arguments, and some by keyword."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of what is not written in Python
        return
    try:
        signature.bind(*range(count), **dict.fromkeys(keywords))
    except TypeError as error:
        wanted = ", ".join([f"{count} arguments", *(f"{keyword}=" for keyword in keywords)])
        raise SettingError(
            f"{name} is {signature} ({error}); it is called with {wanted}: add what lacks."
        ) from error


def levels(pair) -> dict:
    """Return a pair's ``no_opinion``; none for a pair of one's own that does not say it."""
    return getattr(pair, "no_opinion", {})
