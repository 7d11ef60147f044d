"""Exercises of lesson 03: one-sided smoothing, flips that do not persist, a count of classes."""

import numpy as np

from ganbook.exercises.bench import Answer, Wrong, expect
from ganbook.exercises.exercise import Exercise

# --- 1. smooth_one_side -------------------------------------------------------------------------


def smooth_one_side(labels, real_label):
    """Smooth the labels of real images and leave those of fakes as they are.

    Takes a NumPy array of labels, 1.0 for real and 0.0 for fake, shape (N,), and the label that
    real images shall have, such as 0.9.
    Returns a new array of the same shape.
    """
    return labels * real_label


def check_smooth_one_side(answer: Answer) -> None:
    """Two real images and a fake; then a label that shows which formula was used."""
    labels = np.array([1.0, 0.0, 1.0])
    for real_label in (0.9, 0.6):
        smoothed = np.asarray(answer(labels, real_label))
        if smoothed.shape != (3,):
            raise Wrong(f"{answer.call} gave shape {smoothed.shape}, expected (3,).")
        expect(f"{answer.call}[0]", smoothed[0], real_label, "This image is real.")
        expect(f"{answer.call}[1]", smoothed[1], 0.0, "This one is a fake: 0 stays 0.")
        expect(f"{answer.call}[2]", smoothed[2], real_label, "This image is real.")


def _both_sides(labels, real_label):
    return labels * real_label + (1 - labels) * (1 - real_label)


def _subtracted(labels, real_label):
    return labels - (1 - real_label)


def _always_nine_tenths(labels, real_label):
    return np.where(labels == 1, 0.9, 0.0)


def _fakes(labels, real_label):
    return np.where(labels == 0, 1 - real_label, 1.0)


SMOOTH_ONE_SIDE = Exercise(
    lesson="03",
    reference=smooth_one_side,
    check=check_smooth_one_side,
    hints=(
        "A label of 1 becomes real_label, a label of 0 stays 0. Which product does that?",
        "np.where(labels == 1, ..., 0.0) works as well.",
    ),
    wrong_answers={
        "both sides, the popular recipe": _both_sides,
        "fakes below zero": _subtracted,
        "0.9 whatever is asked": _always_nine_tenths,
        "the fakes alone": _fakes,
    },
)


# --- 2. flip_labels -----------------------------------------------------------------------------


def flip_labels(labels, flipped):
    """Flip the labels of some samples, for this batch only.

    Takes a NumPy array of labels, 1.0 for real and 0.0 for fake, shape (N,), and a NumPy array of
    booleans, shape (N,): which samples are flipped.
    Returns a new array; the one that was given stays as it was, for the next batch.
    """
    return np.where(flipped, 1 - labels, labels)


def check_flip_labels(answer: Answer) -> None:
    """Each of the four cases once; then nobody, then everybody. The bench sees changed inputs."""
    labels = np.array([1.0, 1.0, 0.0, 0.0])
    flipped = np.array([True, False, True, False])
    got = np.asarray(answer(labels, flipped))
    if got.shape != (4,):
        raise Wrong(f"{answer.call} gave shape {got.shape}, expected (4,).")
    cases = ("real and flipped", "real", "fake and flipped", "fake")
    for i, (case, expected) in enumerate(zip(cases, (0.0, 1.0, 1.0, 0.0), strict=True)):
        expect(f"{answer.call}[{i}]", got[i], expected, f"This sample is {case}.")
    for everybody in (False, True):
        got = np.asarray(answer(labels, np.full(4, everybody)))
        expect(f"{answer.call}[0]", got[0], float(not everybody), "The first sample is real.")


def _in_place(labels, flipped):
    labels[flipped] = 1 - labels[flipped]
    return labels


def _everybody(labels, flipped):
    return 1 - labels if flipped.any() else labels


def _the_others(labels, flipped):
    return np.where(flipped, labels, 1 - labels)


def _to_zero(labels, flipped):
    return np.where(flipped, 0.0, labels)


FLIP_LABELS = Exercise(
    lesson="03",
    reference=flip_labels,
    check=check_flip_labels,
    hints=(
        "1 - label is the other label.",
        "np.where(flipped, this, that) makes a new array, and changes neither of the two.",
    ),
    wrong_answers={
        "in place: the flip persists": _in_place,
        "all or none": _everybody,
        "the samples that were not chosen": _the_others,
        "real becomes fake only": _to_zero,
    },
)


# --- 3. classes_made ----------------------------------------------------------------------------


def classes_made(classes, share):
    """Count the classes that a generator makes often enough.

    Takes a NumPy array of whole numbers from 0 to 9, shape (N,): what a classifier sees in each
    sample; and the smallest share of all samples that counts, such as 0.02.
    Returns a whole number from 0 to 10.
    """
    return int(np.sum(np.bincount(classes, minlength=10) >= share * len(classes)))


def check_classes_made(answer: Answer) -> None:
    """All equal; one class only; a class on the line and one below it."""
    got = answer(np.repeat(np.arange(10), 5), 0.02)
    expect(answer.call, got, 10, "Each class has five of fifty samples.", tolerance=0)
    got = answer(np.full(50, 9), 0.02)
    expect(answer.call, got, 1, "There is nothing but class 9.", tolerance=0)
    uneven = np.repeat([0, 3, 7], [97, 2, 1])
    got = answer(uneven, 0.02)
    meaning = "2 of 100 samples are a share of 0.02, which counts; 1 of 100 does not."
    expect(answer.call, got, 2, meaning, tolerance=0)
    got = answer(np.tile(uneven, 2), 0.02)
    meaning = "The share is of all samples: 4 of 200 count, 2 of 200 do not."
    expect(answer.call, got, 2, meaning, tolerance=0)
    got = answer(uneven, 0.5)
    expect(answer.call, got, 1, "Only class 0 has half of the samples.", tolerance=0)


def _any_sample(classes, share):
    return len(np.unique(classes))


def _more_than(classes, share):
    return int(np.sum(np.bincount(classes, minlength=10) > share * len(classes)))


def _of_a_class(classes, share):
    return int(np.sum(np.bincount(classes, minlength=10) >= share * len(classes) / 10))


def _of_a_hundred(classes, share):
    return int(np.sum(np.bincount(classes, minlength=10) >= share * 100))


CLASSES_MADE = Exercise(
    lesson="03",
    reference=classes_made,
    check=check_classes_made,
    hints=(
        "np.bincount(classes, minlength=10) counts how often each class comes.",
        "Compare the counts with share times the number of samples, then sum the booleans.",
    ),
    wrong_answers={
        "one sample is enough": _any_sample,
        "the line itself does not count": _more_than,
        "a share of a tenth": _of_a_class,
        "a fixed number of samples": _of_a_hundred,
    },
)

EXERCISES = (SMOOTH_ONE_SIDE, FLIP_LABELS, CLASSES_MADE)
