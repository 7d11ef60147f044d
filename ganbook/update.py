"""The adversarial update as a part: given two networks, losses and optimizers, it makes one step.

`Alternating` and `Simultaneous` are the two orders of updates that `GAN` knows by name. Another
order is a class of its own: a subclass of `Update` with a method ``make`` that is put together from
the same parts (``fakes``, ``discriminator_loss``, ``move_generator`` ...).
"""

import dataclasses
import itertools

import keras
import tensorflow as tf

from ganbook import distributed, players, randomness, value_range
from ganbook.errors import SettingError

LOGS = ("discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy")


def scaled_images(images, wanted=None):
    """Return float32 images from uint8 ones, in (-1, 1) or another range; floats pass as they are.

    Args:
        images: uint8, 0 to 255, or floats (2-D points, for instance).
        wanted: the range; None is (-1, 1). See `ganbook.value_range`.
    """
    floats = tf.cast(images, tf.float32)
    if images.dtype != tf.uint8:
        return floats
    return floats / 255.0 if wanted == value_range.SIGMOID else floats / 127.5 - 1.0


@dataclasses.dataclass(frozen=True)
class Player:
    """One network in one step: called with nothing in it moved.

    Attributes:
        model: the network.
        seed, step: what all its randomness is keyed by, beside the use of each call.
        weights: tensors in the place of the network's trainable weights; None: its own.
    """

    model: keras.Model
    seed: int
    step: tf.Tensor | int
    weights: list | None = None

    def __call__(self, inputs, use, training=True):
        """Return the outputs (float32) and the network's new state; see `players.call`."""
        key = self.seed, self.step, use
        return players.call(self.model, inputs, *key, self.weights, training)

    def key(self, use):
        """Return the key of what is drawn at random for one use in this step."""
        return randomness.key(self.seed, self.step, use)

    def regularization(self):
        """Return what the network's own weight regularizers cost."""
        return players.regularization(self.model, self.weights)

    def with_weights(self, weights):
        """Return the same network with other trainable weights; its own stay as they are."""
        return dataclasses.replace(self, weights=weights)


class Update:
    """One adversarial step on given networks; what all orders of updates have in common.

    Args:
        generator, discriminator: built models; see `GAN`.
        loss: a pair of losses; see `ganbook.losses`.
        generator_optimizer, discriminator_optimizer: built Keras optimizers.
        penalty: a term of the discriminator's loss, or None.
        clip_weights: after every update of the discriminator, clip its weights to [-c, c]; or None.
        discriminator_steps, generator_steps: updates of each player in one step.
        unroll: how many steps of the discriminator a generator update looks ahead.
        average: called with the step whenever the generator has moved; or None.
        seed: any integer, to which all randomness is keyed.
    """

    def __init__(
        self,
        generator,
        discriminator,
        loss,
        generator_optimizer,
        discriminator_optimizer,
        *,
        penalty=None,
        clip_weights=None,
        discriminator_steps=1,
        generator_steps=1,
        unroll=0,
        average=None,
        seed=0,
    ):
        self.generator, self.discriminator, self.loss = generator, discriminator, loss
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.penalty, self.clip_weights = penalty, clip_weights
        self.discriminator_steps, self.generator_steps = discriminator_steps, generator_steps
        self.unroll, self.average, self.seed = unroll, average, seed

    def make(self, images, step):
        """Update both players on the real images of one step.

        Args:
            images: float32, (discriminator_steps * batch, ...), of the generator's range.
            step: the adversarial step, an integer scalar (int64).

        Returns:
            float32 (4,), the values named in `LOGS`.
        """
        raise NotImplementedError

    def player(self, model, step) -> Player:
        """Return a network as it is called in this step."""
        return Player(model, self.seed, step)

    def fakes(self, count, step, use):
        """Return ``count`` fakes for the latents of this use, and the generator's new state."""
        generator = self.player(self.generator, step)
        shape = (count, *self.generator.input_shape[1:])
        latents = distributed.own_rows(randomness.normal, shape, generator.key(f"{use} latents"))
        return generator(latents, use)

    def discriminator_loss(self, judge, real, fake, real_logits, fake_logits, use):
        """Return what a discriminator pays for its outputs, penalty and regularizers included.

        Args:
            judge: the discriminator, a `Player`, for the calls that a penalty makes.
            real, fake: float32 (N, ...), equally many of both; no gradient passes to the fakes.
            real_logits, fake_logits: its outputs for them.
            use: what sets this loss apart from others of the same step.
        """
        loss = self.loss.discriminator(real_logits, fake_logits, seed=judge.key(f"labels {use}"))
        loss += judge.regularization()
        if self.penalty is None:
            return loss
        calls = itertools.count()  # a penalty's calls have dropout masks of their own

        def outputs(images, training=True):
            return judge(images, f"judge penalty {use} {next(calls)}")[0]

        return loss + self.penalty(outputs, real, fake, judge.key(f"penalty {use}"))

    def generator_loss(self, judge, real, fake_logits, use):
        """Return what the generator pays for the discriminator's outputs on its fakes."""
        real_logits = None
        if getattr(self.loss, "uses_real_logits", False):
            real_logits, _ = judge(real, f"judge {use} real")
        loss = self.loss.generator(fake_logits, real_logits, seed=judge.key(f"{use} labels"))
        return loss + players.regularization(self.generator)

    def move_discriminator(self, gradients, state):
        """Make one step of the discriminator, and give it the new state."""
        players.descend(self.discriminator, self.discriminator_optimizer, gradients)
        players.keep(state)
        if self.clip_weights is not None:
            bound, weights = self.clip_weights, self.discriminator.trainable_weights
            distributed.assign((w, tf.clip_by_value(w.value, -bound, bound)) for w in weights)

    def move_generator(self, gradients, state, step):
        """Make one step of the generator, give it the new state, and have it averaged."""
        players.descend(self.generator, self.generator_optimizer, gradients)
        players.keep(state)
        if self.average is not None:
            self.average(step)


class Alternating(Update):
    """The discriminator first; the generator then meets the updated one.

    Source: Goodfellow et al., 2014, algorithm 1; the look ahead: Metz et al., 2017, equations 7 to
    10.
    """

    def make(self, images, step):
        real = tf.split(images, self.discriminator_steps)
        judged = [self.update_discriminator(part, step, j) for j, part in enumerate(real)]
        made = [self.update_generator(real[-1], step, j) for j in range(self.generator_steps)]
        discriminator_loss, real_accuracy, fake_accuracy = tf.unstack(tf.reduce_mean(judged, 0))
        return tf.stack([discriminator_loss, tf.reduce_mean(made), real_accuracy, fake_accuracy])

    def update_discriminator(self, real, step, j):
        """Make update j of the discriminator; return its loss and both accuracies."""
        judge = self.player(self.discriminator, step)
        fake, _ = self.fakes(real.shape[0], step, f"discriminator {j}")
        with players.watching(self.discriminator) as tape:
            real_logits, state = judge(real, f"judge real {j}")
            fake_logits, _ = judge(fake, f"judge fake {j}")
            loss = self.discriminator_loss(judge, real, fake, real_logits, fake_logits, j)
            scaled = self.discriminator_optimizer.scale_loss(loss)
        gradients = players.gradients(tape, scaled, self.discriminator)
        said = tf.stack([loss, *players.accuracies(real_logits, fake_logits)])
        said, gradients, state = players.settled(said, gradients, state)
        self.move_discriminator(gradients, state)
        return said

    def update_generator(self, real, step, j):
        """Make update j of the generator; return its loss."""
        use = f"generator {j}"
        judge = self.player(self.discriminator, step)
        with players.watching(self.generator) as tape:
            fake, state = self.fakes(real.shape[0], step, use)
            judge = self.ahead(judge, real, fake, use)
            fake_logits, _ = judge(fake, f"judge {use} fake")
            loss = self.generator_loss(judge, real, fake_logits, use)
            scaled = self.generator_optimizer.scale_loss(loss)
        gradients = players.gradients(tape, scaled, self.generator)
        loss, gradients, state = players.settled(loss, gradients, state)
        self.move_generator(gradients, state, step)
        return loss

    def ahead(self, judge, real, fake, use) -> Player:
        """Return the discriminator as it will be after ``unroll`` gradient steps.

        Its weights are functions of the fakes: the generator's tape records how they come about.
        """
        if not self.unroll:
            return judge
        rate = tf.cast(self.discriminator_optimizer.learning_rate, tf.float32)
        judge = judge.with_weights([v.value for v in self.discriminator.trainable_weights])
        for i in range(self.unroll):
            judge = self._one_ahead(judge, real, fake, f"{use} ahead {i}", rate)
        return judge

    def _one_ahead(self, judge, real, fake, use, rate):
        weights = judge.weights
        with tf.GradientTape() as tape:
            tape.watch(weights)
            real_logits, _ = judge(real, f"judge {use} real")
            fake_logits, _ = judge(fake, f"judge {use} fake")
            loss = self.discriminator_loss(judge, real, fake, real_logits, fake_logits, use)
        gradients = distributed.mean(tape.gradient(loss, weights))
        return judge.with_weights(
            [
                w if g is None else w - tf.cast(rate, w.dtype) * g
                for w, g in zip(weights, gradients, strict=True)
            ]
        )


class Simultaneous(Update):
    """Both gradients from one shared forward pass, and from the weights before the step.

    Raises:
        SettingError: more than one step of a player, or a look ahead, is asked for.
    """

    def __init__(self, *parts, **settings):
        super().__init__(*parts, **settings)
        steps = self.discriminator_steps, self.generator_steps
        if steps != (1, 1):
            raise SettingError(
                f"a simultaneous update makes one step of each player, not {steps[0]} and "
                f"{steps[1]}; use update='alternating'."
            )
        if self.unroll:
            raise SettingError(
                f"unroll is {self.unroll}, which looks ahead of a discriminator that was updated "
                "first; use update='alternating'."
            )

    def make(self, images, step):
        judge = self.player(self.discriminator, step)
        with (
            players.watching(self.discriminator) as discriminator_tape,
            players.watching(self.generator) as generator_tape,
        ):
            fake, generator_state = self.fakes(images.shape[0], step, "both")
            real_logits, state = judge(images, "judge real 0")
            fake_logits, _ = judge(fake, "judge fake 0")
            fixed = tf.stop_gradient(fake)
            d_loss = self.discriminator_loss(judge, images, fixed, real_logits, fake_logits, 0)
            g_loss = self.generator_loss(judge, images, fake_logits, "both")
            d_scaled = self.discriminator_optimizer.scale_loss(d_loss)
            g_scaled = self.generator_optimizer.scale_loss(g_loss)
        # Both gradients belong to the weights before the step: take both, then apply.
        d_gradients = players.gradients(discriminator_tape, d_scaled, self.discriminator)
        g_gradients = players.gradients(generator_tape, g_scaled, self.generator)
        said = tf.stack([d_loss, g_loss, *players.accuracies(real_logits, fake_logits)])
        settled = players.settled(said, d_gradients, state, g_gradients, generator_state)
        said, d_gradients, state, g_gradients, generator_state = settled
        self.move_discriminator(d_gradients, state)
        self.move_generator(g_gradients, generator_state, step)
        return said


BY_NAME = {"alternating": Alternating, "simultaneous": Simultaneous}


def get(order) -> type[Update]:
    """Return the order of updates with this name; a subclass of `Update` is returned as it is.

    Args:
        order: "alternating", "simultaneous", a subclass, or what `name_of` says of one that has
            been defined or imported.

    Raises:
        SettingError: there is no such order.
    """
    if isinstance(order, type) and issubclass(order, Update):
        return order
    orders = {**{name_of(kind): kind for kind in _subclasses(Update)}, **BY_NAME}
    if not isinstance(order, str) or order not in orders:
        raise SettingError(f"unknown update {order!r}; choose one of {', '.join(BY_NAME)}.")
    return orders[order]


def name_of(order) -> str:
    """Return the name by which `get` finds an order of updates, or its class: "module.Class"."""
    return order if isinstance(order, str) else f"{order.__module__}.{order.__qualname__}"


def _subclasses(kind):
    below = kind.__subclasses__()
    return [*below, *(deeper for one in below for deeper in _subclasses(one))]


def make_several(make_one, chunk, start, count):
    """Make ``count`` steps inside one compiled function; stop after a non-finite loss.

    Args:
        make_one: takes the images of a step and its number, and returns the values of `LOGS`.
        chunk: the images of all steps, (count, ...).
        start: the number of the first one, int64.
        count: a Python integer.

    Returns:
        How many were made (int32), and their values, float32 (count, 4), 0 where none was made.
    """

    def one(i, finite, rows):
        row = make_one(chunk[i], start + tf.cast(i, tf.int64))
        rows = tf.tensor_scatter_nd_update(rows, [[i]], [row])
        return i + 1, tf.reduce_all(tf.math.is_finite(row)), rows

    # Not NaN: tf.debugging.enable_check_numerics() would take that for a fault.
    empty = tf.zeros((count, len(LOGS)))
    # Keras does not convert train_step from Python, so the loop is spelled out.
    done, _, rows = tf.while_loop(
        lambda i, finite, rows: (i < count) & finite,
        one,
        (tf.constant(0), tf.constant(True), empty),
    )
    return done, rows


def means(done, rows):
    """Return the means of the first ``done`` rows of what `make_several` returned."""
    made = tf.range(rows.shape[0])[:, tf.newaxis] < done
    return tf.reduce_sum(tf.where(made, rows, 0.0), 0) / tf.cast(done, tf.float32)
