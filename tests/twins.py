"""What a lesson defines in its cells, held to its twin in the package (invariant 6)."""

import re
from pathlib import Path

import keras
import nbformat
import numpy as np
from helpers import flat

from ganbook import description

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def names_of(notebook, **names):
    """Return the names that the cells tagged "twin:…" of a notebook leave behind.

    Of a cell with functions only these are run, without the demonstration after them: that needs
    the lesson's data. ``names`` are what the cells find imported.
    """
    for cell in nbformat.read(NOTEBOOKS / notebook, as_version=4).cells:
        if any(tag.startswith("twin:") for tag in cell.metadata.get("tags", [])):
            functions = re.findall(r"^def .*?(?=^\S|\Z)", cell.source, re.MULTILINE | re.DOTALL)
            exec("\n".join(functions) or cell.source, names)
    return names


def same_network(lessons, ours, **options):
    """Assert that two functions build networks that are equal, weights and outputs."""
    outputs = []
    for build in (lessons, ours):
        keras.utils.set_random_seed(3)
        network = build(**options)
        inputs = np.random.default_rng(0).normal(size=(4, *network.input_shape[1:]))
        outputs.append(network(inputs.astype(np.float32)).numpy())
    np.testing.assert_array_equal(*outputs)


def same_gan(lesson, ours):
    """Assert that two untrained GANs train in the same way from the same weights."""
    assert description.differences(ours.description(), lesson.description()) == []
    for name in ("generator", "discriminator"):
        weights = [flat(getattr(gan, name).weights) for gan in (ours, lesson)]
        np.testing.assert_array_equal(*weights)
