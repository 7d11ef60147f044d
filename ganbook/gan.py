"""The adversarial update, as a Keras model that Keras's own ``fit`` trains."""

import itertools
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf

from ganbook import averaging, losses, pitfalls, players, randomness, sampling, settings
from ganbook.errors import SettingError

LOGS = ("discriminator_loss", "generator_loss", "real_accuracy", "fake_accuracy")


def to_float(images):
    """Return float32 images in [-1, 1] from uint8 ones; floats pass (2-D points, for instance)."""
    if images.dtype == tf.uint8:
        return tf.cast(images, tf.float32) / 127.5 - 1.0
    return tf.cast(images, tf.float32)


class GAN(keras.Model):
    """A generator and a discriminator that train each other.

    The constructor compiles; ``fit`` trains and can be called again to go on; ``sample`` draws
    images. All randomness is keyed by (seed, step, use), so a run is reproducible and resumable.

    Args:
        generator: a built model, (N, latent) from N(0, 1) to (N, H, W, C) images in [-1, 1].
        discriminator: a built model, (N, H, W, C) to outputs of any shape (N, ...), logits unless
            the loss says otherwise.
        loss: a name or a pair of losses; see `ganbook.losses.get`.
        generator_optimizer, discriminator_optimizer: Keras optimizers, one object each. The default
            is Adam with rate 2e-4 and beta_1 0.5 (Radford et al., 2016, section 4).
        discriminator_steps, generator_steps: updates of each player in one adversarial step.
        update: "alternating" (the generator meets the updated discriminator) or "simultaneous"
            (both gradients come from one shared forward pass; one update of each player).
        clip_weights: after every discriminator update, clip its trainable weights to [-c, c]
            (Arjovsky et al., 2017, algorithm 1). None: no clipping.
        penalty: a term added to the discriminator's loss; see `ganbook.penalties`.
        average: the upper bound of the decay with which a second generator averages the weights of
            the first, such as 0.999. None: no averaging. ``sample`` uses the average if there is
            one.
        steps_per_call: K adversarial steps run inside one compiled call. Elements of the stream
            then have a leading axis of K. It pays for small dense networks.
        seed: any integer.

    Attributes:
        step: how many adversarial steps have been made.
        log: one dict for each call so far: the step and the means of what `LOGS` names.
        seconds: wall-clock time of all training so far, compilation included.
        trouble: why `StopOnNaN` stopped the last ``fit``, or None.
        last_losses: float32 array (K, 2), the discriminator's and the generator's losses of the
            last call; rows that were skipped after a non-finite loss are NaN.
        averaged_generator: the second generator, its BatchNorm statistics up to date, or None.

    Raises:
        SettingError: an argument has a value that cannot work.

    Warns (PitfallWarning) of settings that run and are known to train badly: a sigmoid under a loss
    on logits, and BatchNorm under a gradient penalty.
    """

    def __init__(
        self,
        generator,
        discriminator,
        loss="non_saturating",
        *,
        generator_optimizer=None,
        discriminator_optimizer=None,
        discriminator_steps=1,
        generator_steps=1,
        update="alternating",
        clip_weights=None,
        penalty=None,
        average=None,
        steps_per_call=1,
        seed=0,
    ):
        super().__init__(name="gan")
        settings.check_counts(
            discriminator_steps=discriminator_steps,
            generator_steps=generator_steps,
            steps_per_call=steps_per_call,
        )
        settings.check_update(update, discriminator_steps, generator_steps)
        settings.check_clip(clip_weights)
        settings.check_players(generator, discriminator)
        self.generator, self.discriminator = generator, discriminator
        self.loss_pair = losses.get(loss)
        pitfalls.warn(discriminator, self.loss_pair, penalty)
        self.discriminator_steps, self.generator_steps = discriminator_steps, generator_steps
        self.update, self.clip_weights, self.penalty = update, clip_weights, penalty
        self.steps_per_call, self.seed = steps_per_call, int(seed)
        self.average = None if average is None else averaging.check_bound(average)
        self._slow_generator = None if average is None else averaging.copy_of(generator)
        settings.check_optimizers(generator_optimizer, discriminator_optimizer)
        self.generator_optimizer = players.optimizer_for(generator, generator_optimizer)
        self.discriminator_optimizer = players.optimizer_for(discriminator, discriminator_optimizer)
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False, name="step")
        self._rows = tf.Variable(tf.zeros((steps_per_call, len(LOGS))), trainable=False)
        # In an object of their own: Keras would wrap a list that is an attribute of a model.
        self._notes = SimpleNamespace(log=[], seconds=0.0, trouble=None, statistics_step=None)
        self.compile(jit_compile=players.xla_pays(generator, discriminator))
        self.built = True

    @property
    def step(self) -> int:
        return int(self._step.numpy())

    @property
    def log(self) -> list[dict]:
        return self._notes.log

    @log.setter
    def log(self, rows):
        self._notes.log = rows

    @property
    def seconds(self) -> float:
        return self._notes.seconds

    @seconds.setter
    def seconds(self, value):
        self._notes.seconds = value

    @property
    def trouble(self) -> str | None:
        return self._notes.trouble

    @trouble.setter
    def trouble(self, message):
        self._notes.trouble = message

    @property
    def averaged_generator(self):
        # Training moves the averaged weights only: statistics are measured when they are needed.
        if self._slow_generator is not None and self._notes.statistics_step != self.step:
            averaging.measure_statistics(self._slow_generator, self.seed)
            self._notes.statistics_step = self.step
        return self._slow_generator

    @property
    def last_losses(self) -> np.ndarray:
        return self._rows.numpy()[:, :2]

    def call(self, latents, training=False):
        return self.generator(latents, training=training)

    def compile(self, jit_compile=False, run_eagerly=False):
        """Choose how a step is compiled. The losses and optimizers were fixed at construction.

        Args:
            jit_compile: compile with XLA. The constructor decides by network and device.
            run_eagerly: run the step as plain Python, for debugging.
        """
        super().compile(optimizer=None, jit_compile=jit_compile, run_eagerly=run_eagerly)

    def fit(self, stream, *, steps_per_epoch=None, epochs=1, callbacks=None, verbose="auto"):
        """Train on an endless stream, from the step at which the last ``fit`` or a resume stopped.

        Args:
            stream: a tf.data.Dataset whose element holds the real images of one step, uint8 or
                float32 in [-1, 1], shape (discriminator_steps * batch, H, W, C), with a leading
                axis of steps_per_call when that is above 1.
            steps_per_epoch: elements an epoch; 20 elements with steps_per_call=50 make 1,000 steps.
            epochs: how many epochs to train now.
            callbacks: Keras callbacks. A `StopOnNaN` is added if there is none.
            verbose: as in Keras: "auto", 0, 1 or 2.

        Returns:
            Keras's History of this call.

        Raises:
            SettingError: steps_per_epoch is missing, or the elements do not fit the settings.
        """
        from ganbook.callbacks import Log, StopOnNaN

        if steps_per_epoch is None:
            raise SettingError(
                "the stream is endless: pass steps_per_epoch=, the length of an epoch."
            )
        settings.check_counts(steps_per_epoch=steps_per_epoch, epochs=epochs)
        settings.check_stream(stream, self)
        callbacks = list(callbacks or [])
        if not any(isinstance(callback, StopOnNaN) for callback in callbacks):
            callbacks.insert(0, StopOnNaN())
        self.trouble = None
        return super().fit(
            stream.skip(self._elements_done()),
            steps_per_epoch=steps_per_epoch,
            epochs=epochs,
            callbacks=[Log(), *callbacks],
            verbose=verbose,
            shuffle=False,  # Keras warns about its default when it is given a dataset
        )

    def plan(self) -> dict:
        """Return what a resumed run must share beside networks and optimizers (JSON-ready)."""
        return {}

    def progress(self) -> str:
        """Say where in its plan the training is; nothing, for a GAN that has none."""
        return ""

    def _elements_done(self):
        if self.step % self.steps_per_call:
            raise SettingError(
                f"{self.step} steps are done, which is not a multiple of steps_per_call="
                f"{self.steps_per_call}; continue with the value that was used before."
            )
        return self.step // self.steps_per_call

    def train_step(self, data):
        """Make steps_per_call adversarial steps; stop early after a non-finite loss."""
        chunk = data if self.steps_per_call > 1 else data[tf.newaxis]
        start = self._step.value()

        def one(i, finite, rows):
            row = self._adversarial_step(chunk[i], start + tf.cast(i, tf.int64))
            rows = tf.tensor_scatter_nd_update(rows, [[i]], [row])
            return i + 1, tf.reduce_all(tf.math.is_finite(row)), rows

        empty = tf.fill((self.steps_per_call, len(LOGS)), float("nan"))
        # Keras does not convert train_step from Python, so the loop is spelled out.
        done, _, rows = tf.while_loop(
            lambda i, finite, rows: (i < self.steps_per_call) & finite,
            one,
            (tf.constant(0), tf.constant(True), empty),
        )
        self._step.assign_add(tf.cast(done, tf.int64))
        self._rows.assign(rows)
        made = tf.reduce_sum(tf.where(tf.range(self.steps_per_call)[:, None] < done, rows, 0.0), 0)
        return dict(zip(LOGS, tf.unstack(made / tf.cast(done, tf.float32)), strict=True))

    def _adversarial_step(self, images, step):
        """Update both players on the real images of one step; return the values named in LOGS."""
        real = tf.split(to_float(images), self.discriminator_steps)
        if self.update == "simultaneous":
            return self._update_both(real[0], step)
        judged = [self._update_discriminator(part, step, j) for j, part in enumerate(real)]
        made = [self._update_generator(real[-1], step, j) for j in range(self.generator_steps)]
        discriminator_loss, real_accuracy, fake_accuracy = tf.unstack(tf.reduce_mean(judged, 0))
        return tf.stack([discriminator_loss, tf.reduce_mean(made), real_accuracy, fake_accuracy])

    def _update_discriminator(self, real, step, j):
        fake, _ = self._fakes(real.shape[0], step, f"discriminator {j}")
        with players.watching(self.discriminator) as tape:
            real_logits, state = self._judge(real, step, f"real {j}")
            fake_logits, _ = self._judge(fake, step, f"fake {j}")
            loss = self._discriminator_loss(real, fake, real_logits, fake_logits, step, j)
            scaled = self.discriminator_optimizer.scale_loss(loss)
        self._move_discriminator(players.gradients(tape, scaled, self.discriminator), state)
        return tf.stack([loss, *players.accuracies(real_logits, fake_logits)])

    def _update_generator(self, real, step, j):
        use = f"generator {j}"
        with players.watching(self.generator) as tape:
            fake, state = self._fakes(real.shape[0], step, use)
            fake_logits, _ = self._judge(fake, step, f"{use} fake")
            loss = self._generator_loss(fake_logits, real, step, use)
            scaled = self.generator_optimizer.scale_loss(loss)
        self._move_generator(players.gradients(tape, scaled, self.generator), state, step)
        return loss

    def _update_both(self, real, step):
        with (
            players.watching(self.discriminator) as discriminator_tape,
            players.watching(self.generator) as generator_tape,
        ):
            fake, generator_state = self._fakes(real.shape[0], step, "both")
            real_logits, state = self._judge(real, step, "real 0")
            fake_logits, _ = self._judge(fake, step, "fake 0")
            fixed = tf.stop_gradient(fake)
            d_loss = self._discriminator_loss(real, fixed, real_logits, fake_logits, step, 0)
            g_loss = self._generator_loss(fake_logits, real, step, "both")
            d_scaled = self.discriminator_optimizer.scale_loss(d_loss)
            g_scaled = self.generator_optimizer.scale_loss(g_loss)
        # Both gradients belong to the weights before the step: take both, then apply.
        d_gradients = players.gradients(discriminator_tape, d_scaled, self.discriminator)
        g_gradients = players.gradients(generator_tape, g_scaled, self.generator)
        self._move_discriminator(d_gradients, state)
        self._move_generator(g_gradients, generator_state, step)
        return tf.stack([d_loss, g_loss, *players.accuracies(real_logits, fake_logits)])

    def _fakes(self, count, step, use):
        """Return fakes for the latents of this use, and the generator's new state."""
        shape = (count, *self.generator.input_shape[1:])
        latents = randomness.normal(shape, randomness.key(self.seed, step, f"{use} latents"))
        return players.call(self.generator, latents, self.seed, step, use)

    def _judge(self, images, step, use):
        """Return the discriminator's outputs and its new state."""
        return players.call(self.discriminator, images, self.seed, step, f"judge {use}")

    def _discriminator_loss(self, real, fake, real_logits, fake_logits, step, j):
        seed = randomness.key(self.seed, step, f"labels {j}")
        loss = self.loss_pair.discriminator(real_logits, fake_logits, seed=seed)
        loss += players.regularization(self.discriminator)
        if self.penalty is None:
            return loss

        calls = itertools.count()  # a penalty's calls have dropout masks of their own

        def judge(images, training=True):
            return self._judge(images, step, f"penalty {j} {next(calls)}")[0]

        return loss + self.penalty(
            judge, real, fake, randomness.key(self.seed, step, f"penalty {j}")
        )

    def _generator_loss(self, fake_logits, real, step, use):
        real_logits = None
        if getattr(self.loss_pair, "uses_real_logits", False):
            real_logits, _ = self._judge(real, step, f"{use} real")
        seed = randomness.key(self.seed, step, f"{use} labels")
        loss = self.loss_pair.generator(fake_logits, real_logits, seed=seed)
        return loss + players.regularization(self.generator)

    def _move_discriminator(self, gradients, state):
        players.descend(self.discriminator, self.discriminator_optimizer, gradients)
        players.keep(state)
        if self.clip_weights is not None:
            for weight in self.discriminator.trainable_weights:
                weight.assign(tf.clip_by_value(weight, -self.clip_weights, self.clip_weights))

    def _move_generator(self, gradients, state, step):
        players.descend(self.generator, self.generator_optimizer, gradients)
        players.keep(state)
        if self._slow_generator is not None:
            averaging.update(self._slow_generator, self.generator, step, self.average)

    def sample(self, count, seed=0) -> np.ndarray:
        """Return ``count`` generated images: float32 in [-1, 1], shape (count, H, W, C).

        The same weights, count and seed give the same images; the first ten of a hundred are the
        ten of ten. The averaged generator is used if there is one.
        """
        settings.check_counts(count=count)
        return sampling.sample_from(self.sampling_generator(), count, seed)

    def forget_statistics(self):
        """Have the averaged generator's statistics measured again: its weights were replaced."""
        self._notes.statistics_step = None

    def sampling_generator(self):
        """Return the generator that `sample` uses: the averaged one, if there is one."""
        return self.generator if self._slow_generator is None else self.averaged_generator
