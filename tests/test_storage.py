"""Weights in a file: they come back as they were, or rounded once where that was asked for."""

import helpers
import numpy as np
import pytest

from ganbook import storage
from ganbook.errors import RunError


def test_weights_and_record_come_back(tmp_path):
    generator, _ = helpers.stateful_pair(seed=0)
    other, _ = helpers.stateful_pair(seed=1)
    path = storage.save(tmp_path / "g.npz", generator, {"lesson": "01"})
    assert storage.load_into(other, path) == {"lesson": "01"}
    for ours, theirs in zip(generator.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_half_rounds_kernels_and_leaves_vectors(tmp_path):
    generator, _ = helpers.stateful_pair(seed=0)
    weights = [np.full_like(w, 1e-7) if w.ndim == 1 else w for w in generator.get_weights()]
    generator.set_weights(weights)  # 1e-7 is nearly 0 in float16
    path = storage.save(tmp_path / "g.npz", generator, {}, half=True)
    storage.load_into(generator, path)
    for before, after in zip(weights, generator.get_weights(), strict=True):
        assert after.dtype == np.float32
        expected = before if before.ndim == 1 else before.astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(after, expected)
    storage.save(tmp_path / "again.npz", generator, {}, half=True)
    with np.load(tmp_path / "g.npz") as one, np.load(tmp_path / "again.npz") as two:
        assert all(np.array_equal(one[name], two[name]) for name in one.files)  # rounded once


def test_other_shapes_and_damage_are_named(tmp_path):
    generator, discriminator = helpers.stateful_pair()
    path = storage.save(tmp_path / "g.npz", generator, {})
    with pytest.raises(RunError, match="this network needs"):
        storage.load_into(discriminator, path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunError, match="are damaged"):
        storage.load_into(generator, path)
    with pytest.raises(RunError, match="there are no weights at"):
        storage.load_into(generator, tmp_path / "none.npz")
