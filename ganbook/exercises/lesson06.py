"""Exercises of lesson 06: the fade, PixelNorm, how much the samples of a group differ."""

import numpy as np

from ganbook.exercises.bench import Answer, Wrong, expect
from ganbook.exercises.exercise import Exercise

# --- 1. fade_at ---------------------------------------------------------------------------------


def fade_at(shown, start, end):
    """Compute how far a stage has faded in.

    Takes three whole numbers: how many images were shown so far, and at how many the fade starts
    and ends; the end is above the start.
    Returns a number: 0 up to the start, 1 from the end on, and a straight line in between.
    """
    return min(max((shown - start) / (end - start), 0.0), 1.0)


def check_fade_at(answer: Answer) -> None:
    """Inside first, since whole-number arithmetic shows there; then both ends and beyond."""
    expect(answer, answer(1500, 1000, 2000), 0.5, "Half of the fade is over.")
    expect(answer, answer(1250, 1000, 2000), 0.25, "250 of 1,000 images.")
    expect(answer, answer(600, 0, 800), 0.75, "600 of 800 images.")
    expect(answer, answer(1000, 1000, 2000), 0.0, "It starts here.")
    expect(answer, answer(400, 1000, 2000), 0.0, "Before the start it is 0, not below.")
    expect(answer, answer(9000, 1000, 2000), 1.0, "After the end it stays 1.")


def _whole_numbers(shown, start, end):
    return min(max((shown - start) // (end - start), 0), 1)


def _not_clipped(shown, start, end):
    return (shown - start) / (end - start)


def _share_of_end(shown, start, end):
    return min(max(shown / end, 0.0), 1.0)


def _fading_out(shown, start, end):
    return 1.0 - fade_at(shown, start, end)


FADE_AT = Exercise(
    lesson="06",
    reference=fade_at,
    check=check_fade_at,
    hints=(
        "How many images of this fade were shown, as a share of all that it takes?",
        "min(max(share, 0.0), 1.0) keeps a share between 0 and 1. Divide with /, not with //.",
    ),
    wrong_answers={
        "whole numbers: 0 until it is 1": _whole_numbers,
        "goes on beyond 0 and 1": _not_clipped,
        "counts from the first image": _share_of_end,
        "fades out": _fading_out,
    },
)


# --- 2. pixel_norm ------------------------------------------------------------------------------


def pixel_norm(values):
    """Divide the vector at each place by the root of its mean square.

    Takes a NumPy array of shape (..., C), none of whose vectors of C numbers is zero.
    Returns a new array of the same shape: the mean of the squares of each vector is 1.
    """
    return values / np.sqrt(np.mean(values**2, axis=-1, keepdims=True))


def check_pixel_norm(answer: Answer) -> None:
    """One vector whose length and mean square differ; two places; a picture."""
    found = np.asarray(answer(np.array([[3.0, 4.0, 0.0, 0.0]])))
    if found.shape != (1, 4):
        raise Wrong(f"{answer.call} gave shape {found.shape}, expected (1, 4).")
    meaning = "The mean square is 25 / 4, its root 2.5."
    expect(f"{answer.call}[0, 0]", found[0, 0], 1.2, meaning)
    expect(f"{answer.call}[0, 1]", found[0, 1], 1.6, meaning)
    found = np.asarray(answer(np.array([[1.0, -1.0], [10.0, 10.0]])))
    expect(f"{answer.call}[0, 1]", found[0, 1], -1.0, "Each place for itself; signs stay.")
    expect(f"{answer.call}[1, 0]", found[1, 0], 1.0, "Each place for itself.")
    picture = np.zeros((2, 3, 3, 2))
    picture[...] = [6.0, 8.0]
    found = np.asarray(answer(picture))
    if found.shape != picture.shape:
        raise Wrong(f"{answer.call} gave shape {found.shape}, expected {picture.shape}.")
    expect(f"{answer.call}[1, 2, 0, 1]", found[1, 2, 0, 1], 8 / np.sqrt(50), "Over channels only.")


def _length_one(values):
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def _over_everything(values):
    return values / np.sqrt(np.mean(values**2))


def _centered(values):
    return values / (np.std(values, axis=-1, keepdims=True) + 1e-8)


def _no_root(values):
    return values / np.mean(values**2, axis=-1, keepdims=True)


PIXEL_NORM = Exercise(
    lesson="06",
    reference=pixel_norm,
    check=check_pixel_norm,
    hints=(
        "np.mean(values**2, axis=-1, keepdims=True) has one number for each place.",
        "Divide by its root. With keepdims=True the shapes fit together.",
    ),
    wrong_answers={
        "to length 1, not to a mean square of 1": _length_one,
        "one number for the whole array": _over_everything,
        "the standard deviation": _centered,
        "no root": _no_root,
    },
)


# --- 3. group_deviation -------------------------------------------------------------------------


def group_deviation(images):
    """Compute the number that tells a discriminator how much the images of a group differ.

    Takes a NumPy array of shape (N, H, W, C), one group.
    Returns one number: the standard deviation over the group (dividing by N) at each of the
    H * W * C values, and then the mean of these.
    """
    return np.mean(np.std(images, axis=0))


def check_group_deviation(answer: Answer) -> None:
    """Alike; one value that differs among many; images that are flat but unlike each other."""
    alike = np.ones((4, 2, 2, 1))
    alike[:, 0, 0] = 5.0
    expect(answer, answer(alike), 0.0, "Four times the same image: nothing differs.")
    flat = np.array([0.0, 2.0])[:, None, None, None] * np.ones((1, 2, 2, 1))
    expect(answer, answer(flat), 1.0, "0 and 2 at every place: 1 away from their mean.")
    one = np.zeros((2, 1, 4, 1))
    one[1, 0, 0, 0] = 4.0
    expect(answer, answer(one), 0.5, "Deviations 2, 0, 0, 0: their mean.")
    lonely = np.zeros((4, 1, 2, 1))
    lonely[3, 0, 0], lonely[:3, 0, 1] = 4.0, 4.0
    expect(answer, answer(lonely), np.sqrt(3), "At both places three alike and one 4 away.")


def _over_all(images):
    return np.std(images)


def _inside_each(images):
    return np.mean(np.std(images, axis=(1, 2, 3)))


def _variance(images):
    return np.mean(np.var(images, axis=0))


def _sample_deviation(images):
    return np.mean(np.std(images, axis=0, ddof=1))


def _root_of_mean(images):
    return np.sqrt(np.mean(np.var(images, axis=0)))


def _of_image_means(images):
    return np.std(np.mean(images, axis=(1, 2, 3)))


def _absolute(images):
    return np.mean(np.abs(images - np.mean(images, axis=0)))


GROUP_DEVIATION = Exercise(
    lesson="06",
    reference=group_deviation,
    check=check_group_deviation,
    hints=(
        "Compare the images of the group with each other: which axis counts them?",
        "np.std(images, axis=0) has a deviation for each value of an image.",
    ),
    wrong_answers={
        "over all values at once": _over_all,
        "inside each image": _inside_each,
        "the variance": _variance,
        "dividing by N - 1": _sample_deviation,
        "the root of the mean variance": _root_of_mean,
        "between the images' means": _of_image_means,
        "absolute deviations": _absolute,
    },
)

EXERCISES = (FADE_AT, PIXEL_NORM, GROUP_DEVIATION)
