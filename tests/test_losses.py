"""Losses against hand-computed values and closed forms."""

import math

import numpy as np
import pytest
import tensorflow as tf

from ganbook import losses
from ganbook.errors import SettingError

REAL = np.array([[1.0], [-2.0]], np.float32)
FAKE = np.array([[0.5], [-1.0]], np.float32)


def softplus(x):
    return math.log1p(math.exp(x))


def mean(values):
    return sum(values) / len(values)


EXPECTED = {
    # name: (discriminator, generator) by the formulas of the papers, in plain Python
    "minimax": (
        mean([softplus(-1), softplus(2)]) + mean([softplus(0.5), softplus(-1)]),
        -mean([softplus(0.5), softplus(-1)]),
    ),
    "non_saturating": (
        mean([softplus(-1), softplus(2)]) + mean([softplus(0.5), softplus(-1)]),
        mean([softplus(-0.5), softplus(1)]),
    ),
    "least_squares": (
        0.5 * mean([0.0, 9.0]) + 0.5 * mean([0.25, 1.0]),
        0.5 * mean([0.25, 4.0]),
    ),
    "wasserstein": (-0.25 - -0.5, 0.25),
    "hinge": (mean([0.0, 3.0]) + mean([1.5, 0.0]), 0.25),
    "relativistic": (
        mean([softplus(-0.5), softplus(1)]),
        mean([softplus(0.5), softplus(-1)]),
    ),
}


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_values_by_hand(name):
    pair = losses.get(name)
    discriminator, generator = EXPECTED[name]
    assert float(pair.discriminator(REAL, FAKE)) == pytest.approx(discriminator, rel=1e-6)
    assert float(pair.generator(FAKE, REAL)) == pytest.approx(generator, rel=1e-6)


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_no_opinion_is_what_outputs_of_zero_cost(name):
    pair, zeros = losses.get(name), np.zeros((4, 1), np.float32)
    costs = {float(pair.discriminator(zeros, zeros)), float(pair.generator(zeros, zeros))}
    assert sorted(losses.levels(pair).values()) == pytest.approx(sorted(costs))


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_eager_graph_and_xla_agree(name):
    pair = losses.get(name)

    def both(real, fake):
        return pair.discriminator(real, fake), pair.generator(fake, real)

    eager = np.array(both(REAL, FAKE))
    graph = np.array(tf.function(both)(REAL, FAKE))
    xla = np.array(tf.function(both, jit_compile=True)(REAL, FAKE))
    np.testing.assert_allclose(graph, eager, rtol=1e-5)
    np.testing.assert_allclose(xla, eager, rtol=1e-5)


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_float32_scalars_for_any_shape_of_output(name):
    pair = losses.get(name)
    patches = tf.cast(tf.ones((4, 3, 3, 1)), tf.bfloat16)
    for value in (pair.discriminator(patches, -patches), pair.generator(patches, patches)):
        assert value.dtype == tf.float32 and value.shape == ()


def test_zero_logits_mean_that_the_discriminator_knows_nothing():
    zeros = tf.zeros((8, 1))
    pair = losses.get("non_saturating")
    assert float(pair.discriminator(zeros, zeros)) == pytest.approx(2 * math.log(2), rel=1e-6)
    assert float(pair.generator(zeros)) == pytest.approx(math.log(2), rel=1e-6)


def test_extreme_logits_stay_finite():
    pair = losses.get("non_saturating")
    assert float(pair.generator(tf.constant([[-1000.0]]))) == 1000.0
    assert float(pair.discriminator([[1000.0]], [[-1000.0]])) == 0.0


def gradient(loss, logits):
    logits = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = loss(logits)
    return tape.gradient(value, logits).numpy()


def test_minimax_starves_the_generator_and_non_saturating_does_not():
    hopeless = [[-20.0]]  # the discriminator is sure that it sees a fake
    assert abs(gradient(losses.get("minimax").generator, hopeless)) < 1e-8
    assert gradient(losses.get("non_saturating").generator, hopeless) == pytest.approx(-1.0)


def test_one_sided_smoothing_has_its_minimum_at_the_logit_of_the_label():
    pair = losses.NonSaturating(real_label=0.9)
    best = tf.fill((1, 1), math.log(9.0))
    loss = lambda a: pair.discriminator(a, tf.fill((1, 1), -50.0))  # noqa: E731
    assert gradient(loss, best) == pytest.approx(0.0, abs=1e-6)
    entropy = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    assert float(loss(best)) == pytest.approx(entropy, rel=1e-5)


def test_probabilities_give_the_loss_of_their_logits():
    settings = {"real_label": 0.9, "fake_label": 0.1, "generator_label": 0.8}
    on_logits = losses.NonSaturating(**settings)
    on_probabilities = losses.NonSaturating(**settings, from_logits=False)
    real, fake = tf.sigmoid(REAL), tf.sigmoid(FAKE)
    assert float(on_probabilities.discriminator(real, fake)) == pytest.approx(
        float(on_logits.discriminator(REAL, FAKE)), rel=1e-5
    )
    assert float(on_probabilities.generator(fake)) == pytest.approx(
        float(on_logits.generator(FAKE)), rel=1e-5
    )


def test_certain_and_wrong_probabilities_stay_finite():
    pair = losses.NonSaturating(from_logits=False)
    assert np.isfinite(float(pair.discriminator([[0.0]], [[1.0]])))


def test_flips_with_probability_one_swap_the_labels():
    flipped = losses.NonSaturating(real_label=0.9, fake_label=0.2, flip_labels=1.0)
    swapped = losses.NonSaturating(real_label=0.2, fake_label=0.9)
    seed = tf.constant([1, 2])
    assert float(flipped.discriminator(REAL, FAKE, seed=seed)) == pytest.approx(
        float(swapped.discriminator(REAL, FAKE)), rel=1e-6
    )


def test_flips_are_drawn_for_each_sample_and_each_key():
    pair = losses.NonSaturating(flip_labels=0.1)
    count = 20_000
    real, fake = tf.fill((count, 1), 10.0), tf.fill((count, 1), -10.0)
    # A sample costs 10 where it is flipped and (nearly) nothing where it is not.
    first = float(pair.discriminator(real, fake, seed=tf.constant([0, 1]))) / 10.0
    second = float(pair.discriminator(real, fake, seed=tf.constant([1, 1]))) / 10.0
    assert first == pytest.approx(0.2, abs=0.015)
    assert first != second
    only_real = float(pair.discriminator(real, fake * 0, seed=tf.constant([0, 1])))
    only_fake = float(pair.discriminator(real * 0, fake, seed=tf.constant([0, 1])))
    assert only_real != only_fake  # real and fake samples do not flip together


def test_no_flip_needs_no_seed_and_a_flip_does():
    losses.NonSaturating().discriminator(REAL, FAKE)
    with pytest.raises(SettingError, match="seed"):
        losses.NonSaturating(flip_labels=0.5).discriminator(REAL, FAKE)


def test_bad_settings_are_named():
    with pytest.raises(SettingError, match="'wassertein'.*wasserstein"):
        losses.get("wassertein")
    with pytest.raises(SettingError, match="real_label is 1.5"):
        losses.NonSaturating(real_label=1.5)
    with pytest.raises(SettingError, match="generator"):
        losses.get(object.__new__(type("Half", (), {"discriminator": lambda *a: 0})))
    with pytest.raises(SettingError, match="real_logits"):
        losses.get("relativistic").generator(FAKE)
