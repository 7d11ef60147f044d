"""Exercises of lesson 00: what a logit means, and how many modes points reach."""

import numpy as np

from ganbook.exercises.bench import Answer, Wrong, expect
from ganbook.exercises.exercise import Exercise

# --- 1. probability -----------------------------------------------------------------------------


def probability(logits):
    """Turn a discriminator's outputs into probabilities that a sample is real.

    Takes a NumPy array of logits: any real numbers.
    Returns a new NumPy array of the same shape with values from 0 to 1; a logit of 0 becomes 0.5.
    """
    return 1.0 / (1.0 + np.exp(-logits))


def check_probability(answer: Answer) -> None:
    """The middle first, then both sides and the sum of opposite ones."""
    expect(answer, answer(np.array([0.0]))[0], 0.5, "Undecided: as likely real as fake.")
    found = answer(np.array([2.0, -2.0]))
    if np.shape(found) != (2,):
        raise Wrong(f"{answer.call} gave shape {np.shape(found)}, expected (2,).")
    expect(answer.call, found[0], 0.880797, "A logit above 0 means: rather real.")
    expect(answer.call, found[1], 0.119203, "A logit below 0 means: rather fake.")
    expect(answer, answer(np.array([20.0]))[0], 1.0, "Quite sure, and still not above 1.")


def _swapped(logits):
    return 1.0 / (1.0 + np.exp(logits))


def _tanh(logits):
    return np.tanh(logits)


def _half_tanh(logits):
    return (np.tanh(logits) + 1.0) / 2.0


def _clipped(logits):
    return np.clip(0.5 + logits / 4.0, 0.0, 1.0)


PROBABILITY = Exercise(
    lesson="00",
    reference=probability,
    check=check_probability,
    hints=(
        "A logit is the logarithm of the odds: exp(logit) to 1 that the sample is real.",
        "Odds of a to 1 are a probability of a / (a + 1), or 1 / (1 + 1 / a).",
    ),
    wrong_answers={
        "fake and real swapped": _swapped,
        "from -1 to 1": _tanh,
        "twice as steep": _half_tanh,
        "a straight line": _clipped,
    },
)


# --- 2. modes_reached ---------------------------------------------------------------------------


def modes_reached(points, centers, radius):
    """Count the centers that have a point near them.

    Takes a NumPy array of points (N, 2), one of centers (M, 2), and a number.
    Returns how many of the M centers have one point or more at a distance of at most radius.
    """
    distances = np.linalg.norm(points[:, None] - centers[None], axis=2)
    return int(np.sum(np.any(distances <= radius, axis=0)))


def check_modes_reached(answer: Answer) -> None:
    """Many points at one center, a point between two, one at each of three."""
    centers = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    crowd = np.array([[0.01, 0.0], [0.0, 0.02], [-0.01, 0.01], [0.0, 0.0]])
    meaning = "Four points, and all of them near the first center."
    expect(answer, answer(crowd, centers, 0.1), 1, meaning)
    meaning = "(0.5, 0) is near nothing: 0.5 away from two centers."
    expect(answer, answer(np.array([[0.5, 0.0]]), centers, 0.1), 0, meaning)
    meaning = "(0.9, 0.9) is 0.1 away from the second center in x, but 0.9 in y."
    expect(answer, answer(np.array([[0.9, 0.9]]), centers, 0.2), 0, meaning)
    each = centers + np.array([[0.05, 0.0], [0.0, -0.05], [0.03, 0.04]])
    expect(answer, answer(each, centers, 0.06), 3, "Each center has a point 0.05 away.")
    expect(answer, answer(each, centers, 0.04), 0, "All points are 0.05 away.")


def _points_near(points, centers, radius):
    distances = np.linalg.norm(points[:, None] - centers[None], axis=2)
    return int(np.sum(np.any(distances <= radius, axis=1)))


def _nearest_whatever(points, centers, radius):
    distances = np.linalg.norm(points[:, None] - centers[None], axis=2)
    return len(np.unique(distances.argmin(axis=1)))


def _one_axis(points, centers, radius):
    distances = np.abs(points[:, None] - centers[None]).min(axis=2)
    return int(np.sum(np.any(distances <= radius, axis=0)))


def _squares(points, centers, radius):
    distances = np.sum((points[:, None] - centers[None]) ** 2, axis=2)
    return int(np.sum(np.any(distances <= radius, axis=0)))


MODES_REACHED = Exercise(
    lesson="00",
    reference=modes_reached,
    check=check_modes_reached,
    hints=(
        "points[:, None] - centers[None] has shape (N, M, 2): each point less each center.",
        "The length of each difference gives (N, M) distances. Which axis asks about centers?",
    ),
    wrong_answers={
        "counts points, not centers": _points_near,
        "the nearest center, however far": _nearest_whatever,
        "near along one axis": _one_axis,
        "squared distances": _squares,
    },
)

EXERCISES = (PROBABILITY, MODES_REACHED)
