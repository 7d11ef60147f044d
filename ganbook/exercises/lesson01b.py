"""Exercises of page 01b: the Frechet distance in one dimension, and coverage."""

import numpy as np

from ganbook.exercises.bench import Answer, expect
from ganbook.exercises.exercise import Exercise

# --- 1. frechet_1d ------------------------------------------------------------------------------


def frechet_1d(real, fake):
    """The Frechet distance of two sets of numbers.

    Takes two NumPy arrays of floats, (n,) and (m,), two numbers or more in each.
    Returns one number: the squared difference of the means plus the squared difference of the
    standard deviations, both taken with ddof=1.
    """
    shift = np.mean(real) - np.mean(fake)
    stretch = np.std(real, ddof=1) - np.std(fake, ddof=1)
    return shift**2 + stretch**2


def check_frechet_1d(answer: Answer) -> None:
    """A shift, a stretch, both; and few enough samples that ddof shows."""
    one, two = np.array([1.0, 2.0, 3.0]), np.array([5.0, 6.0, 7.0])
    got = answer(one, one)
    expect(answer.call, got, 0.0, "A set is at distance 0 from itself.")
    got = answer(one, two)
    expect(answer.call, got, 16.0, "The means are 4 apart and the spreads are equal: 4 squared.")
    got = answer(one, np.array([-1.0, 2.0, 5.0]))
    expect(answer.call, got, 4.0, "Equal means; the standard deviations are 1 and 3 (ddof=1).")
    got = answer(np.array([0.0, 2.0]), np.array([3.0, 4.0, 5.0, 12.0]))
    expect(answer.call, got, 32.1197, "Both terms count: (1 - 6)^2 + (1.4142 - 4.0825)^2.")


def _rooted(real, fake):
    return np.sqrt(frechet_1d(real, fake))


def _of_variances(real, fake):
    shift = np.mean(real) - np.mean(fake)
    return shift**2 + (np.var(real, ddof=1) - np.var(fake, ddof=1)) ** 2


def _means_only(real, fake):
    return (np.mean(real) - np.mean(fake)) ** 2


def _without_ddof(real, fake):
    return (np.mean(real) - np.mean(fake)) ** 2 + (np.std(real) - np.std(fake)) ** 2


FRECHET_1D = Exercise(
    lesson="01b",
    reference=frechet_1d,
    check=check_frechet_1d,
    hints=(
        "Two terms: how far apart the centers are, and how differently wide the sets are.",
        "np.std(values, ddof=1) is the width. Take the difference of the two, then square it.",
    ),
    wrong_answers={
        "the root of it": _rooted,
        "variances in the place of standard deviations": _of_variances,
        "blind to spread": _means_only,
        "ddof 0": _without_ddof,
    },
)


# --- 2. coverage --------------------------------------------------------------------------------


def coverage(real, fake, k):
    """The fraction of real points that have a fake point close by.

    Takes two NumPy arrays of points, (n, d) and (m, d), and a whole number k, 1 or more.
    Close to a real point means: strictly nearer than its k-th nearest other real point.
    Returns one number between 0 and 1.
    """
    between_real = np.linalg.norm(real[:, None] - real[None], axis=2)
    radius = np.sort(between_real, axis=1)[:, k]  # column 0 is each point with itself
    to_fakes = np.linalg.norm(real[:, None] - fake[None], axis=2)
    return np.mean(to_fakes.min(axis=1) < radius)


def check_coverage(answer: Answer) -> None:
    """Points on a line, where the distances can be counted on the fingers."""
    real = np.array([[0.0], [1.0], [2.0], [10.0]])
    got = answer(real, real, 1)
    expect(answer.call, got, 1.0, "A fake on every real point covers them all.")
    got = answer(real, np.array([[50.0]]), 2)
    expect(answer.call, got, 0.0, "No fake is near any real point.")
    got = answer(real, np.array([[0.5]]), 1)
    expect(answer.call, got, 0.5, "With k = 1, 0.5 is close to 0 and to 1, and to nothing else.")
    got = answer(real, np.array([[1.0]]), 1)
    expect(
        answer.call,
        got,
        0.25,
        "1 is exactly as far from 0 as the nearest real point: only strictly nearer counts.",
    )
    got = answer(real, np.array([[11.5]]), 2)
    expect(answer.call, got, 0.25, "10 is lonely, so its circle is wide: 9 for k = 2.")
    got = answer(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 4.5], [9.0, 9.0]]), 1)
    expect(answer.call, got, 1.0, "In the plane: 4.5 and 3.04 from the first fake; both under 5.")


def _precision(real, fake, k):
    between_real = np.linalg.norm(real[:, None] - real[None], axis=2)
    radius = np.sort(between_real, axis=1)[:, k]
    return np.mean((np.linalg.norm(real[:, None] - fake[None], axis=2) < radius[:, None]).any(0))


def _with_itself(real, fake, k):
    between_real = np.linalg.norm(real[:, None] - real[None], axis=2)
    radius = np.sort(between_real, axis=1)[:, k - 1]
    return np.mean(np.linalg.norm(real[:, None] - fake[None], axis=2).min(axis=1) < radius)


def _or_equal(real, fake, k):
    between_real = np.linalg.norm(real[:, None] - real[None], axis=2)
    radius = np.sort(between_real, axis=1)[:, k]
    return np.mean(np.linalg.norm(real[:, None] - fake[None], axis=2).min(axis=1) <= radius)


def _counted(real, fake, k):
    return coverage(real, fake, k) * len(real)


COVERAGE = Exercise(
    lesson="01b",
    reference=coverage,
    check=check_coverage,
    hints=(
        "First the radius of each real point: its distance to its k-th nearest other real point.",
        "real[:, None] - real[None] holds all differences, (n, n, d). Sorted along each row, the "
        "distance of a point to itself, 0, comes first.",
        "A real point is covered if its nearest fake is nearer than its radius: take .min(axis=1).",
    ),
    wrong_answers={
        "precision: the fraction of fakes": _precision,
        "a point is its own neighbor": _with_itself,
        "not strict": _or_equal,
        "a count, not a fraction": _counted,
    },
)

EXERCISES = (FRECHET_1D, COVERAGE)
