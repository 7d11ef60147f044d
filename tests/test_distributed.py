"""On two devices a batch gives the same update as on one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
import two_devices

from ganbook import distributed, randomness


@pytest.fixture(scope="module")
def found():
    """What a process with two logical CPUs prints."""
    script = Path(__file__).parent / "two_devices.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("way", two_devices.WAYS)
def test_two_devices_train_as_one(found, way):
    assert found[way]["weights"] < 1e-5 and found[way]["losses"] < 1e-5
    assert found[way]["moved"] > 1e-2


@pytest.mark.parametrize("where", ["not in a replica", "unknown size"])
def test_augmentation_of_a_batch_is_that_of_one_device(found, where):
    assert found["augmented"][where] < 1e-6


@pytest.mark.parametrize("layer", two_devices.COMPARING)
def test_layers_that_compare_samples_do_so_within_a_devices_share(found, layer):
    """Their docstrings say so; the whole batch would give other numbers."""
    assert found["comparing"][layer]["halves"] < 1e-6
    assert found["comparing"][layer]["whole"] > 1e-2


def test_several_steps_a_call_are_refused(found):
    for devices in ("one", "two"):
        assert "steps_per_call is 2; under a tf.distribute strategy" in found["refused"][devices]


def test_a_batch_that_cannot_be_shared_out_is_refused(found):
    assert "a batch of 7 cannot be shared out equally to 2 devices" in found["refused"]["unequal"]


def test_several_critic_steps_meet_the_images_in_another_order(found):
    """As GAN's docstring says: as far as it should, but not the same."""
    assert 1e-4 < found["critic steps"]["weights"] < 2 * found["critic steps"]["moved"]


def test_a_strategy_of_one_device_changes_nothing(found):
    """MirroredStrategy() on a machine with one GPU, or none."""
    way = found["one device"]
    assert way["weights"] < 1e-6 and way["losses"] < 1e-6 and way["moved"] > 1e-2


def test_without_a_strategy_there_is_one_replica():
    assert distributed.replicas() == 1
    key = randomness.key(0, 0, "x")
    rows = distributed.own_rows(randomness.normal, (3, 2), key)
    tf.debugging.assert_equal(rows, randomness.normal((3, 2), key))
    gradients = [tf.constant(2.0), None]
    assert distributed.share_of(gradients) is distributed.mean(gradients) is gradients
