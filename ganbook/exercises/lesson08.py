"""Exercises of lesson 08: a relativistic loss, a penalty around zero, an average of weights."""

import numpy as np

from ganbook.exercises import tf
from ganbook.exercises.bench import Answer, Wrong, expect
from ganbook.exercises.exercise import Exercise
from ganbook.exercises.on_logits import expect_gradients, expect_loss

# --- 1. relativistic_loss -----------------------------------------------------------------------


def relativistic_loss(real_logits, fake_logits):
    """Compute the discriminator's relativistic loss: real i against fake i.

    Takes two tensors of logits, float32 of shape (N, 1) each.
    Returns a scalar tensor: the mean over the pairs of softplus(-(real - fake)).
    """
    return tf.reduce_mean(tf.nn.softplus(fake_logits - real_logits))


def check_relativistic_loss(answer: Answer) -> None:
    """Equal logits, one pair, a shift that changes nothing, two pairs, and the gradients."""
    expect_loss(answer, [[0.0], [0.0]], np.log(2.0), "No difference: ln 2.")
    expect_loss(answer, [[3.0], [1.0]], np.log1p(np.exp(-2.0)), "softplus(-(3 - 1)).")
    expect_loss(answer, [[103.0], [101.0]], np.log1p(np.exp(-2.0)), "Only the difference counts.")
    apart = (np.log1p(np.exp(-4.0)) + np.log1p(np.exp(4.0))) / 2
    expect_loss(answer, [[2.0, -2.0], [-2.0, 2.0]], apart, "Each pair by itself, then the mean.")
    expect_gradients(answer, [[0.0], [0.0]], [-0.5, 0.5], "Real is pushed up, fake down.")


def _generators(real_logits, fake_logits):
    return tf.reduce_mean(tf.nn.softplus(real_logits - fake_logits))


def _of_means(real_logits, fake_logits):
    return tf.nn.softplus(tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits))


def _not_relativistic(real_logits, fake_logits):
    return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(
        tf.nn.softplus(fake_logits)
    )


def _summed(real_logits, fake_logits):
    return tf.reduce_sum(tf.nn.softplus(fake_logits - real_logits))


def _no_softplus(real_logits, fake_logits):
    return tf.reduce_mean(fake_logits - real_logits)


RELATIVISTIC_LOSS = Exercise(
    lesson="08",
    reference=relativistic_loss,
    check=check_relativistic_loss,
    hints=(
        "Take the difference first: fake_logits - real_logits is -(real - fake).",
        "tf.nn.softplus of each difference, then tf.reduce_mean.",
    ),
    wrong_answers={
        "the generator's": _generators,
        "the means first": _of_means,
        "each logit by itself": _not_relativistic,
        "summed": _summed,
        "no softplus": _no_softplus,
    },
)


# --- 2. zero_penalty ----------------------------------------------------------------------------


def zero_penalty(gradients, gamma):
    """Compute a gradient penalty around zero: R1 on real images, R2 on fakes.

    Takes the discriminator's gradients at N images, a NumPy array of shape (N, H, W, C), and gamma.
    Returns one number: gamma / 2 times the mean over the images of the squared gradient norm.
    """
    squares = np.sum(np.square(gradients), axis=(1, 2, 3))
    return gamma / 2 * np.mean(squares)


def check_zero_penalty(answer: Answer) -> None:
    """Nothing; one image; two of them; another gamma."""
    expect(answer, answer(np.zeros((2, 2, 2, 1)), 1.0), 0.0, "A flat discriminator pays nothing.")
    slope = np.zeros((1, 2, 2, 1))
    slope[0, 0, 0, 0], slope[0, 1, 1, 0] = 3.0, 4.0
    meaning = "The norm is 5, squared 25, and gamma / 2 = 1/2."
    expect(answer, answer(slope, 1.0), 12.5, meaning)
    both = np.concatenate([slope, np.zeros_like(slope)])
    expect(answer, answer(both, 1.0), 6.25, "The mean over two images, one of them flat.")
    expect(answer, answer(slope, 10.0), 125.0, "gamma / 2 = 5.")


def _no_half(gradients, gamma):
    return 2 * zero_penalty(gradients, gamma)


def _not_squared(gradients, gamma):
    return gamma / 2 * np.mean(np.sqrt(np.sum(np.square(gradients), axis=(1, 2, 3))))


def _around_one(gradients, gamma):
    norms = np.sqrt(np.sum(np.square(gradients), axis=(1, 2, 3)))
    return gamma / 2 * np.mean(np.square(norms - 1))


def _mean_of_values(gradients, gamma):
    return gamma / 2 * np.mean(np.square(gradients))


def _sum_of_images(gradients, gamma):
    return gamma / 2 * np.sum(np.square(gradients))


ZERO_PENALTY = Exercise(
    lesson="08",
    reference=zero_penalty,
    check=check_zero_penalty,
    hints=(
        "The squared norm of one image's gradient is the sum of the squares of its values.",
        "np.sum(np.square(gradients), axis=(1, 2, 3)) has one number for each image.",
    ),
    wrong_answers={
        "without the half": _no_half,
        "norms that are not squared": _not_squared,
        "around one, as WGAN-GP": _around_one,
        "the mean over all values": _mean_of_values,
        "the sum over the images": _sum_of_images,
    },
)


# --- 3. averaged --------------------------------------------------------------------------------


def averaged(slow, fast, step, bound):
    """Compute the next value of an averaged weight.

    Takes the average so far, the weight now (NumPy arrays of one shape), the step, counted from 0,
    and the largest decay.
    Returns an array: decay * slow + (1 - decay) * fast, with the decay (1 + step) / (10 + step), or
    the bound where that is less.
    """
    decay = min(bound, (1 + step) / (10 + step))
    return decay * slow + (1 - decay) * fast


def check_averaged(answer: Answer) -> None:
    """The first step, a late one, one between; an array."""
    first = np.asarray(answer(np.array([0.0, 10.0]), np.array([1.0, 0.0]), 0, 0.999))
    if first.shape != (2,):
        raise Wrong(f"{answer.call} gave shape {first.shape}, expected (2,).")
    expect(f"{answer.call}[0]", first[0], 0.9, "At step 0 the decay is 1/10.")
    expect(f"{answer.call}[1]", first[1], 1.0, "At step 0 the decay is 1/10.")
    late = np.asarray(answer(np.array([0.0]), np.array([1.0]), 10**6, 0.9))
    expect(f"{answer.call}[0]", late[0], 0.1, "Late the decay is its bound, 0.9.")
    between = np.asarray(answer(np.array([1.0]), np.array([0.0]), 8, 0.999))
    expect(f"{answer.call}[0]", between[0], 0.5, "At step 8 the decay is 9/18.")


def _other_way_around(slow, fast, step, bound):
    return averaged(fast, slow, step, bound)


def _always_the_bound(slow, fast, step, bound):
    return bound * slow + (1 - bound) * fast


def _larger_of_both(slow, fast, step, bound):
    decay = max(bound, (1 + step) / (10 + step))
    return decay * slow + (1 - decay) * fast


def _counted_from_one(slow, fast, step, bound):
    return averaged(slow, fast, step - 1, bound)


AVERAGED = Exercise(
    lesson="08",
    reference=averaged,
    check=check_averaged,
    hints=(
        "decay = min(bound, (1 + step) / (10 + step)): small at first, so that the start is lost.",
        "The old average is multiplied by the decay, the weight of now by 1 - decay.",
    ),
    wrong_answers={
        "the other way around": _other_way_around,
        "no warm-up": _always_the_bound,
        "the larger of both": _larger_of_both,
        "counted from one": _counted_from_one,
    },
)

EXERCISES = (RELATIVISTIC_LOSS, ZERO_PENALTY, AVERAGED)
