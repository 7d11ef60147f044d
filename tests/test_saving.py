"""Keras's own saving: what is loaded goes on as if it had never stopped, bit for bit."""

import json
import subprocess
import sys

import helpers
import keras
import numpy as np
import pytest
from helpers import adam, dense_pair, everything, gan_of, images, stateful_pair, train

from ganbook import GAN, averaging, checkpoint, description, losses, penalties
from ganbook.callbacks import RunCheckpoint
from ganbook.data import stream
from ganbook.errors import RunError, SettingError
from ganbook.growing import GrowingGAN, Schedule
from ganbook.mistakes import NoisyLabels, PersistentFlips, SquaredCritic
from ganbook.models.progressive import GrowingDiscriminator, GrowingGenerator
from ganbook.update import Alternating, Update

load = keras.saving.load_model
# Keras's own saving, on NumPy 2.4.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # Keras 3.10, of every functional model that was made from its config.
    pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning"),
]


def growing(seed=0, **settings):
    """A GAN that grows from 4 x 4 to 8 x 8; steps 4 to 7 of 12 are its fade."""
    keras.utils.set_random_seed(seed)
    gan = GrowingGAN(
        GrowingGenerator(8, (6, 4), latent_size=6),
        GrowingDiscriminator(8, (6, 4)),
        Schedule(8, 16, 16, 4),
        generator_optimizer=adam(),
        discriminator_optimizer=adam(),
        average=0.9,
        penalty=penalties.Sum(penalties.GradientPenalty(10.0), penalties.Drift(0.1)),
        **settings,
    )
    gan.compile(run_eagerly=True)  # a few steps are quicker so; benchmarks/resume_ways.py compiles
    return gan


def falling():
    rate = keras.optimizers.schedules.CosineDecay(1e-2, 12)
    return gan_of(
        stateful_pair,
        loss="relativistic",
        generator_optimizer=keras.optimizers.Adam(rate),
        average=0.9,
    )


def several():
    return gan_of(dense_pair, steps_per_call=2, discriminator_steps=2, average=0.9)


MAKERS = {"stateful": falling, "several a call": several, "in mid-fade": growing}


def go_on(gan, steps, callbacks=(), epochs=1):
    batches = stream(images(), 4, gan.discriminator_steps, gan.steps_per_call, seed=0)
    calls = steps // gan.steps_per_call // epochs
    gan.fit(batches, steps_per_epoch=calls, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return gan


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


@pytest.mark.parametrize(
    "name, policy",
    [
        ("stateful", "float32"),
        ("stateful", "mixed_bfloat16"),
        ("several a call", "float32"),
        ("in mid-fade", "mixed_bfloat16"),
    ],
)
def test_a_saved_model_goes_on_as_if_it_had_never_stopped(name, policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    make = MAKERS[name]
    gan = go_on(make(), 6)
    gan.save(tmp_path / "gan.keras")
    gan.save_weights(tmp_path / "gan.weights.h5")
    loaded, weights = load(tmp_path / "gan.keras"), make()
    weights.load_weights(tmp_path / "gan.weights.h5")
    rows = list(gan.log)
    go_on(gan, 4)
    for other in (loaded, weights):
        assert type(other) is type(gan) and other.step == 6 and other.log == rows
        np.testing.assert_array_equal(everything(go_on(other, 4)), everything(gan))
        np.testing.assert_array_equal(other.sample(4), gan.sample(4))


def test_from_ganbook_import_gan_is_all_that_a_new_process_needs(tmp_path):
    gan = gan_of(loss=PersistentFlips(losses.NonSaturating(), 0.3, steps=50))
    gan.save(tmp_path / "gan.keras")
    growing().save(tmp_path / "growing.keras")
    lines = "import sys, keras", "from ganbook import GAN"
    lines += ("print([type(keras.saving.load_model(p)).__name__ for p in sys.argv[1:]])",)
    paths = [str(tmp_path / name) for name in ("gan.keras", "growing.keras")]
    printed = subprocess.check_output([sys.executable, "-c", "\n".join(lines), *paths], text=True)
    assert printed.strip() == "['GAN', 'GrowingGAN']"


def test_the_scale_of_losses_comes_along(tmp_path):
    """Under mixed_float16 each optimizer is wrapped in one that scales the loss."""
    keras.config.set_dtype_policy("mixed_float16")
    gan = go_on(falling(), 3)
    gan.save(tmp_path / "gan.keras")
    loaded = load(tmp_path / "gan.keras")
    assert isinstance(loaded.generator_optimizer, keras.optimizers.LossScaleOptimizer)
    np.testing.assert_array_equal(everything(go_on(loaded, 2)), everything(go_on(gan, 2)))


class Dies(keras.callbacks.Callback):
    """Break the training off at a step, as a kill would: no callback hears of it."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == self.step:
            raise KeyboardInterrupt


def test_backup_and_restore_after_a_break_equals_never_stopped(make, tmp_path):
    unbroken = go_on(make(), 12, epochs=3)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        go_on(make(), 12, [backup, Dies(6)], epochs=3)
    # The stream is made before Keras sets the model back: it has to begin at step 4, too.
    resumed = make()
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    go_on(resumed, 12, [backup], epochs=3)
    assert resumed.step == 12
    np.testing.assert_array_equal(everything(resumed), everything(unbroken))


def test_model_checkpoint_writes_models_that_go_on(tmp_path):
    make = several
    path = tmp_path / "step-{epoch}.keras"
    unbroken = go_on(make(), 12, [keras.callbacks.ModelCheckpoint(path)], epochs=3)
    loaded = load(tmp_path / "step-2.keras")
    assert loaded.step == 8
    np.testing.assert_array_equal(everything(go_on(loaded, 4)), everything(unbroken))


def test_a_stream_of_ones_own_is_entered_at_the_step_that_was_restored(tmp_path):
    gan = gan_of()
    go_on(gan, 3)
    gan.save_weights(tmp_path / "x.weights.h5")
    go_on(gan, 2)
    other = gan_of()

    class Late(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.model.load_weights(tmp_path / "x.weights.h5")

    ours = stream(images(), 4, seed=0)
    plain = ours.map(lambda batch: batch)  # has lost the shortcut
    other.fit(plain, steps_per_epoch=2, verbose=0, callbacks=[Late()])
    np.testing.assert_array_equal(everything(other), everything(gan))


def test_saving_measures_no_statistics(tmp_path, monkeypatch):
    gan = train(gan_of(stateful_pair, average=0.9), 2)
    measured = []
    monkeypatch.setattr(averaging, "measure_statistics", lambda *a: measured.append(a))
    gan.save(tmp_path / "gan.keras")
    gan.save_weights(tmp_path / "gan.weights.h5")
    load(tmp_path / "gan.keras")
    assert not measured
    assert gan.averaged_generator is gan.sampling_generator() and len(measured) == 1


def test_weights_of_something_else_are_refused(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save_weights(
        tmp_path / "other.weights.h5"
    )
    with pytest.raises((RunError, ValueError)):
        gan_of().load_weights(tmp_path / "other.weights.h5")


def test_clone_model_gives_an_untrained_equal(make):
    gan = go_on(make(), 4)
    clone = keras.models.clone_model(gan)
    assert type(clone) is type(gan) and clone.step == 0 and clone.log == []
    assert description.differences(gan.get_config(), clone.get_config()) == []
    assert clone.generator is not gan.generator


def test_a_summary_names_each_network_once(make, capsys):
    for gan in (make(), keras.models.clone_model(make())):
        names = [layer.name for layer in gan.layers]
        assert len(set(names)) == len(names) == 3
        gan.summary(line_length=120)
        printed = capsys.readouterr().out
        assert all(printed.count(f" {name} (") == 1 for name in names), printed


# --- What cannot be described ---------------------------------------------------------------------


class Own:
    """A pair of losses as a reader writes it."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def discriminator(self, real_logits, fake_logits, seed=None):
        return self.scale * losses.get("hinge").discriminator(real_logits, fake_logits)

    def generator(self, fake_logits, real_logits=None, seed=None):
        return losses.get("hinge").generator(fake_logits)


@keras.saving.register_keras_serializable("tests")
class OwnDescribed(Own):
    def get_config(self):
        return {"scale": self.scale}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def test_a_loss_without_a_config_is_named_and_leaves_no_file(tmp_path):
    gan = gan_of(loss=Own())
    (tmp_path / "gan.keras").write_bytes(b"an older file")
    with pytest.raises(SettingError, match=r"the Own of this GAN .* has no get_config\(\)"):
        gan.save(tmp_path / "gan.keras")
    with pytest.raises(SettingError, match="no get_config"):
        go_on(gan, 1, [keras.callbacks.ModelCheckpoint(tmp_path / "other.keras")])
    assert [path.name for path in tmp_path.iterdir()] == ["gan.keras"]
    assert (tmp_path / "gan.keras").read_bytes() == b"an older file"


def test_a_loss_without_a_config_can_be_resumed_and_is_compared(tmp_path):
    go_on(gan_of(loss=Own(2.0)), 2, [RunCheckpoint(tmp_path)])
    assert checkpoint.restore(gan_of(loss=Own(2.0)), tmp_path) == 2
    with pytest.raises(RunError, match=r"loss\.scale is 2\.0, here 3\.0"):
        checkpoint.restore(gan_of(loss=Own(3.0)), tmp_path)


def test_a_loss_of_ones_own_with_a_config_is_saved(tmp_path):
    gan_of(loss=OwnDescribed(2.0)).save(tmp_path / "gan.keras")
    assert load(tmp_path / "gan.keras").loss_pair.scale == 2.0


def test_a_failed_save_leaves_the_file_before_it(tmp_path, monkeypatch):
    gan = go_on(gan_of(), 1)
    gan.save(tmp_path / "gan.keras")
    good = (tmp_path / "gan.keras").read_bytes()

    def fails(*args, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(GAN, "save_own_variables", fails)
    with pytest.raises(OSError):
        gan.save(tmp_path / "gan.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["gan.keras"]
    assert (tmp_path / "gan.keras").read_bytes() == good


# --- The description ------------------------------------------------------------------------------


def functional_pair(seed=0):
    """Networks with branches, a layer that is used twice, one inside another, and a named one."""
    keras.utils.set_random_seed(seed)
    latents = keras.Input((6,))
    twice = keras.layers.Dense(6)
    inner = keras.Sequential([keras.Input((6,)), keras.layers.Dense(64, activation="tanh")])
    values = keras.layers.Add()([twice(latents), twice(twice(latents))])
    outputs = keras.layers.Reshape((8, 8, 1), name="my_images_1")(inner(values))
    generator = keras.Model(latents, outputs)
    return generator, dense_pair(seed=seed)[1]


@pytest.mark.parametrize("pair", [dense_pair, stateful_pair, functional_pair])
def test_equal_gans_have_equal_configs_whatever_keras_called_their_layers(pair):
    first, second = gan_of(pair), gan_of(pair)
    assert first.get_config() == second.get_config() == json.loads(json.dumps(first.get_config()))
    names = [layer.name for layer in first.generator.layers]
    assert names != [layer.name for layer in second.generator.layers]
    rebuilt = GAN.from_config(first.get_config())
    assert rebuilt.get_config() == first.get_config()
    latents = np.ones((2, 6), np.float32)
    rebuilt.generator.set_weights(first.generator.get_weights())
    np.testing.assert_array_equal(first.generator(latents), rebuilt.generator(latents))


def test_given_names_stay():
    config = gan_of(functional_pair).get_config()["generator"]["config"]
    names = [layer["config"]["name"] for layer in config["layers"]]
    assert names == ["input_layer", "dense", "add", "sequential", "my_images_1"]


def test_rates_are_told_as_they_were_given():
    gan = gan_of(generator_optimizer=keras.optimizers.Adam(3e-4))
    gan.generator_optimizer.learning_rate = 0.5  # as a callback would
    assert gan.get_config()["generator_optimizer"]["config"]["learning_rate"] == 3e-4
    assert gan.get_config()["generator_optimizer"]["config"]["name"] == "adam"


def test_a_rate_that_was_moved_is_state(tmp_path):
    gan = go_on(gan_of(), 2)
    gan.generator_optimizer.learning_rate = 0.5
    gan.save(tmp_path / "gan.keras")
    checkpoint.save(gan, tmp_path)
    other = gan_of()
    checkpoint.restore(other, tmp_path)
    for restored in (other, load(tmp_path / "gan.keras")):
        assert float(restored.generator_optimizer.learning_rate.numpy()) == 0.5


PARTS = [
    losses.Minimax(),
    losses.NonSaturating(0.9, 0.1, 0.2, 0.8, from_logits=False),
    losses.LeastSquares(),
    losses.Wasserstein(),
    losses.Hinge(),
    losses.Relativistic(),
    NoisyLabels(0.1, clipped=True),
    SquaredCritic(),
    PersistentFlips(losses.NonSaturating(), 0.3, steps=50, seed=2),
    penalties.GradientPenalty(3.0, 0.5, one_sided=True),
    penalties.R1(0.3),
    penalties.R2(0.4),
    penalties.R1R2(0.5),
    penalties.Drift(0.6),
    penalties.Sum(penalties.R1(0.1), penalties.Drift(0.2)),
    Schedule(16, (8, 0), (8, 16, 8), 4),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_parts_are_described_and_made_again(part):
    described = json.loads(json.dumps(keras.saving.serialize_keras_object(part)))
    again = keras.saving.deserialize_keras_object(described)
    assert type(again) is type(part)
    assert json.loads(json.dumps(keras.saving.serialize_keras_object(again))) == described


class Skips(Update):
    """An order of updates of one's own: the discriminator rests."""

    def make(self, images, step):
        alternating = Alternating.update_generator
        self.ahead = lambda judge, *rest: judge
        loss = alternating(self, images, step, 0)
        return keras.ops.stack([loss, loss, 0.0 * loss, 0.0 * loss])


def test_an_order_of_ones_own(tmp_path):
    gan = gan_of(update=Skips)
    before = helpers.flat(gan.discriminator.weights)
    go_on(gan, 2)
    np.testing.assert_array_equal(helpers.flat(gan.discriminator.weights), before)
    with pytest.raises(RunError, match="update is 'test_saving.Skips', here 'alternating'"):
        checkpoint.save(gan, tmp_path)
        checkpoint.restore(gan_of(), tmp_path)
    gan.save(tmp_path / "gan.keras")
    loaded = load(tmp_path / "gan.keras")
    np.testing.assert_array_equal(everything(go_on(loaded, 1)), everything(go_on(gan, 1)))


BASE = {
    "loss": losses.NonSaturating(real_label=0.9),
    "penalty": penalties.R1(1.0),
    "average": 0.9,
    "discriminator_steps": 2,
}
# One setting each, and what the refusal must name.
CHANGES = {
    "loss": ({"loss": "hinge"}, "loss is 'NonSaturating', here 'Hinge'"),
    "label": ({"loss": losses.NonSaturating(real_label=0.8)}, "loss.real_label is 0.9, here 0.8"),
    "penalty": ({"penalty": None}, "penalty is 'R1', here None"),
    "weight": ({"penalty": penalties.R1(2.0)}, "penalty.gamma is 1.0, here 2.0"),
    "clipping": ({"clip_weights": 0.1}, "clip_weights is None, here 0.1"),
    "seed": ({"seed": 1}, "seed is 0, here 1"),
    "updates of D": ({"discriminator_steps": 1}, "discriminator_steps is 2, here 1"),
    "updates of G": ({"generator_steps": 2}, "generator_steps is 1, here 2"),
    "average": ({"average": 0.99}, "average is 0.9, here 0.99"),
    "unroll": ({"unroll": 1}, "unroll is 0, here 1"),
    "steps a call": ({"steps_per_call": 2}, "steps_per_call is 1, here 2"),
    "rate": (
        {"discriminator_optimizer": keras.optimizers.Adam(5e-2, beta_1=0.5)},
        "discriminator_optimizer.learning_rate is 0.001, here 0.05",
    ),
    "beta": (
        {"generator_optimizer": keras.optimizers.Adam(1e-3, beta_1=0.9)},
        "generator_optimizer.beta_1 is 0.5, here 0.9",
    ),
    "optimizer": (
        {"generator_optimizer": keras.optimizers.Nadam(1e-3, beta_1=0.5)},
        "generator_optimizer is 'Adam', here 'Nadam'",
    ),
}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    go_on(gan_of(**BASE), 2, [RunCheckpoint(folder)])
    return folder


@pytest.mark.parametrize("changed", CHANGES)
def test_another_setting_is_refused_and_named(checkpoints, changed):
    settings, phrase = CHANGES[changed]
    if settings.get("discriminator_optimizer") or settings.get("generator_optimizer"):
        name, optimizer = next(iter(settings.items()))
        settings = {name: type(optimizer).from_config(optimizer.get_config())}
    other = gan_of(**{**BASE, **settings})
    before = everything(other)
    with pytest.raises(RunError) as error:
        checkpoint.restore(other, checkpoints)
    assert f"is of another GAN: {phrase}. Resume it" in str(error.value)
    np.testing.assert_array_equal(everything(other), before)
    assert checkpoint.restore(gan_of(**BASE), checkpoints) == 2


@pytest.mark.parametrize(
    "layer, phrase",
    [
        (keras.layers.LeakyReLU(negative_slope=0.3), ".negative_slope is 0.2, here 0.3"),
        (keras.layers.ReLU(), " is 'LeakyReLU', here 'ReLU'"),
    ],
)
def test_another_network_of_the_same_shapes_is_refused(checkpoints, layer, phrase):
    _, discriminator = dense_pair()
    flatten, first, _, last = discriminator.layers
    other = keras.Sequential([keras.Input(helpers.IMAGE), flatten, first, layer, last])
    gan = gan_of(lambda seed: (dense_pair()[0], other), **BASE)
    with pytest.raises(RunError, match=rf"discriminator\.layers\.3{phrase}"):
        checkpoint.restore(gan, checkpoints)


def test_another_precision_is_refused(checkpoints):
    keras.config.set_dtype_policy("mixed_bfloat16")
    with pytest.raises(RunError, match="dtype.* is 'float32', here 'mixed_bfloat16'"):
        checkpoint.restore(gan_of(**BASE), checkpoints)


def test_another_schedule_is_refused(tmp_path):
    go_on(growing(), 2, [RunCheckpoint(tmp_path)])
    keras.utils.set_random_seed(0)
    other = growing()
    other.schedule = Schedule(8, 16, (16, 32), 4)
    with pytest.raises(RunError, match=r"schedule\.stable_images\.1 is 16, here 32"):
        checkpoint.restore(other, tmp_path)


def test_a_run_of_another_keras_may_lack_what_this_one_has(checkpoints, tmp_path):
    """Newer versions add settings to layers; what both have is still compared."""
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(checkpoints, folder)
    path = folder / "step-000000002" / "description.json"
    saved = json.loads(path.read_text())
    del saved["gan"]["discriminator"]["config"]["layers"][2]["config"]["use_bias"]
    path.write_text(json.dumps(saved))
    with pytest.raises(RunError, match="use_bias is missing, here True"):
        checkpoint.restore(gan_of(**BASE), folder)
    path.write_text(json.dumps({**saved, "keras": "3.9.0"}))
    assert checkpoint.restore(gan_of(**BASE), folder) == 2
