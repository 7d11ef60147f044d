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


def test_several_steps_a_call_are_refused(found):
    for devices in ("one", "two"):
        assert "steps_per_call is 2; under a tf.distribute strategy" in found["refused"][devices]


def test_a_strategy_of_one_device_changes_nothing(found):
    """MirroredStrategy() on a machine with one GPU, or none."""
    for way in found["one device"].values():
        assert way["weights"] < 1e-6 and way["losses"] < 1e-6 and way["moved"] > 1e-2


def test_without_a_strategy_there_is_one_replica():
    assert distributed.replicas() == 1
    key = randomness.key(0, 0, "x")
    rows = distributed.own_rows(randomness.normal, (3, 2), key)
    tf.debugging.assert_equal(rows, randomness.normal((3, 2), key))
    gradients = [tf.constant(2.0), None]
    assert distributed.share_of(gradients) is distributed.mean(gradients) is gradients
