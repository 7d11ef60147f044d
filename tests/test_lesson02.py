"""What lesson 02 defines in its cells is what the package does; what it says, its rows say."""

import re
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
from keras import layers

import ganbook
from ganbook import recipes
from ganbook.layers import UpSamplingConv2D
from ganbook.models import dcgan

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "02_dcgan.ipynb"


@pytest.fixture(scope="module")
def cells():
    """The names that the lesson's defining cells leave behind."""
    names = {"keras": keras, "layers": layers, "GAN": ganbook.GAN}
    names["UpSamplingConv2D"] = UpSamplingConv2D
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if any(tag.startswith("twin:") for tag in cell.metadata.get("tags", [])):
            found = re.findall(r"^def .*?(?=^\S|\Z)", cell.source, re.MULTILINE | re.DOTALL)
            exec("\n".join(found) or cell.source, names)
    return names


NETWORKS = ["build_generator", "build_discriminator", "build_deep_discriminator"]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(cells, name):
    outputs = []
    for build in (cells[name], getattr(dcgan, name)):
        keras.utils.set_random_seed(3)
        network = build()
        inputs = np.random.default_rng(0).normal(size=(4, *network.input_shape[1:]))
        outputs.append(network(inputs.astype(np.float32)).numpy())
    np.testing.assert_array_equal(*outputs)


def test_the_main_run_is_the_recipe(cells):
    ours, lesson = recipes.recipe_of("02").gan(), cells["gan"]
    for name in ("generator", "discriminator"):
        configs = [getattr(gan, f"{name}_optimizer").get_config() for gan in (ours, lesson)]
        assert configs[0] | {"name": ""} == configs[1] | {"name": ""}
        weights = [getattr(gan, name).get_weights() for gan in (ours, lesson)]
        assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))
    for name in ("average", "steps_per_call", "seed", "update"):
        assert getattr(ours, name) == getattr(lesson, name)
    assert vars(ours.loss_pair) == vars(lesson.loss_pair)
