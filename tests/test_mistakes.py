"""The mistakes do what the lessons say about them, and no more."""

import math

import numpy as np
import pytest
import tensorflow as tf

from ganbook import randomness
from ganbook.errors import SettingError
from ganbook.losses import NonSaturating
from ganbook.mistakes import NoisyLabels, PersistentFlips

REAL, FAKE = tf.constant([[2.0], [-1.0]]), tf.constant([[0.5], [1.5]])


def key(step):
    return randomness.key(0, step, "labels 0")


def test_flips_persist_and_reverse_the_roles_half_of_the_time():
    flips = PersistentFlips(NonSaturating(), 0.1)
    changes = np.diff(flips.swapped.astype(int)) != 0
    assert changes.mean() == pytest.approx(0.1, abs=0.01)
    assert flips.swapped.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_both_players_labels_are_swapped(probability):
    straight = NonSaturating(real_label=0.9, fake_label=0.1)
    crossed = NonSaturating(real_label=0.1, fake_label=0.9, generator_label=0.0)
    flips = PersistentFlips(straight, probability)  # 1.0: swapped at steps 0, 2, 4, ...
    for step in range(4):
        meant = crossed if probability and step % 2 == 0 else straight
        found = flips.discriminator(REAL, FAKE, seed=key(step))
        assert float(found) == pytest.approx(float(meant.discriminator(REAL, FAKE)), abs=1e-6)
        found = flips.generator(FAKE, seed=key(step))
        assert float(found) == pytest.approx(float(meant.generator(FAKE)), abs=1e-6)


def test_labels_above_one_let_the_loss_fall_below_zero_and_clipping_stops_it():
    fakes_only = tf.fill((64, 1), 400.0)
    noisy = NoisyLabels().discriminator(tf.zeros((64, 1)), fakes_only, seed=key(0))
    assert float(noisy) < -4.0  # half of -0.025 x 400, and half of ln 2
    clipped = NoisyLabels(clipped=True).discriminator(tf.zeros((64, 1)), fakes_only, seed=key(0))
    assert float(clipped) == pytest.approx(math.log(2) / 2, abs=1e-5)


def test_outputs_of_zero_give_ln_2_to_both_players():
    nothing = tf.zeros((8, 1))
    noisy = NoisyLabels()
    assert float(noisy.discriminator(nothing, nothing, seed=key(0))) == pytest.approx(math.log(2))
    assert float(noisy.generator(nothing)) == pytest.approx(math.log(2))


def test_bad_use_is_named():
    with pytest.raises(SettingError, match=r"probability is 1\.5"):
        PersistentFlips(NonSaturating(), 1.5)
    for loss in (PersistentFlips(NonSaturating(), 0.1), NoisyLabels()):
        with pytest.raises(SettingError, match="seed="):
            loss.discriminator(REAL, FAKE)
