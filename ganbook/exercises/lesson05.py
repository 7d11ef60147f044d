"""Exercises of lesson 05: a kernel as a matrix, power iteration, the hinge loss."""

import numpy as np

from ganbook.exercises.bench import Answer, Wrong, expect
from ganbook.exercises.exercise import Exercise

# --- 1. as_matrix -------------------------------------------------------------------------------


def as_matrix(kernel):
    """Reshape the kernel of a Conv2D layer to a matrix with one column for each output channel.

    Takes a NumPy array of shape (height, width, channels in, channels out).
    Returns an array of shape (height * width * channels in, channels out).
    """
    return kernel.reshape(-1, kernel.shape[-1])


def check_as_matrix(answer: Answer) -> None:
    """The shape, then a column, by numbers that tell where each one came from."""
    kernel = np.arange(2 * 2 * 3 * 4, dtype=float).reshape(2, 2, 3, 4)
    matrix = np.asarray(answer(kernel))
    if matrix.shape != (12, 4):
        raise Wrong(f"{answer.call} gave shape {matrix.shape}, expected (12, 4).")
    column = kernel[..., 1].ravel()
    for row in (0, 5, 11):
        meaning = "Column 1 holds all numbers of output channel 1."
        expect(f"{answer.call}[{row}, 1]", matrix[row, 1], column[row], meaning)


def _by_height(kernel):
    return kernel.reshape(kernel.shape[0], -1)


def _transposed(kernel):
    return kernel.reshape(-1, kernel.shape[-1]).T


def _mixed(kernel):
    return kernel.reshape(kernel.shape[-1], -1).T


def _outputs_first(kernel):
    return np.moveaxis(kernel, -1, 0).reshape(-1, kernel.shape[-1])


AS_MATRIX = Exercise(
    lesson="05",
    reference=as_matrix,
    check=check_as_matrix,
    hints=(
        "reshape keeps the order of the numbers; the output channel is the last axis already.",
        "reshape(-1, columns) works out the number of rows.",
    ),
    wrong_answers={
        "the first axis alone makes the rows": _by_height,
        "outputs as rows": _transposed,
        "the numbers of several channels in one column": _mixed,
        "the channel moved to the front first": _outputs_first,
    },
)


# --- 2. largest_singular_value ------------------------------------------------------------------


def largest_singular_value(matrix, u, steps):
    """Estimate a matrix's largest singular value by power iteration.

    Takes a NumPy array of shape (rows, columns), a first vector u of shape (columns,), and a whole
    number of steps. Each step: v = matrix @ u, divided by its length; then u = matrix.T @ v,
    divided by its length.
    Returns one number: v @ matrix @ u after the last step.
    """
    for _ in range(steps):
        v = matrix @ u
        v = v / np.linalg.norm(v)
        u = matrix.T @ v
        u = u / np.linalg.norm(u)
    return v @ matrix @ u


def check_largest_singular_value(answer: Answer) -> None:
    """A diagonal matrix, where the steps can be followed; then one that is not square."""
    matrix = np.array([[3.0, 0.0], [0.0, 1.0]])
    u = np.array([1.0, 1.0])
    expect(answer, answer(matrix, u, 50), 3.0, "The largest singular value is 3.")
    meaning = "After one step v is (3, 1) / sqrt(10) and u is (9, 1) / sqrt(82)."
    expect(answer, answer(matrix, u, 1), np.sqrt(8.2), meaning)
    matrix = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, -5.0]])
    meaning = "The singular values are 5 and 2; the sign does not count."
    expect(answer, answer(matrix, np.ones(3), 60), 5.0, meaning)


def _frobenius(matrix, u, steps):
    return np.linalg.norm(matrix)


def _exact(matrix, u, steps):
    return np.linalg.norm(matrix, 2)


def _never_normalized(matrix, u, steps):
    for _ in range(steps):
        v = matrix @ u
        u = matrix.T @ v
    return v @ matrix @ u


def _eigenvalue(matrix, u, steps):
    for _ in range(steps):
        u = matrix.T @ (matrix @ u)
        u = u / np.linalg.norm(u)
    return u @ matrix.T @ matrix @ u


LARGEST_SINGULAR_VALUE = Exercise(
    lesson="05",
    reference=largest_singular_value,
    check=check_largest_singular_value,
    hints=(
        "v = matrix @ u, then v = v / np.linalg.norm(v); u likewise, with matrix.T.",
        "v @ matrix @ u is one number.",
    ),
    wrong_answers={
        "the root of all squares": _frobenius,
        "the exact value, whatever the steps": _exact,
        "the vectors grow": _never_normalized,
        "the square of it": _eigenvalue,
    },
)


# --- 3. hinge_loss ------------------------------------------------------------------------------


def hinge_loss(real_outputs, fake_outputs):
    """Compute the discriminator's hinge loss.

    Takes two NumPy arrays of outputs: real images should be at 1 or above, fakes at -1 or below.
    Returns one number: how far real outputs lie below 1, on average, plus how far fakes lie above
    -1, on average. An output on the right side counts as 0.
    """
    lacking = np.maximum(0, 1 - real_outputs)
    exceeding = np.maximum(0, 1 + fake_outputs)
    return np.mean(lacking) + np.mean(exceeding)


def check_hinge_loss(answer: Answer) -> None:
    """Beyond the margin, inside it, and on the wrong side, each with its own number."""
    expect(answer, answer(np.array([1.0, 5.0]), np.array([-1.0, -9.0])), 0.0,
           "Everybody is at the margin or beyond it.")  # fmt: skip
    expect(answer, answer(np.zeros(2), np.zeros(2)), 2.0, "Outputs of 0 lack 1 each.")
    got = answer(np.array([0.5, 3.0]), np.array([-2.0, -2.0]))
    expect(answer.call, got, 0.25, "One of two real outputs lacks 0.5.")
    got = answer(np.array([2.0, 2.0, 2.0]), np.array([2.0]))
    expect(answer.call, got, 3.0, "The fake is at 2, which is 3 above -1.")


def _no_margin(real_outputs, fake_outputs):
    return np.mean(np.maximum(0, -real_outputs)) + np.mean(np.maximum(0, fake_outputs))


def _no_floor(real_outputs, fake_outputs):
    return np.mean(1 - real_outputs) + np.mean(1 + fake_outputs)


def _of_the_means(real_outputs, fake_outputs):
    return max(0, 1 - np.mean(real_outputs)) + max(0, 1 + np.mean(fake_outputs))


def _one_sign(real_outputs, fake_outputs):
    return np.mean(np.maximum(0, 1 - real_outputs)) + np.mean(np.maximum(0, 1 - fake_outputs))


HINGE_LOSS = Exercise(
    lesson="05",
    reference=hinge_loss,
    check=check_hinge_loss,
    hints=(
        "A real output of 0.3 lacks 0.7; one of 1.5 lacks nothing.",
        "np.maximum(0, 1 - real_outputs), for each sample; the mean comes after it.",
    ),
    wrong_answers={
        "no margin": _no_margin,
        "no floor: that is Wasserstein's": _no_floor,
        "the floor after the mean": _of_the_means,
        "fakes treated like real images": _one_sign,
    },
)

EXERCISES = (AS_MATRIX, LARGEST_SINGULAR_VALUE, HINGE_LOSS)
