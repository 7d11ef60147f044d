"""Exercises of lesson 04: the Earth-Mover distance, clipping, a penalty for each sample."""

import numpy as np

from ganbook.exercises.bench import Answer, Wrong, expect
from ganbook.exercises.exercise import Exercise

# --- 1. earth_mover -----------------------------------------------------------------------------


def earth_mover(p, q):
    """Compute the Earth-Mover distance of two histograms over the same places.

    Takes two NumPy arrays of shares, shape (N,), each with the sum 1; the places are 1 apart.
    Returns one number: the least work, share times distance, that turns one into the other.
    """
    return np.sum(np.abs(np.cumsum(p - q)))


def check_earth_mover(answer: Answer) -> None:
    """All in one bar, at growing distances; the example of the lesson; two ways at once."""
    for way in (1, 2, 3):
        p, q = np.zeros(5), np.zeros(5)
        p[0], q[way] = 1.0, 1.0
        meaning = f"Everything moves by {way}."
        expect(answer, answer(p, q), way, meaning)
        expect(answer, answer(q, p), way, meaning)
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    expect(answer, answer(p, q), 0.6, "Move 0.3 by two places.")
    p, q = np.array([0.5, 0.0, 0.0, 0.5]), np.array([0.0, 0.5, 0.5, 0.0])
    expect(answer, answer(p, q), 1.0, "Both ends move 0.5 by one place.")
    expect(answer, answer(p, p), 0.0, "Nothing has to move.")


def _overlap(p, q):
    return np.sum(np.abs(p - q)) / 2


def _signed(p, q):
    return np.abs(np.sum(np.cumsum(p - q)))


def _means(p, q):
    places = np.arange(len(p))
    return abs(np.sum(places * p) - np.sum(places * q))


def _largest(p, q):
    return np.max(np.abs(np.cumsum(p - q)))


EARTH_MOVER = Exercise(
    lesson="04",
    reference=earth_mover,
    check=check_earth_mover,
    hints=(
        "Walk from the left to the right: what has piled up so far must be carried one place on.",
        "np.cumsum(p - q) is what is carried across each border; its sign only says which way.",
    ),
    wrong_answers={
        "the share that moves, not how far": _overlap,
        "ways to the left cancel ways to the right": _signed,
        "the distance of the means": _means,
        "the widest gap of the cumulative sums": _largest,
    },
)


# --- 2. clip_all --------------------------------------------------------------------------------


def clip_all(weights, bound):
    """Clip a critic's weights, as after each of its updates.

    Takes a list of NumPy arrays and a number above 0.
    Returns a new list of arrays: every value below -bound becomes -bound, above bound, bound.
    """
    return [np.clip(weight, -bound, bound) for weight in weights]


def check_clip_all(answer: Answer) -> None:
    """Values inside, outside and on the bound, in more than one array."""
    weights = [np.array([[0.5, -0.02], [0.004, -0.5]]), np.array([0.01, -0.01, 0.3])]
    clipped = answer(weights, 0.01)
    if not isinstance(clipped, (list, tuple)) or len(clipped) != 2:
        raise Wrong(f"{answer.call} gave {type(clipped).__name__}, expected a list of two arrays.")
    first, second = (np.asarray(array) for array in clipped)
    if first.shape != (2, 2) or second.shape != (3,):
        raise Wrong(f"{answer.call} gave shapes {first.shape} and {second.shape}; keep them.")
    expect(f"{answer.call}[0][0, 0]", first[0, 0], 0.01, "0.5 is above the bound.")
    expect(f"{answer.call}[0][0, 1]", first[0, 1], -0.01, "-0.02 is below -0.01.")
    expect(f"{answer.call}[0][1, 0]", first[1, 0], 0.004, "0.004 is inside and stays.")
    expect(f"{answer.call}[1][2]", second[2], 0.01, "0.3, in the second array.")
    wide = np.asarray(answer(weights, 0.1)[0])
    expect(f"{answer.call}[0][0, 1]", wide[0, 1], -0.02, "-0.02 is inside of 0.1.")


def _scaled(weights, bound):
    return [weight / np.abs(weight).max() * bound for weight in weights]


def _one_side(weights, bound):
    return [np.minimum(weight, bound) for weight in weights]


def _to_zero(weights, bound):
    return [np.where(np.abs(weight) > bound, 0.0, weight) for weight in weights]


def _paper(weights, bound):
    return [np.clip(weight, -0.01, 0.01) for weight in weights]


CLIP_ALL = Exercise(
    lesson="04",
    reference=clip_all,
    check=check_clip_all,
    hints=("np.clip(array, low, high) does it for one array.", "The bias is a weight, too."),
    wrong_answers={
        "scaled, not clipped": _scaled,
        "only from above": _one_side,
        "to 0, not to the bound": _to_zero,
        "0.01 whatever is asked": _paper,
    },
)


# --- 3. penalty_of ------------------------------------------------------------------------------


def penalty_of(gradients):
    """Compute the gradient penalty from the critic's gradients, without its weight of 10.

    Takes a NumPy array of shape (N, H, W, C): for each of N images, how the critic's output changes
    with each pixel.
    Returns one number: the mean over images of (length of the gradient - 1) squared.
    """
    lengths = np.sqrt(np.sum(gradients**2, axis=(1, 2, 3)))
    return np.mean((lengths - 1) ** 2)


def check_penalty_of(answer: Answer) -> None:
    """Lengths 5 and 1 first, where each mistake gives a number of its own; then color."""
    gradients = np.zeros((2, 2, 2, 1))
    gradients[0, 0, 0], gradients[0, 1, 1], gradients[1, 0, 1] = 3.0, 4.0, 1.0
    meaning = "The lengths are 5 and 1, so the mean of 16 and 0."
    expect(answer, answer(gradients), 8.0, meaning)
    meaning = "The lengths are 0.5 and 0.1: too flat costs as well, 0.25 and 0.81."
    expect(answer, answer(gradients / 10), 0.53, meaning)
    color = np.zeros((1, 1, 2, 3))
    color[0, 0, 0] = [1.0, 2.0, 2.0]
    color[0, 0, 1] = [0.0, 4.0, 0.0]
    expect(answer, answer(color), 16.0, "All 6 values belong to one length, 5.")


def _whole_batch(gradients):
    return (np.sqrt(np.sum(gradients**2)) - 1) ** 2


def _channels(gradients):
    return np.mean((np.sqrt(np.sum(gradients**2, axis=-1)) - 1) ** 2)


def _one_sided(gradients):
    lengths = np.sqrt(np.sum(gradients**2, axis=(1, 2, 3)))
    return np.mean(np.maximum(lengths - 1, 0) ** 2)


def _towards_zero(gradients):
    return np.mean(np.sum(gradients**2, axis=(1, 2, 3)))


def _not_squared(gradients):
    lengths = np.sqrt(np.sum(gradients**2, axis=(1, 2, 3)))
    return np.mean(np.abs(lengths - 1))


PENALTY_OF = Exercise(
    lesson="04",
    reference=penalty_of,
    check=check_penalty_of,
    hints=(
        "The length of one image's gradient: the root of the sum of all its squared values.",
        "Sum over the axes (1, 2, 3), and not over axis 0: each image has a length of its own.",
    ),
    wrong_answers={
        "one length for the whole batch": _whole_batch,
        "a length for each pixel": _channels,
        "only gradients that are too long": _one_sided,
        "towards 0, which is R1": _towards_zero,
        "not squared": _not_squared,
    },
)

EXERCISES = (EARTH_MOVER, CLIP_ALL, PENALTY_OF)
