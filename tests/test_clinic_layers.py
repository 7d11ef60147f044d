"""Layers against collapse and against few images, on arrays made by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import IMAGE, everything, gan_of, train

from ganbook import randomness
from ganbook.errors import SettingError
from ganbook.layers import DiffAugment, MinibatchDiscrimination, Packing


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# --- MinibatchDiscrimination ----------------------------------------------------------------------


def discrimination(tensor):
    """A layer with this tensor T, (features, kernels, kernel_size)."""
    layer = MinibatchDiscrimination(*tensor.shape[1:])
    layer.build((None, tensor.shape[0]))
    layer.set_weights([tensor])
    return layer


def test_closeness_by_hand():
    """One feature, T = 1 for the first kernel and (1, -1) / 2 for the second: |x - y| for both."""
    tensor = np.array([[[1.0, 0.0], [0.5, -0.5]]], np.float32)
    x = np.array([[0.0], [np.log(2.0)], [np.log(4.0)]], np.float32)
    found = discrimination(tensor)(x).numpy()
    np.testing.assert_array_equal(found[:, :1], x)  # the features come first
    # Distances ln 2, ln 4 and ln 2: closeness 1/2, 1/4 and 1/2, itself left out.
    np.testing.assert_allclose(found[:, 1], [0.75, 1.0, 0.75], rtol=1e-6)
    np.testing.assert_allclose(found[:, 2], [0.75, 1.0, 0.75], rtol=1e-6)


def test_samples_that_are_alike_are_as_close_as_can_be():
    layer = discrimination(normal(4, 3, 2))
    np.testing.assert_allclose(layer(np.ones((5, 4), np.float32))[:, 4:], 4.0, rtol=1e-6)
    assert layer(100.0 * normal(5, 4, seed=1))[:, 4:].numpy().max() < 1e-3
    np.testing.assert_array_equal(layer(normal(1, 4))[:, 4:], 0.0)  # alone


def test_each_number_belongs_to_its_sample():
    layer, x = discrimination(normal(4, 3, 2)), normal(6, 4, seed=1)
    order = [3, 1, 5, 0, 4, 2]
    np.testing.assert_allclose(layer(x[order]), layer(x).numpy()[order], rtol=1e-5)


def test_discrimination_has_one_weight_and_no_bias():
    layer = discrimination(normal(4, 3, 2))
    assert [tuple(weight.shape) for weight in layer.weights] == [(4, 3, 2)]
    assert layer.compute_output_shape((None, 4)) == (None, 7)


# --- Packing --------------------------------------------------------------------------------------


def test_packs_hold_neighbors_as_channels():
    x = normal(6, 2, 3, 2)
    packs = Packing(3)(x).numpy()
    assert packs.shape == (2, 2, 3, 6)
    np.testing.assert_array_equal(packs[0], np.concatenate(x[:3], axis=-1))
    np.testing.assert_array_equal(packs[1], np.concatenate(x[3:], axis=-1))
    points = normal(4, 2)
    np.testing.assert_array_equal(Packing(2)(points), points.reshape(2, 4))


def test_a_packed_discriminator_trains_like_any_other():
    def pair(seed=0):
        from helpers import dense_pair

        generator, _ = dense_pair(seed=seed)
        layers = [Packing(2), keras.layers.Flatten(), keras.layers.Dense(1)]
        return generator, keras.Sequential([keras.Input(IMAGE), *layers])

    gan = train(gan_of(pair), 3)
    assert gan.discriminator.output_shape == (None, 1) and gan.trouble is None
    assert gan.discriminator(normal(8, *IMAGE)).shape == (4, 1)


# --- DiffAugment ----------------------------------------------------------------------------------

POLICIES = ["color", "translation", "cutout", "color,translation,cutout"]


def augmented(policy, images, seed=0, **options):
    return DiffAugment(policy, seed=seed, **options)(images, training=True).numpy()


@pytest.mark.parametrize("policy", POLICIES)
def test_nothing_is_changed_outside_training(policy):
    x = normal(3, 8, 8, 1)
    np.testing.assert_array_equal(DiffAugment(policy)(x), x)


def test_gray_images_keep_their_pattern_under_color():
    """Brightness and contrast: a x + b for each image, 0.5 <= a < 1.5."""
    x = normal(20, 8, 8, 1)
    factors = []
    for before, after in zip(x, augmented("color", x), strict=True):
        factor, shift = np.polyfit(before.ravel(), after.ravel(), 1)
        np.testing.assert_allclose(after, factor * before + shift, atol=1e-5)
        factors.append(factor)
    assert 0.5 <= min(factors) < 0.8 and 1.2 < max(factors) < 1.5


def test_saturation_moves_colors_towards_gray_or_away():
    x = normal(1, 4, 4, 3)
    y = augmented("color", x)
    spread = [np.ptp(image - image.mean(axis=-1, keepdims=True)) for image in (x, y)]
    assert spread[0] != pytest.approx(spread[1], rel=0.01)


def test_translation_moves_by_whole_pixels_and_fills_with_black():
    x = np.full((200, 16, 16, 1), 0.5, np.float32)
    x[:, 8, 8] = 1.0
    y = augmented("translation", x)
    rows, columns = np.nonzero(y[..., 0] == 1.0)[1:]
    assert set(rows) == set(columns) == {6, 7, 8, 9, 10}  # an eighth of 16 is 2
    assert len(set(zip(rows, columns, strict=True))) == 25
    for image, row, column in zip(y[..., 0], rows, columns, strict=True):
        filled = 256 - (16 - abs(row - 8)) * (16 - abs(column - 8))
        assert np.sum(image == -1.0) == filled


def test_cutout_covers_a_square_of_half_the_side():
    y = augmented("cutout", np.zeros((200, 16, 16, 1), np.float32))
    covered = (y == -1.0).sum(axis=(1, 2, 3))
    assert covered.max() == 64 and covered.min() < 40  # inside, and over an edge
    assert set(np.unique(y)) == {-1.0, 0.0}


@pytest.mark.parametrize("policy", POLICIES)
def test_every_image_has_draws_of_its_own_and_every_call_other_ones(policy):
    layer = DiffAugment(policy, seed=0)
    same = np.repeat(normal(1, 16, 16, 1), 8, axis=0)
    first, second = (layer(same, training=True).numpy() for _ in range(2))
    assert len({image.tobytes() for image in first}) > 5
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(augmented(policy, same), first)  # the seed decides


@pytest.mark.parametrize("policy", POLICIES)
def test_gradients_pass_through_what_is_left(policy):
    layer, x = DiffAugment(policy, seed=0), tf.constant(normal(4, 8, 8, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x, training=True))
    gradient = tape.gradient(total, x).numpy()
    assert np.isfinite(gradient).all() and (np.abs(gradient).sum(axis=(1, 2, 3)) > 0).all()


def test_draws_are_those_of_the_key_for_a_size_known_or_not():
    """Of gray images that are of one level each, color changes the brightness only."""
    x = np.zeros((5, 4, 4, 1), np.float32)
    key = tf.cast(keras.random.SeedGenerator(3).next(), tf.int32)
    expected = np.broadcast_to(randomness.uniform((5, 1, 1, 1), key) - 0.5, x.shape)
    np.testing.assert_allclose(augmented("color", x, seed=3), expected, atol=1e-6)
    layer, unknown = DiffAugment("color", seed=3), tf.TensorSpec((None, 4, 4, 1))
    change = tf.function(lambda images: layer(images, training=True), input_signature=[unknown])
    np.testing.assert_allclose(change(x), expected, atol=1e-6)


def test_a_gan_keys_the_draws_by_seed_and_step():
    def pair(seed=0):
        from helpers import dense_pair

        generator, discriminator = dense_pair(seed=seed)
        front = [keras.Input(IMAGE), DiffAugment("color,translation")]
        return generator, keras.Sequential([*front, *discriminator.layers])

    twice = [everything(train(gan_of(pair), 3)) for _ in range(2)]
    np.testing.assert_array_equal(*twice)


@pytest.mark.parametrize("policy", ["colour", "", "color,flip", ()])
def test_unknown_policies_are_refused(policy):
    with pytest.raises(SettingError, match="name one or more of color, translation, cutout"):
        DiffAugment(policy)


# --- All of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: MinibatchDiscrimination(0, 5), "kernels is 0"),
        (lambda: MinibatchDiscrimination(5, 1.5), "kernel_size is 1.5"),
        (lambda: Packing(1), "count is 1"),
        (lambda: Packing(3)(np.zeros((8, 2), np.float32)), "a batch of 8 .* packs of 3"),
    ],
)
def test_sizes_that_cannot_work_are_refused(make, message):
    with pytest.raises(SettingError, match=message):
        make()


# Keras 3.15 converts its own variables with np.array when it saves.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(
    "layer, shape",
    [
        (MinibatchDiscrimination(3, 2), (4,)),
        (Packing(2), (4, 4, 1)),
        (DiffAugment("color", fill=0.0, seed=3), (4, 4, 1)),
    ],
)
def test_layer_in_a_file_in_a_graph_and_under_xla(layer, shape, tmp_path):
    model, x = keras.Sequential([keras.Input(shape), layer]), normal(4, *shape)
    expected = model(x).numpy()
    for xla in (False, True):
        np.testing.assert_allclose(tf.function(model, jit_compile=xla)(x), expected, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), expected)
    assert loaded.layers[0].get_config() == layer.get_config()
