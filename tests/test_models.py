"""The networks of the lessons: parameter counts, shapes, ranges."""

import keras
import numpy as np
import pytest

from ganbook.models import dcgan, fashion, plane, stacked, vanilla

GENERATORS = [
    (vanilla.build_generator, 114_064, 114_064, (28, 28, 1)),
    (dcgan.build_generator, 1_034_625, 1_034_241, (32, 32, 1)),
    (dcgan.build_transposed_generator, 960_321, 959_937, (32, 32, 1)),
    (fashion.build_generator, 1_926_401, 1_926_017, (28, 28, 1)),
    (fashion.build_report_generator, 1_340_929, 1_340_417, (28, 28, 1)),
    (stacked.build_generator, 417_059, 416_867, (28, 28, 3)),
]
DISCRIMINATORS = [
    (vanilla.build_discriminator, 100_609, (28, 28, 1)),
    (dcgan.build_discriminator, 17_169, (32, 32, 1)),
    (dcgan.build_deep_discriminator, 65_921, (32, 32, 1)),
    (fashion.build_discriminator, 533_505, (28, 28, 1)),
    (fashion.build_report_discriminator, 75_137, (28, 28, 1)),
    (stacked.build_discriminator, 39_073, (28, 28, 3)),
]


def name(value):
    return f"{value.__module__}.{value.__name__}" if callable(value) else ""


@pytest.mark.parametrize("build, parameters, trainable, shape", GENERATORS, ids=name)
def test_generators(build, parameters, trainable, shape):
    keras.utils.set_random_seed(0)
    generator = build()
    assert generator.count_params() == parameters
    assert sum(int(np.prod(w.shape)) for w in generator.trainable_weights) == trainable
    latents = np.random.default_rng(0).normal(size=(2, *generator.input_shape[1:]))
    images = generator(latents.astype(np.float32)).numpy()
    assert images.shape == (2, *shape) and np.abs(images).max() <= 1
    assert not np.array_equal(images[0], images[1])


@pytest.mark.parametrize("build, parameters, shape", DISCRIMINATORS, ids=name)
def test_discriminators(build, parameters, shape):
    discriminator = build()
    assert discriminator.count_params() == parameters
    assert discriminator.input_shape == (None, *shape)
    assert discriminator.output_shape == (None, 1)
    assert getattr(discriminator.layers[-1], "activation", None) in (None, keras.activations.linear)


def test_the_reports_variants_change_what_they_say():
    deep = fashion.build_report_generator(transposed=4)
    assert sum("conv2d_transpose" in layer.name for layer in deep.layers[:-1]) == 4
    assert deep.output_shape == (None, 28, 28, 1)
    bare = fashion.build_report_generator(batch_norm=False)
    assert not any("batch_norm" in layer.name for layer in bare.layers)
    averaged = fashion.build_report_discriminator(pooling="average")
    assert averaged.count_params() == 75_137  # pooling has no weights
    flat = fashion.build_report_discriminator(pooling=None, activation="sigmoid")
    assert flat.count_params() == 75_137 - 128 + 7 * 7 * 128
    assert 0 < float(flat(np.zeros((1, 28, 28, 1)))[0, 0]) < 1


def test_the_gray_image_is_a_convolution_with_a_mirrored_kernel():
    transposed = fashion.build_generator().layers[-1]
    plain = keras.layers.Conv2D(1, 7, padding="same", activation="tanh")
    features = np.random.default_rng(0).normal(size=(2, 28, 28, 64)).astype(np.float32)
    plain.build(features.shape)
    kernel, bias = transposed.get_weights()  # (7, 7, out, in)
    plain.set_weights([kernel[::-1, ::-1].swapaxes(2, 3), bias])
    assert plain.count_params() == transposed.count_params()
    np.testing.assert_allclose(transposed(features), plain(features), atol=1e-5)


@pytest.mark.parametrize("pack, parameters", [(1, 37_537), (2, 39_073), (4, 42_145)])
def test_packs_widen_the_first_layer_only(pack, parameters):
    judge = stacked.build_discriminator(pack)
    assert judge.count_params() == parameters
    assert judge(np.zeros((8, 28, 28, 3), np.float32)).shape == (8 // pack, 1)
    assert plane.build_discriminator(pack=pack)(np.zeros((8, 2), np.float32)).shape == (
        8 // pack,
        1,
    )


def test_the_planes_pair_takes_its_depth():
    for build, ends in ((plane.build_generator, 2), (plane.build_discriminator, 1)):
        deep = build(units=128, hidden=3)
        dense = [layer for layer in deep.layers if isinstance(layer, keras.layers.Dense)]
        assert [layer.units for layer in dense] == [128, 128, 128, ends]
