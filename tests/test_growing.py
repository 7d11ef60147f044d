"""Progressive growing: the schedule, what a fade does exactly, and training through the stages."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import everything

from ganbook import recipes
from ganbook.data import stream
from ganbook.errors import RunError, SettingError
from ganbook.growing import GrowingGAN, Schedule, faded, showing
from ganbook.models.progressive import (
    GrowingDiscriminator,
    GrowingGenerator,
    shrink,
    stages_of,
    upsample,
)
from ganbook.penalties import Drift, GradientPenalty, Sum

CHANNELS = (8, 6, 4)  # 4, 8 and 16
BATCH = 4


def networks(colors=1, resolution=16, channels=CHANNELS, seed=0):
    keras.utils.set_random_seed(seed)
    return (
        GrowingGenerator(resolution, channels, colors, latent_size=5),
        GrowingDiscriminator(resolution, channels, colors),
    )


def schedule(fade=2 * BATCH, stable=BATCH, resolution=16):
    return Schedule(resolution, fade, stable, BATCH)


def images(colors=1, count=64, size=16):
    shape = (count, size, size, colors)
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def growing_gan(seed=0, plan=None, resolution=16, **settings):
    gan = GrowingGAN(
        *networks(resolution=resolution, channels=CHANNELS[: resolution // 8 + 1], seed=seed),
        plan or schedule(resolution=resolution),
        generator_optimizer=keras.optimizers.Adam(1e-3, 0.0, 0.99),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, 0.0, 0.99),
        seed=seed,
        **settings,
    )
    gan.compile(run_eagerly=True)
    return gan


def train(gan, steps, callbacks=()):
    batches = stream(images(size=gan.schedule.resolution), BATCH, seed=gan.seed)
    gan.fit(batches, steps_per_epoch=steps, verbose=0, callbacks=list(callbacks))
    return gan


def latents(count=3):
    return np.random.default_rng(1).normal(size=(count, 5)).astype(np.float32)


# --- Shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("resolution, stages", [(4, 1), (8, 2), (32, 4), (64, 5)])
def test_stages(resolution, stages):
    assert stages_of(resolution) == stages


@pytest.mark.parametrize("resolution", [0, 2, 6, 12, 28, 33, "32", 32.0])
def test_other_resolutions_are_refused(resolution):
    with pytest.raises(SettingError, match="resolution is"):
        stages_of(resolution)


def test_upsample_repeats_and_shrink_takes_means():
    x = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
    big = upsample(x).numpy()[0, :, :, 0]
    np.testing.assert_array_equal(big, [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]])
    np.testing.assert_array_equal(shrink(upsample(x)), x)
    assert shrink(x).numpy().item() == 1.5


@pytest.mark.parametrize("colors", [1, 3])
def test_every_stage_makes_and_takes_images_of_its_size(colors):
    generator, discriminator = networks(colors)
    for stage in range(3):
        with showing(stage, 0.5, generator, discriminator):
            made = generator(latents())
            assert made.shape == (3, 4 * 2**stage, 4 * 2**stage, colors)
            assert discriminator(made).shape == (3, 1)
    assert generator.stage == discriminator.stage == 2 and generator.fade == 1.0


def test_color_images_of_64_are_a_matter_of_arguments():
    channels = (4, 4, 4, 4, 4)
    generator, discriminator = networks(3, 64, channels)
    assert discriminator(generator(latents())).shape == (3, 1)
    assert generator.output_shape == discriminator.input_shape == (None, 64, 64, 3)


def test_standard_networks_have_the_parameters_that_the_lesson_names():
    assert GrowingGenerator().count_params() == 845_732
    assert GrowingDiscriminator().count_params() == 845_537


# --- The fade -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [1, 2])
def test_at_fade_0_the_new_generator_is_the_old_one_upsampled(stage):
    generator, _ = networks()
    with showing(stage - 1, 1.0, generator):
        old = upsample(generator(latents()))
    with showing(stage, 0.0, generator):
        np.testing.assert_array_equal(generator(latents()), old)


@pytest.mark.parametrize("stage", [1, 2])
def test_at_fade_0_the_new_discriminator_judges_the_shrunk_image(stage):
    _, discriminator = networks()
    x = faded(tf.constant(images()[:4], tf.float32) / 255.0, stage, 1.0)
    with showing(stage - 1, 1.0, discriminator):
        old = discriminator(shrink(x))
    with showing(stage, 0.0, discriminator):
        np.testing.assert_array_equal(discriminator(x), old)


@pytest.mark.parametrize("stage", [1, 2])
def test_at_fade_1_the_old_branch_has_no_influence(stage):
    generator, discriminator = networks()
    old = [
        *generator.to_colors[stage - 1].trainable_weights,
        *discriminator.from_colors[stage - 1].trainable_weights,
    ]
    with showing(stage, 1.0, generator, discriminator):
        alone = discriminator(generator(latents())).numpy()
    with (
        showing(stage, tf.constant(1.0), generator, discriminator),
        tf.GradientTape() as tape,
    ):
        judged = discriminator(generator(latents()))
        total = tf.reduce_sum(judged)
    np.testing.assert_array_equal(judged, alone)
    for gradient in tape.gradient(total, [weight.value for weight in old]):
        np.testing.assert_array_equal(gradient, 0.0)


def test_half_a_fade_is_the_mean_of_both():
    generator, _ = networks()
    made = []
    for fade in (0.0, 0.5, 1.0):
        with showing(2, fade, generator):
            made.append(generator(latents()).numpy())
    np.testing.assert_allclose(made[1], (made[0] + made[2]) / 2, atol=1e-6)


def test_real_images_fade_in_the_same_way():
    x = tf.constant(images()[:4], tf.float32)
    small = shrink(x)
    assert faded(x, 0, 0.3).shape == (4, 4, 4, 1)
    np.testing.assert_array_equal(faded(x, 1, 0.0), upsample(shrink(small)))
    np.testing.assert_array_equal(faded(x, 1, 1.0), small)
    np.testing.assert_allclose(
        faded(x, 1, 0.25), 0.75 * upsample(shrink(small)) + 0.25 * small, rtol=1e-6
    )


# --- The schedule ---------------------------------------------------------------------------------


def test_images_shown_in_each_stage_are_those_of_the_schedule():
    plan = Schedule(32, (80, 120, 160), (40, 40, 60, 200), batch_size=20)
    shown = {}
    for step in range(plan.steps):
        stage = plan.stage_at(step)
        fade = float(plan.fade_at(step, stage))
        part = "fade" if fade < 1.0 else "stable"
        shown[stage, part] = shown.get((stage, part), 0) + plan.batch_size
    assert shown == {
        (0, "stable"): 40,
        (1, "fade"): 80,
        (1, "stable"): 40,
        (2, "fade"): 120,
        (2, "stable"): 60,
        (3, "fade"): 160,
        (3, "stable"): 200,
    }
    assert plan.steps * plan.batch_size == 700
    assert plan.stage_at(10 * plan.steps) == 3


def test_fade_rises_evenly_and_is_never_cut_to_a_whole_number():
    plan = Schedule(8, 1000, 1000, batch_size=10)
    fades = [float(plan.fade_at(step, 1)) for step in range(plan.starts[1], plan.steps)]
    np.testing.assert_allclose(fades[:100], np.arange(100) / 100, atol=1e-7)
    assert set(fades[100:]) == {1.0}
    steps = tf.range(plan.starts[1], plan.steps, dtype=tf.int64)  # as in the compiled step
    np.testing.assert_array_equal(plan.fade_at(steps, 1), fades)


@pytest.mark.parametrize("std_dev", [True, False])
def test_a_critic_sees_the_other_images_by_their_standard_deviation_only(std_dev):
    keras.utils.set_random_seed(0)
    critic = GrowingDiscriminator(8, CHANNELS[:2], std_dev=std_dev)
    batch = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype(np.float32)
    alone, among = critic(np.repeat(batch[:1], 4, axis=0))[0], critic(batch)[0]
    assert np.allclose(alone, among, atol=1e-6) != std_dev
    again = GrowingDiscriminator.from_config(critic.get_config())
    assert again.count_params() == critic.count_params()


def test_a_schedule_that_starts_at_its_resolution_grows_nothing():
    plan = Schedule(32, (), 600, batch_size=20, first=32)
    assert plan.stage_at(0) == plan.stage_at(29) == 3 and plan.steps == 30
    assert plan.fade_at(0, 3) == 1.0


@pytest.mark.parametrize("steps", [8, 9, 100, 10_007])
def test_a_shared_schedule_has_exactly_the_steps_that_were_asked_for(steps):
    plan = Schedule.shared(32, steps, batch_size=16)
    assert plan.steps == steps
    each = plan.fade_images[0]
    assert {*plan.fade_images, *plan.stable_images[:-1]} == {each} and each >= 16
    assert 2 * each <= plan.stable_images[-1] < 2 * each + 8 * 16


def test_too_few_steps_never_reach_the_last_stage():
    with pytest.raises(SettingError, match="7 steps are too few.* 8 or more reach 32 x 32"):
        Schedule.shared(32, 7, batch_size=16)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"resolution": 28}, "resolution is 28"),
        ({"first": 6}, "resolution is 6"),
        ({"resolution": 8, "first": 16}, "first is 16"),
        ({"fade_images": 15}, "fade_images is 15, which is no multiple of the batch size, 10"),
        ({"stable_images": -10}, "stable_images is -10"),
        ({"stable_images": 10.0}, "stable_images is 10.0"),
        ({"fade_images": (10,)}, "ends before its last stage: fade_images has 1 numbers, and 2"),
        ({"stable_images": (10, 10)}, "ends before its last stage"),
        ({"stable_images": (10, 10, 10, 10)}, "stable_images has 4 numbers; 3"),
        ({"fade_images": 0, "stable_images": (10, 10, 0)}, "no image is shown at 16 x 16"),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_schedules_that_cannot_work_are_refused(arguments, message):
    good = {"resolution": 16, "fade_images": 10, "stable_images": 10, "batch_size": 10}
    with pytest.raises(SettingError, match=message):
        Schedule(**good | arguments)


# --- Training -------------------------------------------------------------------------------------


def test_training_passes_through_all_stages_in_one_fit():
    gan = growing_gan(penalty=Sum(GradientPenalty(10.0), Drift(0.001)), average=0.9)
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: seen.append((gan.stage, round(gan.fade, 2)))
    )
    train(gan, gan.schedule.steps, [note])
    assert seen == [(0, 1.0), (1, 0.0), (1, 0.5), (1, 1.0), (2, 0.0), (2, 0.5), (2, 1.0)]
    assert gan.sample(2).shape == (2, 16, 16, 1) and np.isfinite(gan.log[-1]["generator_loss"])


def test_only_the_parts_of_the_present_stage_are_trained():
    gan = growing_gan()
    before = [w.numpy() for w in gan.generator.weights]
    train(gan, 1)
    used = {
        id(w) for part in (gan.generator.first, gan.generator.to_colors[0]) for w in part.weights
    }
    for weight, old in zip(gan.generator.weights, before, strict=True):
        assert np.array_equal(weight.numpy(), old) == (id(weight) not in used), weight.path


def test_samples_are_of_the_present_stage():
    gan = growing_gan(average=0.9)
    assert gan.sample(3).shape == (3, 4, 4, 1)
    assert train(gan, 2).sample(3).shape == (3, 8, 8, 1)
    assert gan.progress() == "8 x 8, fade 0.50"
    assert np.abs(gan.sample(50)).max() <= 1.0


def test_optimizers_begin_anew_at_each_stage_and_keep_their_rate():
    gan = growing_gan(resolution=8)
    train(gan, 1)  # the whole of stage 0
    assert gan.generator_optimizer.iterations.numpy() == 1
    train(gan, 2)
    assert gan.generator_optimizer.iterations.numpy() == 2  # not 3
    assert gan.discriminator_optimizer.iterations.numpy() == 2
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(1e-3)


def test_the_average_begins_anew_at_each_stage():
    gan = growing_gan(resolution=8, average=0.999)
    start = gan.schedule.starts[1]
    train(gan, start)
    before = [w.numpy() for w in gan._slow_generator.trainable_weights]
    train(gan, 1)
    raw = [w.numpy() for w in gan.generator.trainable_weights]
    for old, new, slow in zip(before, raw, gan._slow_generator.trainable_weights, strict=True):
        np.testing.assert_allclose(slow.numpy(), 0.1 * old + 0.9 * new, atol=1e-6)


def test_compiled_training_is_the_eager_one():
    plan = Schedule(8, 2 * BATCH, BATCH, BATCH)
    found = []
    for eager in (True, False):
        keras.utils.set_random_seed(0)
        gan = GrowingGAN(*networks(resolution=8, channels=(4, 4)), plan, average=0.9)
        gan.compile(run_eagerly=eager)
        small = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1)).astype(np.uint8)
        gan.fit(stream(small, BATCH), steps_per_epoch=plan.steps, verbose=0)
        found.append(everything(gan))
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)


def test_resuming_in_mid_fade_and_at_a_new_stage_is_exact(tmp_path):
    from ganbook.callbacks import RunCheckpoint

    def start():
        return growing_gan(resolution=8, average=0.9)

    never_stopped = train(start(), 4)
    for at in (1, 2):  # stage 1 begins at step 1; at step 2 half of its fade is done
        first = start()
        train(first, at, [RunCheckpoint(tmp_path / str(at), every=1)])
        second = start()
        assert RunCheckpoint(tmp_path / str(at)).restore(second) == at
        train(second, 4 - at)
        np.testing.assert_array_equal(everything(second), everything(never_stopped))
        np.testing.assert_array_equal(second.sample(5), never_stopped.sample(5))


def test_resuming_with_another_schedule_is_refused(tmp_path):
    from ganbook.callbacks import RunCheckpoint

    train(growing_gan(resolution=8), 1, [RunCheckpoint(tmp_path)])
    other = growing_gan(resolution=8, plan=schedule(fade=3 * BATCH, resolution=8))
    before = everything(other)
    with pytest.raises(RunError, match="fade_images"):
        RunCheckpoint(tmp_path).restore(other)
    np.testing.assert_array_equal(everything(other), before)


def test_live_panel_shows_stage_and_fade(capsys):
    from ganbook.callbacks import LivePanel

    train(growing_gan(resolution=8), 2, [LivePanel(seconds=0.0)])
    assert "8 x 8, fade 0.50" in capsys.readouterr().out


def test_a_recipe_with_a_plan_is_built_for_its_length():
    recipe = recipes.recipe_of("01")
    planned = dataclasses.replace(recipe, planned=True, build=lambda seed, steps: (seed, steps))
    assert planned.gan(3, steps=7) == (3, 7)
    assert planned.gan(3) == (3, recipe.steps["standard"])


def test_networks_and_images_must_fit_the_schedule():
    generator, discriminator = networks()
    with pytest.raises(SettingError, match="the generator grows to 16, the schedule to 8"):
        GrowingGAN(generator, discriminator, Schedule(8, 4, 4, 4))
    with pytest.raises(SettingError, match="one step a call"):
        GrowingGAN(generator, discriminator, schedule(), steps_per_call=5)
    with pytest.raises(SettingError, match="2 channel numbers for the 3 stages"):
        GrowingGenerator(16, (4, 4))
    gan = growing_gan()
    small = np.zeros((16, 8, 8, 1), np.uint8)
    with pytest.raises(SettingError, match=r"shape \(4, 8, 8, 1\).*16, 16, 1"):
        gan.fit(stream(small, BATCH), steps_per_epoch=1)


# --- The grown generator --------------------------------------------------------------------------


# Keras 3.15 converts its own variables with np.array when it saves.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_exported_generator_is_an_ordinary_model_with_the_same_images(tmp_path):
    generator, _ = networks()
    grown = generator.grown()
    np.testing.assert_array_equal(grown(latents()), generator(latents()))
    grown.save(tmp_path / "grown.keras")
    loaded = keras.models.load_model(tmp_path / "grown.keras")
    np.testing.assert_array_equal(loaded(latents()), generator(latents()))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_growing_networks_survive_a_file(tmp_path):
    for model, inputs in zip(networks(), (latents(), images()[:4] / 255.0), strict=True):
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(loaded(inputs), model(inputs))
