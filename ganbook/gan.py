"""A generator and a discriminator as one Keras model, which Keras's own ``fit`` trains."""

import contextlib
import math
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf

from ganbook import (
    averaging,
    description,
    distributed,
    faults,
    feeding,
    files,
    interrupts,
    losses,
    pitfalls,
    players,
    rates,
    records,
    sampling,
    saving,
    settings,
    validation,
    value_range,
)
from ganbook import stream as streams
from ganbook import update as updates
from ganbook.errors import SettingError
from ganbook.first_call import FirstCall
from ganbook.update import LOGS, scaled_images


@keras.saving.register_keras_serializable("ganbook")
class GAN(keras.Model):
    """A generator and a discriminator that train each other.

    The constructor compiles; ``fit`` trains and can be called again to go on; ``sample`` draws
    images. All randomness is keyed by (seed, step, use), so a run is reproducible and resumable.
    Built in the scope of a `tf.distribute.MirroredStrategy` it trains on several devices: batches
    are shared out, and the update is that of one device but for what looks at other samples, which
    sees each share by itself (BatchNorm's statistics, MinibatchStdDev, MinibatchDiscrimination),
    for dropout, and for discriminator_steps above 1, where the same real images meet in another
    order. A batch must be a multiple of the number of devices.

    Args:
        generator: a built model, (N, latent) from N(0, 1) to (N, H, W, C) images in [-1, 1].
        discriminator: a built model, (N, H, W, C) to outputs of any shape (N, ...), logits unless
            the loss says otherwise.
        loss: a name or a pair of losses; see `ganbook.losses.get`.
        generator_optimizer, discriminator_optimizer: Keras optimizers, one object each. The default
            is Adam with rate 2e-4 and beta_1 0.5 (Radford et al., 2016, section 4).
        discriminator_steps, generator_steps: updates of each player in one adversarial step.
        update: "alternating" (the generator meets the updated discriminator) or "simultaneous"
            (both gradients come from one shared forward pass; one update of each player); or an
            order of your own, a subclass of `ganbook.update.Update`.
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

    ``save``, ``save_weights`` and Keras's callbacks that use them keep all that a training needs to
    go on as if it had never stopped: the step, both optimizers, and the averaged weights.

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
        settings.check_clip(clip_weights)
        settings.check_players(generator, discriminator)
        self.generator, self.discriminator = generator, discriminator
        self.loss_pair = losses.get(loss)
        pitfalls.warn(discriminator, self.loss_pair, penalty)
        self.discriminator_steps, self.generator_steps = discriminator_steps, generator_steps
        if penalty is not None:
            losses.check_call(penalty, f"the penalty {penalty!r}", 4)
        self.update, self.clip_weights, self.penalty = update, clip_weights, penalty
        self.unroll = settings.whole(unroll, "unroll", at_least=0)
        self.steps_per_call, self.seed = steps_per_call, int(seed)
        self.average = None if average is None else averaging.check_bound(average)
        self._slow_generator = None if average is None else averaging.copy_of(generator)
        given = {
            name: players.optimizer_of(one, name)
            for name, one in (
                ("generator_optimizer", generator_optimizer),
                ("discriminator_optimizer", discriminator_optimizer),
            )
        }
        settings.check_optimizers(**given)
        # In an object of their own: Keras would wrap a list that is an attribute of a model.
        self._notes = SimpleNamespace(
            log=[],
            seconds=0.0,
            trouble=None,
            statistics_step=None,
            compiled={},
            means=validation.means(),
            element_shape=None,
            # As they are now: a callback may move a rate.
            optimizers={
                name: description.or_what_is_known(description.of_optimizer, one)
                for name, one in given.items()
            },
        )
        self.generator_optimizer = players.optimizer_for(generator, given["generator_optimizer"])
        self.discriminator_optimizer = players.optimizer_for(
            discriminator, given["discriminator_optimizer"]
        )
        self._step = distributed.note(tf.constant(0, tf.int64), "step")
        self._rows = distributed.note(tf.zeros((steps_per_call, len(LOGS))), "rows")
        self._made = distributed.note(tf.constant(steps_per_call), "made")
        self.make_update()  # what cannot work together is named now
        super().compile(optimizer=None, jit_compile=self._xla_pays(), auto_scale_loss=False)
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

    def __dir__(self):
        # Keras's saving looks at all that is listed here: it would have statistics measured, and
        # save the means of an epoch.
        aside = ("averaged_generator", "metrics", "optimizer")
        return [name for name in super().__dir__() if name not in aside]

    @property
    def last_losses(self) -> np.ndarray:
        rows = self._rows.numpy()[:, :2]
        rows[int(self._made.numpy()) :] = np.nan
        return rows

    @property
    def value_range(self) -> tuple[float, float] | None:
        """The range in which samples lie, and real images must; see `ganbook.value_range`."""
        # Points in the plane have no range, whatever the generator ends in.
        return value_range.of_generator(self.generator) if self._makes_images() else None

    @property
    def optimizer(self):
        """Both optimizers as the one that Keras's callbacks ask for."""
        return rates.BothOptimizers(self.generator_optimizer, self.discriminator_optimizer)

    @optimizer.setter
    def optimizer(self, value):
        if value is not None:  # Keras's own compile sets None
            raise SettingError("the optimizers are arguments of GAN(...), one for each player.")

    @property
    def metrics(self):
        """The means that Keras shows of an epoch."""
        return self._notes.means

    def _makes_images(self):
        return math.prod(self.discriminator.input_shape[1:]) > 3

    def call(self, latents, training=False):
        return self.generator(latents, training=training)

    def _xla_pays(self):
        pays = players.xla_pays(self.generator, self.discriminator)
        return pays and not distributed.has_strategy()

    def compile(self, *arguments, jit_compile=False, run_eagerly=False, **others):
        """Choose how a step is compiled. The losses and optimizers were fixed at construction.

        Args:
            jit_compile: compile with XLA; "auto": as the constructor decides, by network and
                device.
            run_eagerly: run the step as plain Python, for debugging.

        Raises:
            SettingError: another argument of Keras's ``compile``, or a value that cannot be.
        """
        settings.check_compile(arguments, others, jit_compile, run_eagerly)
        jit_compile = self._xla_pays() if jit_compile == "auto" else jit_compile
        self._notes.compiled = {"jit_compile": jit_compile, "run_eagerly": run_eagerly}
        super().compile(optimizer=None, auto_scale_loss=False, **self._notes.compiled)

    def get_compile_config(self) -> dict:
        """Return what `compile` was called with; nothing, if only the constructor compiled."""
        return self._notes.compiled

    def compile_from_config(self, config):
        self.compile(**config)

    def get_config(self) -> dict:
        """Return the arguments that make an equal GAN, untrained (JSON-ready).

        Names that Keras gave to layers by itself are left out, and rates are those that the
        optimizers had when this GAN was made: so two equal GANs have equal configs.

        Raises:
            SettingError: a network, the loss or the penalty has no ``get_config``.
        """
        return saving.config_of(self, self._notes.optimizers)

    def description(self) -> dict:
        """Return the same, with what can be told of parts that have no ``get_config``."""
        return saving.config_of(self, self._notes.optimizers, lenient=True)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Return the untrained GAN that a config describes."""
        return cls(**saving.arguments_of(config, custom_objects))

    def save(self, filepath, overwrite=True, zipped=None, **options):
        """Save all of this GAN to a ``.keras`` file, as Keras does; the file is whole or not there.

        `keras.saving.load_model` returns the GAN, which goes on where this one stands.

        Raises:
            SettingError: a part of it has no ``get_config``.
        """
        self.get_config()  # before a file is opened
        options = {"overwrite": overwrite, "zipped": zipped, **options}
        whole = overwrite and zipped is not False  # else Keras asks, or makes a folder
        with files.replacing(filepath) if whole else contextlib.nullcontext(filepath) as path:
            super().save(path, **options)

    def save_weights(self, filepath, overwrite=True, **options):
        """Save all that training changes to a ``.weights.h5`` file, which is whole or not there."""
        whole = overwrite and not options.get("max_shard_size")  # else Keras asks, or makes several
        with files.replacing(filepath) if whole else contextlib.nullcontext(filepath) as path:
            super().save_weights(path, overwrite=overwrite, **options)

    def save_own_variables(self, store):
        """Put what belongs to neither network nor optimizer into Keras's file; Keras calls this."""
        saving.write_own(self, store)

    def load_own_variables(self, store):
        """Take that from Keras's file; Keras calls this."""
        step, self.seconds, self.log = saving.read_own(store)
        self._step.assign(step)
        self.forget_statistics()

    def make_update(self) -> updates.Update:
        """Return what makes one step, with the settings as they are now."""
        order = updates.get(self.update)
        return order(
            self.generator,
            self.discriminator,
            self.loss_pair,
            self.generator_optimizer,
            self.discriminator_optimizer,
            penalty=self.penalty,
            clip_weights=self.clip_weights,
            discriminator_steps=self.discriminator_steps,
            generator_steps=self.generator_steps,
            unroll=self.unroll,
            average=None if self._slow_generator is None else self._move_average,
            seed=self.seed,
        )

    def train_step(self, data):
        """Make steps_per_call adversarial steps; Keras's ``fit`` compiles and calls this."""
        start = self._step.value()
        if not data.shape.is_fully_defined():
            data = tf.ensure_shape(data, self._notes.element_shape)
        if distributed.has_strategy():  # replicas cannot meet inside a loop
            row = self._adversarial_step(data, start)
            done, rows, means = 1, row[tf.newaxis], row
        else:
            chunk = data if self.steps_per_call > 1 else data[tf.newaxis]
            made = updates.make_several(self._adversarial_step, chunk, start, self.steps_per_call)
            done, rows = made
            means = updates.means(done, rows)
        self._step.assign_add(tf.cast(done, tf.int64))
        self._rows.assign(rows)
        self._made.assign(tf.cast(done, tf.int32))
        values = tf.unstack(means)
        for metric, value in zip(self.metrics, values, strict=True):
            metric.update_state(value)
        return dict(zip(LOGS, values, strict=True))

    def test_step(self, data):
        """Take the losses of one batch of held-out images; Keras's ``evaluate`` calls this."""
        images, latents = data
        values = validation.losses_and_accuracies(self, self._as_judged(images), latents)
        for metric, value in zip(self.metrics, values, strict=True):
            metric.update_state(value, sample_weight=tf.cast(tf.shape(images)[0], tf.float32))
        return {metric.name: metric.result() for metric in self.metrics}

    def _as_judged(self, images):
        """Return images as the discriminator sees them: scaled."""
        return scaled_images(images, self.value_range)

    def note_element(self, shape) -> bool:
        """Note the shape of a call's images; say whether a step was compiled for another one."""
        before, self._notes.element_shape = self._notes.element_shape, shape
        return before is not None and before != shape

    def _adversarial_step(self, images, step):
        """Update both players on the real images of one step; return the values named in LOGS."""
        return self.make_update().make(self._as_judged(images), step)

    def _move_average(self, step):
        age = self._age_of_average(step)
        averaging.update(self._slow_generator, self.generator, age, self.average)

    def _age_of_average(self, step):
        """Return for how many steps the average has been running, on which its decay depends."""
        return step

    def fit(
        self,
        x=None,
        y=None,
        *,
        batch_size=None,
        steps=None,
        steps_per_epoch=None,
        epochs=1,
        callbacks=None,
        verbose="auto",
        initial_epoch=0,
        validation_data=None,
        validation_freq=1,
        validation_batch_size=None,
        **others,
    ):
        """Train, from the step at which the last ``fit`` or a resume stopped.

        Args:
            x: an `ImageData`; an array of images (N, H, W, C) or (N, H, W); or what gives batches:
                a tf.data.Dataset, finite or not, of images or (image, label), a PyDataset, a loader
                or a generator. Images are uint8, 0 to 255, or floats in `value_range`. An element
                of a dataset holds the real images of one step, (discriminator_steps * batch, H, W,
                C), or of one call, with a leading axis of steps_per_call. What ends begins again.
            y: labels; a `GAN` makes no use of them.
            batch_size: images in one update of the discriminator, for an array or an ImageData; 64
                if None. The stream's seed is the GAN's.
            steps: adversarial steps to make now, rounded up to whole calls; 0 makes none.
            steps_per_epoch: elements an epoch; 20 elements with steps_per_call=50 make 1,000 steps.
                Without it, and without steps, an epoch is once through the data.
            epochs, initial_epoch: as in Keras.
            callbacks: Keras callbacks. A `StopOnNaN` is added if there is none.
            verbose: as in Keras: "auto", 0, 1 or 2.
            validation_data: an ImageData, an array, or a tf.data.Dataset of batches that ends: at
                an epoch's end both losses, without penalties, and accuracies on it, as val_...
            validation_freq, validation_batch_size: as in Keras.

        Returns:
            Keras's History of this call; of each epoch, the means.

        Raises:
            SettingError: what x is, or an argument, cannot be; or they do not fit each other.
            DataError: the images are not in the range in which the generator makes its own.
        """
        settings.check_others("fit", others)
        feed = feeding.feed_of(x, self, batch_size)
        plan = feeding.planned(feed, self.steps_per_call, steps, steps_per_epoch, epochs)
        feed, steps_per_epoch, epochs = plan
        callbacks = list(callbacks or [])
        rates.check_callbacks(callbacks, self)
        if steps_per_epoch == 0 or epochs <= initial_epoch:
            return records.empty_history(self)
        if validation_data is not None:
            validation_data = validation.held_out(validation_data, self, validation_batch_size)
        if not any(isinstance(callback, records.StopOnNaN) for callback in callbacks):
            callbacks.insert(0, records.StopOnNaN())
        self.trouble = None
        begin = streams.place(self.elements_done())
        beside = [*callbacks, records.Enter(begin, feed), FirstCall(feeding.Needs.of(self))]
        last = None  # not known where an epoch ends with its data
        if steps_per_epoch is not None:
            calls = steps_per_epoch * (epochs - initial_epoch)
            last = self.step + self.steps_per_call * calls
        with contextlib.ExitStack() as after:
            beside.append(after.enter_context(interrupts.named(self, last)))
            after.enter_context(faults.named(self))
            # Keras calls no callback after an exception; some have a folder to give back.
            for callback in beside:
                after.callback(getattr(callback, "on_fit_left", lambda: None))
            after.enter_context(records.no_word_of_an_end())
            return super().fit(
                feed.entered(begin),
                steps_per_epoch=steps_per_epoch,
                epochs=epochs,
                initial_epoch=initial_epoch,
                callbacks=[records.Log(), *beside],
                verbose=verbose,
                shuffle=False,  # Keras warns about its default when it is given a dataset
                validation_data=validation_data,
                validation_freq=validation_freq,
            )

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", **options):
        """Return both losses, without penalties, and accuracies on held-out images, as in Keras.

        Args:
            x: as validation_data of `fit`.
            y: labels; a `GAN` makes no use of them.
            batch_size: of an array or an ImageData; 64 if None.
            verbose: as in Keras.
            **options: return_dict, steps and callbacks, as in Keras.
        """
        if not options.get("_use_cached_eval_dataset"):
            x = validation.held_out(x, self, batch_size)
        options.pop("sample_weight", None)
        with records.no_word_of_an_end():
            return super().evaluate(x, verbose=verbose, **options)

    def set_weights(self, weights):
        """Set all weights, as Keras does."""
        super().set_weights(weights)
        self.forget_statistics()

    def progress(self) -> str:
        """Say where in its plan the training is; nothing, for a GAN that has none."""
        return ""

    def elements_done(self) -> int:
        """Return how many elements of the stream have been used: there ``fit`` goes on.

        Raises:
            SettingError: this is no whole number of calls.
        """
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
