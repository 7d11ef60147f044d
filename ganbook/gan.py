"""The adversarial update, as a Keras model that Keras's own ``fit`` trains."""

from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf

from ganbook import averaging, distributed, losses, pitfalls, players, sampling, settings
from ganbook.errors import SettingError
from ganbook.update import LOGS, AdversarialUpdate


class GAN(AdversarialUpdate, keras.Model):
    """A generator and a discriminator that train each other.

    The constructor compiles; ``fit`` trains and can be called again to go on; ``sample`` draws
    images. All randomness is keyed by (seed, step, use), so a run is reproducible and resumable.
    Built in the scope of a `tf.distribute.MirroredStrategy` it trains on several devices: batches
    are shared out, and the update is that of one device but for BatchNorm, whose statistics are
    those of each share, and dropout.

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
        unroll: k: the generator's loss is taken against the discriminator as it will be after k
            plain gradient steps, at its optimizer's learning rate, and is differentiated through
            them (Metz et al., 2017, equations 7 to 10). The discriminator itself makes its ordinary
            steps only. 0: no looking ahead. Each k costs about as much as a discriminator update,
            twice.
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
        unroll=0,
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
        settings.check_strategy(distributed.has_strategy(), steps_per_call)
        settings.check_update(update, discriminator_steps, generator_steps, unroll)
        settings.check_clip(clip_weights)
        settings.check_players(generator, discriminator)
        self.generator, self.discriminator = generator, discriminator
        self.loss_pair = losses.get(loss)
        pitfalls.warn(discriminator, self.loss_pair, penalty)
        self.discriminator_steps, self.generator_steps = discriminator_steps, generator_steps
        self.update, self.clip_weights, self.penalty = update, clip_weights, penalty
        self.unroll = int(unroll)
        self.steps_per_call, self.seed = steps_per_call, int(seed)
        self.average = None if average is None else averaging.check_bound(average)
        self._slow_generator = None if average is None else averaging.copy_of(generator)
        settings.check_optimizers(generator_optimizer, discriminator_optimizer)
        self.generator_optimizer = players.optimizer_for(generator, generator_optimizer)
        self.discriminator_optimizer = players.optimizer_for(discriminator, discriminator_optimizer)
        self._step = distributed.note(tf.constant(0, tf.int64), "step")
        self._rows = distributed.note(tf.zeros((steps_per_call, len(LOGS))), "rows")
        # In an object of their own: Keras would wrap a list that is an attribute of a model.
        self._notes = SimpleNamespace(log=[], seconds=0.0, trouble=None, statistics_step=None)
        xla = players.xla_pays(generator, discriminator) and not distributed.has_strategy()
        self.compile(jit_compile=xla)
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
        """Return what a resumed run must share beside networks and optimizers (JSON-ready).

        That is each player's schedule of its learning rate, if it has one: another length of the
        run would be another training from its first step on.
        """
        optimizers = {
            "generator's rate": players.unscaled(self.generator_optimizer),
            "discriminator's rate": players.unscaled(self.discriminator_optimizer),
        }
        rates = {name: one.get_config().get("learning_rate") for name, one in optimizers.items()}
        return {name: rate["config"] for name, rate in rates.items() if isinstance(rate, dict)}

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
