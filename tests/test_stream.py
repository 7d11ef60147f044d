"""Streams of batches: a function of (array, seed, element), in epochs that are permutations."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from ganbook import data
from ganbook.stream import stream


def elements(dataset, count):
    return [element.numpy() for element in itertools.islice(dataset, count)]


def test_it_is_the_stream_of_the_data_module():
    assert data.stream is stream


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"batch_size": 4}, (4, 6, 5, 1)),
        ({"batch_size": 4, "discriminator_steps": 5}, (20, 6, 5, 1)),
        ({"batch_size": 4, "steps_per_call": 3}, (3, 4, 6, 5, 1)),
        ({"batch_size": 4, "discriminator_steps": 2, "steps_per_call": 3}, (3, 8, 6, 5, 1)),
        ({"batch_size": 4, "steps_per_call": 3, "stack": 3}, (3, 4, 6, 5, 3)),
    ],
)
def test_shape_of_an_element(settings, shape):
    images = np.arange(7 * 30).reshape(7, 6, 5, 1).astype(np.uint8)
    dataset = stream(images, **settings)
    assert dataset.element_spec == tf.TensorSpec(shape, tf.uint8)
    assert elements(dataset, 1)[0].shape == shape


@pytest.mark.parametrize(
    ("given", "served"),
    [(np.uint8, "uint8"), (np.float32, "float32"), (np.float64, "float32"), (np.int64, "int64")],
)
def test_values_are_passed_on_as_they_are(given, served):
    array = np.array([[0, 1], [254, 255]], given)
    element = elements(stream(array, 2), 1)[0]
    assert element.dtype == served
    assert sorted(map(tuple, element)) == [(0, 1), (254, 255)]


@pytest.mark.parametrize("count", [1, 2, 3, 10, 64, 257, 1999, 2000, 2500])
def test_an_epoch_holds_each_example_once_and_runs_on_across_batches(count):
    epochs, batch = 6, max(7, count // 9)
    batches = elements(stream(np.arange(count), batch, seed=5), -(-epochs * count // batch))
    order = np.concatenate(batches)[: epochs * count].reshape(epochs, count)
    for epoch in order:
        assert sorted(epoch) == list(range(count))
    if count >= 10:
        assert len({tuple(epoch) for epoch in order}) == epochs


def test_a_batch_may_be_larger_than_the_data():
    (batch,) = elements(stream(np.arange(3), 10), 1)
    assert np.bincount(batch).sum() == 10 and np.bincount(batch).min() >= 3


def test_the_grouping_does_not_change_the_order():
    """K steps in a call see the examples that K calls of one step see."""
    single = np.concatenate(elements(stream(np.arange(50), 4, seed=3), 12))
    grouped = np.concatenate(elements(stream(np.arange(50), 4, 1, 6, seed=3), 2))
    repeated = np.concatenate(elements(stream(np.arange(50), 2, 2, seed=3), 12))
    np.testing.assert_array_equal(grouped.reshape(-1), single)
    np.testing.assert_array_equal(repeated, single)


def test_skip_enters_where_a_run_stopped():
    dataset = stream(np.arange(1000), 64, steps_per_call=2, seed=9)
    unbroken = elements(dataset, 40)
    for start in (0, 1, 17, 39):
        np.testing.assert_array_equal(elements(dataset.skip(start), 1)[0], unbroken[start])
    np.testing.assert_array_equal(elements(dataset.skip(10).skip(7), 1)[0], unbroken[17])


def test_skip_computes_nothing_that_it_passes_over():
    # Computed one by one, twenty million elements would take hours.
    for count in (100, 5000):
        (far,) = elements(stream(np.arange(count), 64, seed=1).skip(20_000_000), 1)
        assert far.shape == (64,) and len(set(far)) >= 32


def test_the_seed_decides():
    array = np.arange(1000)
    first, again, other = (elements(stream(array, 100, seed=s), 1)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first == other).mean() < 0.1
    large = elements(stream(array, 100, seed=2**70), 1)[0]
    assert sorted(large) != sorted(first)


def test_the_order_is_pinned():
    """Resumed runs and recorded results depend on it, in every version of TensorFlow."""
    few = elements(stream(np.arange(10), 10, seed=0), 2)
    assert few[0].tolist() == [1, 8, 5, 7, 2, 0, 6, 9, 3, 4]
    assert few[1].tolist() == [6, 9, 5, 8, 3, 4, 7, 0, 2, 1]
    many = stream(np.arange(60_000), 6, seed=0)
    first, second_epoch = elements(many, 1) + elements(many.skip(10_000), 1)
    assert first.tolist() == [56113, 13407, 12691, 49074, 25777, 7703]
    assert second_epoch.tolist() == [20285, 48630, 7022, 53638, 7320, 36420]


@pytest.mark.parametrize("count", [1024, 4096])
def test_orders_look_random(count):
    """TensorFlow's own index_shuffle with a counter as its seed fails each of these."""
    epochs = 60
    order = np.concatenate(elements(stream(np.arange(count), count, seed=7), epochs))
    order = order.reshape(epochs, count).astype(float)
    # Correlations of independent orders have this standard deviation.
    between = np.corrcoef(order)[np.triu_indices(epochs, 1)]
    assert np.abs(between).max() < 5 / count**0.5
    neighbors = np.corrcoef(order[:, 1:].ravel(), order[:, :-1].ravel())[0, 1]
    assert abs(neighbors) < 5 / (epochs * count) ** 0.5
    # Means of batches spread as those of random batches do.
    spread = order.reshape(-1, 64).mean(axis=1).std()
    assert spread == pytest.approx(count / 12**0.5 / 8, rel=0.08)
    # Steps from neighbor to neighbor are spread evenly: 10 bins, 9 degrees of freedom.
    steps = np.histogram(np.diff(order, axis=1) % count, bins=10, range=(0, count))[0]
    expected = steps.sum() / 10
    assert ((steps - expected) ** 2 / expected).sum() < 60


@pytest.mark.parametrize("count", [100, 2048])
def test_many_epochs_have_as_many_orders(count):
    """One word of the op's seed has 256 values, so it alone would repeat itself."""
    order = elements(stream(np.arange(count), count, 1, 300, seed=0), 1)[0]
    assert len({tuple(epoch[:10]) for epoch in order}) == 300


def test_stacked_channels_are_shuffled_independently():
    images = np.arange(50, dtype=np.uint8).reshape(50, 1, 1, 1)
    channels = np.concatenate(elements(stream(images, 50, stack=3), 4)).reshape(4, 50, 3)
    for epoch in channels:
        for channel in range(3):
            assert sorted(epoch[:, channel]) == list(range(50))
        assert (epoch[:, 0] == epoch[:, 1]).mean() < 0.2
        assert (epoch[:, 1] == epoch[:, 2]).mean() < 0.2


def test_stacking_keeps_pictures_whole():
    images = np.zeros((5, 2, 3, 1), np.uint8)
    images[...] = np.arange(6).reshape(2, 3, 1) + 10 * np.arange(5).reshape(5, 1, 1, 1)
    (batch,) = elements(stream(images, 8, stack=3), 1)
    np.testing.assert_array_equal(batch % 10, np.broadcast_to(images[:1], (8, 2, 3, 3)))
    assert (batch // 10 == batch[:, :1, :1] // 10).all()


def test_a_change_of_the_array_does_not_reach_the_stream():
    array = np.zeros((4, 2), np.float32)
    dataset = stream(array, 4)
    array[:] = 1
    assert elements(dataset, 1)[0].max() == 0


def test_options():
    options = stream(np.arange(4), 2).options()
    assert options.deterministic is True
    assert options.autotune.enabled is False


@pytest.mark.parametrize("name", ["batch_size", "discriminator_steps", "steps_per_call", "stack"])
@pytest.mark.parametrize("value", [0, -5, 2.0, "3", None, True])
def test_a_count_that_cannot_be(name, value):
    settings = {"batch_size": 2, name: value}
    with pytest.raises(ValueError, match=f"^{name} is {value!r}; .*1 or more"):
        stream(np.zeros((4, 2, 2, 1), np.uint8), **settings)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((0, 28, 28, 1), np.uint8), "shape .0, 28, 28, 1.*1 example"),
        (np.zeros((3, 0), np.uint8), "shape .3, 0"),
        (np.float32(3), "shape"),
        (np.zeros((3, 2), bool), "dtype bool"),
        (np.array(["a", "b"]), "dtype <U1"),
        (np.array([1 + 2j]), "dtype complex"),
        (np.array([1.0, np.nan]), "NaN"),
        (np.array([1.0, np.inf], np.float32), "infinity"),
    ],
)
def test_an_array_that_cannot_be(array, message):
    with pytest.raises(ValueError, match=message):
        stream(array, 2)


def test_only_gray_pictures_are_stacked():
    with pytest.raises(ValueError, match="stacking needs"):
        stream(np.zeros((4, 2, 2, 3), np.uint8), 2, stack=3)
