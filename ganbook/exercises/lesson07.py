"""Exercises of lesson 07: closeness in a batch, looking ahead, packing."""

import numpy as np

from ganbook.exercises.bench import Answer, Wrong, expect
from ganbook.exercises.exercise import Exercise

# --- 1. closeness -------------------------------------------------------------------------------


def closeness(vectors):
    """Compute how close each sample is to the other samples of its batch.

    Takes a NumPy array of shape (N, C), one vector a sample.
    Returns an array (N,): for each sample the sum, over all others, of exp(-d), where d is the sum
    of the absolute differences of the two vectors. A sample is not compared with itself.
    """
    distances = np.abs(vectors[:, None] - vectors[None]).sum(axis=-1)
    return np.exp(-distances).sum(axis=1) - 1


def check_closeness(answer: Answer) -> None:
    """Alike; two near and one far; two coordinates, whose absolute differences are added."""
    found = np.asarray(answer(np.ones((3, 2))))
    if found.shape != (3,):
        raise Wrong(f"{answer.call} gave shape {found.shape}, expected (3,).")
    expect(f"{answer.call}[0]", found[0], 2.0, "Two others at distance 0: 1 + 1.")
    found = np.asarray(answer(np.array([[0.0], [np.log(2.0)], [50.0]])))
    expect(f"{answer.call}[0]", found[0], 0.5, "exp(-ln 2) = 1/2, and nothing from far away.")
    expect(f"{answer.call}[2]", found[2], 0.0, "Far from both others, and not near itself.")
    found = np.asarray(answer(np.array([[0.0, 0.0], [-1.0, 1.0]])))
    expect(f"{answer.call}[0]", found[0], np.exp(-2.0), "|0 + 1| + |0 - 1| = 2.")


def _with_itself(vectors):
    return closeness(vectors) + 1


def _squared_differences(vectors):
    squares = np.square(vectors[:, None] - vectors[None]).sum(axis=-1)
    return np.exp(-np.sqrt(squares)).sum(axis=1) - 1


def _signed_differences(vectors):
    differences = (vectors[:, None] - vectors[None]).sum(axis=-1)
    return np.exp(-np.abs(differences)).sum(axis=1) - 1


def _mean_over_others(vectors):
    return closeness(vectors) / (len(vectors) - 1)


CLOSENESS = Exercise(
    lesson="07",
    reference=closeness,
    check=check_closeness,
    hints=(
        "vectors[:, None] - vectors[None] has all differences, shape (N, N, C).",
        "np.abs(...).sum(axis=-1) gives the distances; each sample adds exp(-0) = 1 for itself.",
    ),
    wrong_answers={
        "compared with itself": _with_itself,
        "straight distances": _squared_differences,
        "signs cancel": _signed_differences,
        "the mean over the others": _mean_over_others,
    },
)


# --- 2. unrolled_value --------------------------------------------------------------------------


def unrolled_value(t, p, rate, steps):
    """Compute f = t p - p**2 / 2 after the second player has looked ahead.

    The player p goes uphill on f: in each of ``steps`` steps it moves by ``rate`` times the slope
    of f along p, which is t - p. The other player, t, stays where it is.
    Takes three numbers and a whole number. Returns one number: f at the place that p has reached.
    """
    for _ in range(steps):
        p = p + rate * (t - p)
    return t * p - p**2 / 2


def check_unrolled_value(answer: Answer) -> None:
    """No step first; then one, two and many; another start."""
    expect(answer, answer(2.0, 1.0, 0.5, 0), 1.5, "No step: f at the start.")
    expect(answer, answer(1.0, 0.0, 0.5, 1), 0.375, "p moves to 0.5.")
    expect(answer, answer(1.0, 0.0, 0.5, 2), 0.46875, "p moves to 0.5, then to 0.75.")
    expect(answer, answer(3.0, 1.0, 0.25, 1), 3.375, "p moves to 1.5.")
    expect(answer, answer(1.0, 0.0, 0.5, 30), 0.5, "After many steps p is at t, the top.")


def _downhill(t, p, rate, steps):
    for _ in range(steps):
        p = p - rate * (t - p)
    return t * p - p**2 / 2


def _one_step(t, p, rate, steps):
    if steps:
        p = p + rate * (t - p)
    return t * p - p**2 / 2


def _slope_of_the_start(t, p, rate, steps):
    p = p + steps * rate * (t - p)
    return t * p - p**2 / 2


def _place(t, p, rate, steps):
    for _ in range(steps):
        p = p + rate * (t - p)
    return p


UNROLLED_VALUE = Exercise(
    lesson="07",
    reference=unrolled_value,
    check=check_unrolled_value,
    hints=(
        "A loop of steps; in each, p = p + rate * (slope at the p of now).",
        "The slope is t - p. After the loop return t * p - p**2 / 2.",
    ),
    wrong_answers={
        "downhill": _downhill,
        "one step only": _one_step,
        "the slope of the start in every step": _slope_of_the_start,
        "returns p": _place,
    },
)


# --- 3. packed ----------------------------------------------------------------------------------


def packed(images, count):
    """Put each ``count`` images of a batch together as the channels of one.

    Takes a NumPy array of shape (N, H, W, C) and a whole number that divides N.
    Returns an array (N / count, H, W, count * C): the first pack holds the first ``count`` images,
    image i of a pack in its channels from i * C on.
    """
    height, width, channels = images.shape[1:]
    packs = images.reshape(-1, count, height, width, channels)
    return packs.transpose(0, 2, 3, 1, 4).reshape(-1, height, width, count * channels)


def check_packed(answer: Answer) -> None:
    """Shape; which image is where; what a pixel is; two channels each."""
    images = np.arange(4 * 2 * 3, dtype=float).reshape(4, 2, 3, 1)
    found = np.asarray(answer(images, 2))
    if found.shape != (2, 2, 3, 2):
        raise Wrong(f"{answer.call} gave shape {found.shape}, expected (2, 2, 3, 2).")
    meaning = "The first pack holds the first two images, one a channel."
    expect(f"{answer.call}[0, 0, 0, 1]", found[0, 0, 0, 1], images[1, 0, 0, 0], meaning)
    expect(f"{answer.call}[0, 1, 2, 0]", found[0, 1, 2, 0], images[0, 1, 2, 0], meaning)
    where = "The second pack holds the third and fourth image."
    expect(f"{answer.call}[1, 1, 0, 0]", found[1, 1, 0, 0], images[2, 1, 0, 0], where)
    colors = np.arange(2 * 1 * 2 * 3, dtype=float).reshape(2, 1, 2, 3)
    found = np.asarray(answer(colors, 2))
    if found.shape != (1, 1, 2, 6):
        raise Wrong(f"{answer.call} gave shape {found.shape}, expected (1, 1, 2, 6).")
    order = "Image 0 has channels 0 to 2, image 1 has 3 to 5."
    expect(f"{answer.call}[0, 0, 1, 4]", found[0, 0, 1, 4], colors[1, 0, 1, 1], order)


def _reshaped(images, count):
    height, width, channels = images.shape[1:]
    return images.reshape(-1, height, width, count * channels)


def _far_apart(images, count):
    return np.concatenate(np.split(images, count), axis=-1)


def _channels_mixed(images, count):
    height, width, channels = images.shape[1:]
    packs = images.reshape(-1, count, height, width, channels)
    return packs.transpose(0, 2, 3, 4, 1).reshape(-1, height, width, count * channels)


def _side_by_side(images, count):
    return np.concatenate([images[i::count] for i in range(count)], axis=2)


PACKED = Exercise(
    lesson="07",
    reference=packed,
    check=check_packed,
    hints=(
        "First (N / count, count, H, W, C); then the axis of the pack has to move to the channels.",
        "transpose(0, 2, 3, 1, 4) puts it in front of the channels; then reshape once more.",
    ),
    wrong_answers={
        "reshaped only: pixels of one image become channels": _reshaped,
        "images far apart in one pack": _far_apart,
        "channels of the images mixed": _channels_mixed,
        "side by side": _side_by_side,
    },
)

EXERCISES = (CLOSENESS, UNROLLED_VALUE, PACKED)
