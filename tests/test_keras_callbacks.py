"""`GAN.fit` under Keras's own callbacks and habits: each works, or is refused in one line."""

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import adam, dense_pair, gan_of, images, stateful_pair
from test_feeding import state_of

from ganbook import GAN, rates
from ganbook.data import to_float
from ganbook.errors import SettingError
from ganbook.growing import GrowingGAN, Schedule
from ganbook.models import progressive
from ganbook.update import LOGS

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # Keras 3.10, of every functional model that was made from its config.
    pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning"),
]

IMAGES = images(48)
SETTINGS = {"batch_size": 16, "verbose": 0}
callbacks = keras.callbacks


class Rows(callbacks.Callback):
    """Keeps what each call and each epoch says."""

    def __init__(self):
        super().__init__()
        self.calls, self.epochs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(dict(logs))

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(dict(logs))


@pytest.mark.parametrize("settings", [{}, {"steps_per_call": 2}, {"update": "simultaneous"}])
def test_an_epoch_says_its_mean(settings, tmp_path):
    gan, rows = gan_of(**settings), Rows()
    log = callbacks.CSVLogger(tmp_path / "log.csv")
    history = gan.fit(IMAGES, **SETTINGS, epochs=2, callbacks=[rows, log])
    with (tmp_path / "log.csv").open() as file:
        written = list(csv.DictReader(file))
    per_epoch = len(rows.calls) // 2
    for epoch in range(2):
        calls = rows.calls[epoch * per_epoch : (epoch + 1) * per_epoch]
        for name in LOGS:
            mean = np.mean([row[name] for row in calls])
            assert history.history[name][epoch] == pytest.approx(mean, rel=1e-5)
            assert rows.epochs[epoch][name] == pytest.approx(mean, rel=1e-5)
            assert float(written[epoch][name]) == pytest.approx(mean, rel=1e-5)
    assert set(history.history) == set(LOGS)
    assert [row["discriminator_loss"] for row in gan.log] == [
        row["discriminator_loss"] for row in rows.calls
    ]


def test_early_stopping_sees_the_mean_and_gives_the_best_back():
    gan = gan_of(average=0.9)
    watch = callbacks.EarlyStopping("generator_loss", mode="max", patience=0, baseline=99.0,
                                    restore_best_weights=True)  # fmt: skip
    history = gan.fit(IMAGES, **SETTINGS, epochs=9, callbacks=[watch])
    assert len(history.epoch) < 9


@pytest.mark.parametrize("kind", ["loss", "validation"])
def test_callbacks_can_watch_and_save_the_best(kind, tmp_path):
    name = "val_generator_loss" if kind == "validation" else "generator_loss"
    best = callbacks.ModelCheckpoint(tmp_path / "best.keras", monitor=name, save_best_only=True,
                                     mode="min")  # fmt: skip
    gan_of().fit(IMAGES, **SETTINGS, validation_data=IMAGES, callbacks=[best])
    assert keras.saving.load_model(tmp_path / "best.keras").step == 3


class TestRates:
    def test_a_scheduler_sets_both(self):
        gan, before = gan_of(), []
        watch = callbacks.LearningRateScheduler(lambda epoch, rate: before.append(rate) or rate / 2)
        rows = Rows()
        gan.fit(IMAGES, **SETTINGS, epochs=2, callbacks=[watch, rows])
        for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
            assert float(optimizer.learning_rate) == pytest.approx(1e-3 / 4)
        assert before[0] == pytest.approx(1e-3)
        named = [name for name in rows.epochs[-1] if name.startswith("learning_rate")]
        each = ["learning_rate_generator", "learning_rate_discriminator"]
        assert named == (each if rates.keras_sets_each() else ["learning_rate"])
        assert rows.epochs[-1][named[-1]] == pytest.approx(1e-3 / 4)

    def test_a_plateau_lowers_both(self):
        gan = gan_of()
        watch = callbacks.ReduceLROnPlateau("discriminator_loss", factor=0.1, patience=1,
                                            min_delta=99.0, mode="min")  # fmt: skip
        gan.fit(IMAGES, **SETTINGS, epochs=3, callbacks=[watch])
        assert float(gan.generator_optimizer.learning_rate) < 1e-3
        assert float(gan.discriminator_optimizer.learning_rate) < 1e-3

    @pytest.mark.parametrize(
        "watch",
        [
            callbacks.LearningRateScheduler(lambda _, rate: rate / 2),
            callbacks.ReduceLROnPlateau("generator_loss", mode="min"),
        ],
        ids=lambda one: type(one).__name__,
    )
    def test_two_rates_are_set_each_or_refused(self, watch):
        gan = gan_of(generator_optimizer=adam(1e-3), discriminator_optimizer=adam(4e-3))
        if not rates.keras_sets_each():
            with pytest.raises(SettingError, match=r"knows one rate.*0.001.*0.004"):
                gan.fit(IMAGES, **SETTINGS, callbacks=[watch])
            assert gan.step == 0
            return
        gan.fit(IMAGES, **SETTINGS, callbacks=[watch])
        both = gan.generator_optimizer, gan.discriminator_optimizer
        first, second = (float(one.learning_rate) for one in both)
        assert second == pytest.approx(4 * first)

    @pytest.mark.parametrize("kind", ["LearningRateScheduler", "ReduceLROnPlateau"])
    def test_a_schedule_is_not_overruled(self, kind):
        falling = keras.optimizers.schedules.CosineDecay(1e-3, 100)
        gan = gan_of(generator_optimizer=keras.optimizers.Adam(falling))
        watch = getattr(callbacks, kind)(*([lambda epoch: 0.1] if "Sched" in kind else []))
        with pytest.raises(SettingError, match=f"{kind} sets rates, but the generator's.*Cosine"):
            gan.fit(IMAGES, **SETTINGS, callbacks=[watch])

    def test_gan_optimizer_reads_and_sets(self):
        gan = gan_of()
        gan.optimizer.learning_rate = 5e-4
        assert float(gan.optimizer.learning_rate) == pytest.approx(5e-4)
        assert float(gan.generator_optimizer.learning_rate) == pytest.approx(5e-4)
        gan.generator_optimizer.learning_rate = 1e-4
        with pytest.raises(SettingError, match=r"0.0001 and the discriminator's 0.0005"):
            _ = gan.optimizer.learning_rate
        with pytest.raises(SettingError, match="arguments of GAN"):
            gan.optimizer = adam()


def test_averages_of_keras_are_refused():
    with pytest.raises(SettingError, match=r"SwapEMAWeights.*average=0.999"):
        gan_of().fit(IMAGES, **SETTINGS, callbacks=[callbacks.SwapEMAWeights()])
    ema = keras.optimizers.Adam(use_ema=True)
    for name in ("generator_optimizer", "discriminator_optimizer"):
        with pytest.raises(SettingError, match=rf"{name} has use_ema=True.*average=0.999"):
            GAN(*dense_pair(), **{name: ema})
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(use_ema=True))
    with pytest.raises(SettingError, match="use_ema=True"):
        GAN(*dense_pair(), generator_optimizer=scaled)


def test_tensorboard_writes(tmp_path):
    pytest.importorskip("tensorboard")
    board = callbacks.TensorBoard(tmp_path, update_freq=1, write_steps_per_second=True)
    gan_of().fit(IMAGES, **SETTINGS, validation_data=IMAGES, callbacks=[board])
    assert list(tmp_path.rglob("events*"))


def test_backup_and_restore_between_epochs_of_an_own_dataset(tmp_path):
    """The epochs that are left, and no other, each through the data once."""
    data = tf.data.Dataset.from_tensor_slices(IMAGES).batch(20)  # the last batch is short
    whole, broken = gan_of(), gan_of()
    whole.fit(data, epochs=3, verbose=0)

    class Break(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError("killed")

    back = callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(RuntimeError, match="killed"):
        broken.fit(data, epochs=3, verbose=0, callbacks=[back, Break()])
    again = gan_of(seed=0)
    again.fit(
        data, epochs=3, verbose=0, callbacks=[callbacks.BackupAndRestore(tmp_path / "backup")]
    )
    assert again.step == whole.step == 6
    assert state_of(again) == state_of(whole)


@pytest.mark.parametrize(
    "optimizer", ["adam", "Adam", "rmsprop", {"class_name": "SGD", "config": {}}]
)
def test_optimizers_by_name(optimizer):
    gan = GAN(*dense_pair(), generator_optimizer=optimizer, discriminator_optimizer=optimizer)
    gan.compile(run_eagerly=True)
    gan.fit(IMAGES, steps=1, batch_size=16, verbose=0)
    assert gan.step == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"generator_optimizer": "adamm"}, "generator_optimizer is 'adamm'.*does not know"),
        ({"discriminator_optimizer": 1e-3}, "discriminator_optimizer is 0.001"),
        ({"discriminator_optimizer": adam}, "discriminator_optimizer is <function"),
    ],
)
def test_what_is_no_optimizer(settings, message):
    with pytest.raises(SettingError, match=message):
        GAN(*dense_pair(), **settings)


def test_an_optimizer_of_another_model_is_refused():
    used = gan_of().generator_optimizer
    with pytest.raises(SettingError, match="belongs to the weights of another model"):
        GAN(*dense_pair(), generator_optimizer=used)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((("adam",), {}), r"compile was given 'adam'.*generator_optimizer="),
        (((), {"optimizer": "adam"}), "does not take optimizer; pass generator_optimizer="),
        (((), {"loss": "mse"}), r"does not take loss; pass loss= to GAN"),
        (((), {"steps_per_execution": 5}), "steps_per_call="),
        (((), {"metrics": ["mse"]}), "ganbook.metrics"),
        (((), {"jit_compile": "adam"}), "jit_compile is 'adam'.*\"auto\""),
        (((), {"run_eagerly": "yes"}), "run_eagerly is 'yes'"),
    ],
)
def test_compile_takes_what_it_can(arguments, message):
    gan = gan_of()
    with pytest.raises(SettingError, match=message):
        gan.compile(*arguments[0], **arguments[1])
    with pytest.raises(TypeError, match="compile.. got an unexpected keyword argument 'jit'"):
        gan.compile(jit=True)


def test_compile_auto_is_the_constructors_choice():
    gan = GAN(*dense_pair())
    chosen = gan.jit_compile
    gan.compile(jit_compile=not chosen)
    gan.compile(jit_compile="auto")
    assert gan.jit_compile == chosen


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"validation_split": 0.1}, "does not take validation_split; pass validation_data="),
        ({"class_weight": {0: 1.0}}, "class_weight; choose the images"),
        ({"sample_weight": np.ones(48)}, "sample_weight; choose the images"),
        ({"shuffle": True}, "shuffle; arrays and ImageData are always shuffled"),
    ],
)
def test_fit_takes_what_it_can(argument, message):
    with pytest.raises(SettingError, match=message):
        gan_of().fit(IMAGES, **SETTINGS, **argument)
    with pytest.raises(TypeError, match="unexpected keyword argument 'epoch'"):
        gan_of().fit(IMAGES, epoch=3)


class TestNetworks:
    def test_nothing_to_train(self):
        for place, name in enumerate(("generator", "discriminator")):
            pair = dense_pair()
            pair[place].trainable = False
            with pytest.raises(SettingError, match=f"the {name} has nothing to train.*trainable"):
                GAN(*pair)

    def test_a_subclass_without_shapes(self):
        class Own(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = keras.layers.Dense(64)

            def call(self, inputs):
                return self.dense(inputs)

        own = Own()
        with pytest.raises(SettingError, match="the generator is not built"):
            GAN(own, dense_pair()[1])
        own(np.zeros((1, 6), np.float32))
        with pytest.raises(SettingError, match="the generator has no input_shape: a subclass"):
            GAN(own, dense_pair()[1])

    def test_several_inputs_or_outputs(self):
        generator, discriminator = dense_pair()
        inputs = keras.Input((6,)), keras.Input((1,))
        two_in = keras.Model(inputs, generator(inputs[0]) + 0.0 * inputs[1][:, None, None])
        with pytest.raises(SettingError, match="the generator has 2 inputs"):
            GAN(two_in, discriminator)
        image = keras.Input((8, 8, 1))
        two_out = keras.Model(image, [discriminator(image), discriminator(image)])
        with pytest.raises(SettingError, match="the discriminator has 2 outputs"):
            GAN(generator, two_out)

    @pytest.mark.parametrize("thing", [None, "dcgan", keras.Sequential, lambda x: x])
    def test_no_model_at_all(self, thing):
        with pytest.raises(
            SettingError, match="the generator is .*must be a Keras model|not built"
        ):
            GAN(thing, dense_pair()[1])

    def test_a_lambda_under_an_average(self):
        pair = (
            keras.Sequential([dense_pair()[0], keras.layers.Lambda(lambda x: x)]),
            dense_pair()[1],
        )
        GAN(*pair)
        with pytest.raises(SettingError, match="cannot be copied: the layer .* is a Lambda"):
            GAN(*pair, average=0.99)


class Loss:
    def discriminator(self, real, fake):
        return tf.reduce_mean(fake) - tf.reduce_mean(real)

    def generator(self, fake, real=None, seed=None):
        return -tf.reduce_mean(fake)


def test_a_loss_or_penalty_without_its_arguments():
    with pytest.raises(
        SettingError, match=r"the loss's discriminator\(\) is \(real, fake\).*seed="
    ):
        GAN(*dense_pair(), Loss())
    with pytest.raises(SettingError, match=r"the penalty .* is \(real, fake\).*4 arguments"):
        GAN(*dense_pair(), penalty=lambda real, fake: 0.0)


def test_check_numerics_lets_a_sound_training_be():
    tf.debugging.enable_check_numerics()
    try:
        for settings in ({}, {"steps_per_call": 3}):
            gan = gan_of(compiled=True, **settings)
            gan.compile(jit_compile=False)
            gan.fit(IMAGES, batch_size=16, steps=3, verbose=0)
            assert gan.step == 3 and gan.trouble is None
    finally:
        tf.debugging.disable_check_numerics()


class Printing(Loss):
    def discriminator(self, real, fake, seed=None):
        tf.print("loss", real[0])
        return super().discriminator(real, fake)


def test_what_xla_cannot_compile_is_said_in_one_line(capfd):
    gan = GAN(*dense_pair(), Printing())
    gan.compile(jit_compile=True)
    with pytest.raises(SettingError, match=r"XLA cannot compile.*run_eagerly=True") as caught:
        gan.fit(IMAGES, batch_size=16, steps=1, verbose=0)
    assert "\n" not in str(caught.value)
    gan.compile(run_eagerly=True)
    gan.fit(IMAGES, batch_size=16, steps=1, verbose=0)
    assert gan.step == 1


class TestValidation:
    PAIRS = {
        "plain": lambda: gan_of(),
        "hidden state": lambda: gan_of(stateful_pair, average=0.9),
        "relativistic": lambda: gan_of(loss="relativistic", steps_per_call=2),
        "critic": lambda: gan_of(loss="wasserstein", discriminator_steps=2, clip_weights=0.1),
    }

    @pytest.mark.parametrize("kind", PAIRS)
    def test_it_changes_no_byte(self, kind):
        whole, held = (self.PAIRS[kind]() for _ in range(2))
        held_out = images(21, seed=1)  # the last batch is short
        whole.fit(IMAGES, batch_size=16, epochs=2, verbose=0)
        history = held.fit(IMAGES, batch_size=16, epochs=2, verbose=0, validation_data=held_out,
                           validation_batch_size=16)  # fmt: skip
        assert state_of(whole) == state_of(held)
        assert whole.log == held.log
        names = {f"val_{name}" for name in LOGS}
        assert names < set(history.history)
        assert np.isfinite([history.history[name] for name in names]).all()

    def test_growing_at_every_stage(self):
        def large(small):
            return np.pad(small, ((0, 0), (4, 4), (4, 4), (0, 0)))

        def grown(**more):
            keras.utils.set_random_seed(0)
            gan = GrowingGAN(
                progressive.GrowingGenerator(16, channels=(4, 4, 4), latent_size=8),
                progressive.GrowingDiscriminator(16, channels=(4, 4, 4)),
                Schedule.shared(16, 6, batch_size=8),
            )
            gan.compile(run_eagerly=True)
            history = gan.fit(
                large(IMAGES), batch_size=8, steps_per_epoch=1, epochs=6, verbose=0, **more
            )
            return gan, history

        whole, _ = grown()
        held, history = grown(validation_data=large(images(13, 1)), validation_batch_size=8)
        assert state_of(whole) == state_of(held)
        assert len(history.history["val_generator_loss"]) == 6

    def test_the_losses_are_those_of_a_loop_by_hand(self):
        gan = gan_of(stateful_pair)
        held_out = images(40, seed=1)
        found = gan.evaluate(held_out, batch_size=16, return_dict=True, verbose=0)
        from ganbook import validation

        real = fake = total = 0.0
        for real_images, latents in validation.held_out(held_out, gan, 16):
            judged = gan.discriminator(to_float(real_images), training=False)
            made = gan.discriminator(gan.generator(latents, training=False), training=False)
            real += float(tf.reduce_sum(tf.nn.softplus(-judged)))
            fake += float(tf.reduce_sum(tf.nn.softplus(made)))
            total += len(latents)
        assert total == 40
        assert found["discriminator_loss"] == pytest.approx((real + fake) / 40, rel=1e-4)
        again = gan.evaluate(held_out, batch_size=16, return_dict=True, verbose=0)
        assert found == again

    def test_penalties_do_not_count(self):
        from ganbook.penalties import R1

        plain, held = gan_of(), gan_of(penalty=R1(1000.0))
        both = [one.evaluate(IMAGES, return_dict=True, verbose=0) for one in (plain, held)]
        assert both[0] == both[1]

    def test_every_second_epoch(self):
        history = gan_of().fit(
            IMAGES, **SETTINGS, epochs=4, validation_data=IMAGES, validation_freq=2
        )
        assert len(history.history["val_generator_loss"]) == 2

    def test_labels_and_datasets(self):
        data = tf.data.Dataset.from_tensor_slices((IMAGES, np.zeros(48))).batch(20)
        for held in ((IMAGES, np.zeros(48)), data):
            assert (
                gan_of().fit(IMAGES, **SETTINGS, validation_data=held).history["val_generator_loss"]
            )

    def test_packs_leave_a_rest_out(self):
        from ganbook.layers import Packing

        keras.utils.set_random_seed(0)
        discriminator = keras.Sequential(
            [keras.Input((8, 8, 1)), Packing(2), keras.layers.Flatten(), keras.layers.Dense(1)]
        )
        gan = GAN(dense_pair()[0], discriminator)
        assert gan.evaluate(images(35), batch_size=16, return_dict=True, verbose=0)

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (tf.data.Dataset.from_tensors(IMAGES).repeat(), "have no end.*take"),
            ("mnist", "validation_data is a str"),
            (IMAGES[:, :4], r"the validation images have shape \(48, 4, 8, 1\)"),
        ],
    )
    def test_what_cannot_be_validated_on(self, data, message):
        gan = gan_of()
        with pytest.raises(SettingError, match=message):
            gan.fit(IMAGES, **SETTINGS, validation_data=data)
        assert gan.step == 0


def test_the_means_are_not_saved(tmp_path):
    gan = gan_of()
    gan.fit(IMAGES, **SETTINGS, validation_data=IMAGES)
    gan.save(tmp_path / "gan.keras")
    config = json.dumps(gan.get_config())
    assert "metrics" not in config
    assert keras.saving.load_model(tmp_path / "gan.keras").step == gan.step
