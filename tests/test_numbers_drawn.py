"""Whatever number a network puts out is drawn and measured as what it is, in 16 bits, too."""

import functools
import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganbook import (
    arrays,
    data,
    features,
    metrics,
    plots,
    randomness,
    recipes,
    runs,
    shipped,
    storage,
)
from ganbook.data import to_uint8
from ganbook.sampling import in_float32, walk
from ganbook.widgets import slider

IMAGES = np.linspace(-1, 1, 4 * 36, dtype=np.float32).reshape(4, 6, 6, 1)
POINTS = np.linspace(-1, 1, 16, dtype=np.float32).reshape(8, 2)
VALUES = np.linspace(0.1, 1.0, 6, dtype=np.float32)
SAID = np.tile(np.linspace(0, 1, 61, dtype=np.float32), (61, 1))
ROW = {
    "lesson": "01", "variant": "a", "steps": 1, "frechet_floor": 1.0, "frechet_distance": VALUES[2],
    "precision": VALUES[0], "recall": VALUES[1], "density": VALUES[2], "coverage": VALUES[3],
}  # fmt: skip


def log_of(kind):
    losses = [kind(value) for value in VALUES]
    return [{"step": i, "discriminator_loss": x, "generator_loss": x} for i, x in enumerate(losses)]


def axes():
    return plots.new_figure(3, 3).subplots()


def drawn_into(function, *arguments):
    """Return the figure that a function drew into."""
    where = axes()
    function(where, *arguments)
    return where.figure


# Each public function that draws, given numbers of one kind.
CASES = {
    "class_shares": lambda k: plots.class_shares({"a": k(VALUES)}, list("abcdef"), "t"),
    "colored": lambda k: plots.colored({"a": k(POINTS), "b": k(POINTS)}, k(POINTS[:, 0])),
    "curves": lambda k: plots.curves(k(VALUES), {"a": k(VALUES)}, "t", "x", "y"),
    "draw_images": lambda k: drawn_into(plots.draw_images, k(IMAGES), 2, "t"),
    "draw_losses": lambda k: drawn_into(plots.draw_losses, log_of(k)),
    "draw_points": lambda k: drawn_into(plots.draw_points, {"a": k(POINTS)}, "t"),
    "draw_samples": lambda k: drawn_into(plots.draw_samples, k(IMAGES), 2, "t"),
    "draw_scene": lambda k: drawn_into(
        plots.draw_scene, k(POINTS), k(SAID), k(POINTS), 1.6, "t"
    ),
    "histograms": lambda k: plots.histograms({"a": (k(VALUES), k(VALUES[3]))}, "x"),
    "image_grid": lambda k: plots.image_grid(k(IMAGES), 2, "t"),
    "loss_curves": lambda k: plots.loss_curves(log_of(k)),
    "loss_panels": lambda k: plots.loss_panels({"a": log_of(k)}),
    "parallel": lambda k: plots.parallel(
        [{"settings": {"rate": 0.1}, "values": [k(v)], "pruned": False} for v in VALUES], "t"
    ),
    "points": lambda k: plots.points({"a": k(POINTS)}, "t", [(k(POINTS[0]), k(POINTS[1]))]),
    "samples": lambda k: plots.samples(k(POINTS)),
    "scenes": lambda k: plots.scenes({"a": (k(POINTS), k(SAID))}, k(POINTS)),
    "scoreboard": lambda k: plots.scoreboard(
        [{n: k(v) if isinstance(v, np.float32) else v for n, v in ROW.items()}], "t"
    ),
    "seeds": lambda k: plots.seeds({"a": [k(v) for v in VALUES]}, "t", "x"),
    "slopes": lambda k: plots.slopes(k(POINTS), k(POINTS), k(SAID), k(POINTS), "t"),
    "tracks": lambda k: plots.tracks({"a": (k(VALUES), k(VALUES))}, "t", "x", "y"),
    "training_panel": lambda k: plots.training_panel(log_of(k), k(IMAGES), 2, "t", "t"),
}  # fmt: skip
# What takes no numbers, or no picture comes of it.
OTHERS = {
    "Picture",
    "gif_of",
    "new_figure",
    "png_of",
    "save_figure",
    "save_gif",
    "show",
    "show_gif",
}
OTHERS |= {"running_mean", "surface", "tile"}
KINDS = {
    "bfloat16 array": lambda x: np.asarray(x).astype(tf.bfloat16.as_numpy_dtype),
    "float16 array": lambda x: np.asarray(x).astype(np.float16),
    "bfloat16 tensor": lambda x: tf.cast(x, tf.bfloat16),
    "float16 tensor": lambda x: tf.cast(x, tf.float16),
    "float32 tensor": tf.constant,
}


def pixels(figure):
    """Return a figure as gray levels."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int).mean(axis=-1)


@functools.cache
def pixels_in_32_bits(name):
    return pixels(CASES[name](lambda x: x))


def test_every_function_that_draws_has_a_case():
    public = {name for name in plots.__all__ if callable(getattr(plots, name))}
    assert CASES.keys() == public - OTHERS
    assert all(inspect.isfunction(getattr(plots, name)) for name in CASES)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_numbers_of_16_bits_are_drawn_like_those_of_32(name, kind):
    expected = pixels_in_32_bits(name)
    found = pixels(CASES[name](KINDS[kind]))
    assert found.shape == expected.shape, "labels of other lengths move the axes"
    assert found.std() > 1
    # Rounding may move a line by a pixel, or a gray level by a few.
    assert np.mean(np.abs(found - expected) > 16) < 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_what_measures_takes_them_too(kind):
    cast, rng = KINDS[kind], np.random.default_rng(0)
    # Such numbers have no rounding.
    exact, other = (rng.integers(-8, 9, (2, 40, 3)) / 8).astype(np.float32)
    for measure in (metrics.frechet_distance_of, metrics.kernel_distance, metrics.prdc):
        assert measure(cast(exact), cast(other)) == measure(exact, other)
    found = metrics.memorization_score(cast(exact), cast(other), cast(exact))
    assert found == metrics.memorization_score(exact, other, exact)
    images = (rng.integers(-8, 9, (3, 28, 28, 1)) / 8).astype(np.float32)
    assert np.array_equal(to_uint8(cast(images)), to_uint8(images))
    assert np.array_equal(features.as_pictures(cast(images)), features.as_pictures(images))
    with pytest.raises(data.DataError, match="float32; to_float scales uint8 ones"):
        data.to_float(cast(images))
    said = plots.surface(lambda places: cast(10.0 * places[:, :1]))
    np.testing.assert_allclose(said, plots.surface(lambda places: 10.0 * places[:, :1]), atol=0.02)
    assert plots.running_mean(cast(VALUES)).dtype == np.float64
    assert plots.tile(cast(images), 3).dtype == np.float32


def test_numbers_that_numpy_knows_stay_as_they_are():
    for dtype in (np.uint8, np.int64, np.float32, np.float64, bool):
        assert arrays.to_numpy(np.ones(3, dtype)).dtype == dtype
    variable = keras.Variable(np.ones(3, np.float32), dtype="bfloat16")
    assert arrays.to_numpy(variable).dtype == np.float32
    assert arrays.to_numpy([tf.ones(2, tf.bfloat16)] * 3).dtype == np.float32


@pytest.fixture(scope="module")
def painters():
    """Lesson 02's trained generator as it is drawn from, built under both policies."""
    made = {}
    for policy in ("float32", "mixed_bfloat16"):
        generator = recipes.recipe_of("02").gan(precision=policy).generator
        storage.load_into(generator, shipped.generator_file("lesson02_mnist_generator.npz"))
        made[policy] = in_float32(generator)
        assert generator.layers[0].compute_dtype == policy.removeprefix("mixed_")
    return made


def test_lesson_02s_walks_are_the_same_pictures_under_both_policies(painters):
    ends = randomness.normal((2, 100), randomness.key(1, 0, "walk")).numpy()
    ways = walk(*ends, 12)
    walks = {name: painter(ways, training=False).numpy() for name, painter in painters.items()}
    levels = [to_uint8(images).astype(int) for images in walks.values()]
    assert np.abs(levels[0] - levels[1]).max() <= 2
    assert all(images.std() > 0.3 for images in walks.values()), "black, or nearly"
    shown = [pixels(plots.image_grid(images, 12)) for images in walks.values()]
    assert np.abs(shown[0] - shown[1]).max() <= 2
    values = [slider(images).children[1].value for images in walks.values()]
    assert values[0] == values[1]


def test_a_copy_in_float32_has_every_layer_in_float32_and_the_same_weights():
    for lesson in ("04", "05", "07"):
        generator = recipes.recipe_of(lesson).gan(precision="mixed_bfloat16").generator
        copy = in_float32(generator)
        assert {layer.compute_dtype for layer in copy._flatten_layers()} == {"float32"}
        for one, other in zip(copy.get_weights(), generator.get_weights(), strict=True):
            assert np.array_equal(one, other)


def test_a_run_under_bfloat16_is_drawn_in_its_folder(tmp_path):
    data_ = data.load_data("toy_digits", size=32)
    gan = runs.train(
        recipes.recipe_of("02"), data_, preset="quick", steps=1, folder=tmp_path,
        precision="mixed_bfloat16",
    )  # fmt: skip
    from PIL import Image

    assert np.asarray(Image.open(tmp_path / "samples.png").convert("L")).std() > 5
    assert gan.sample(2).dtype == np.float32
