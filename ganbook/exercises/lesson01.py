"""Exercises of lesson 01: pixels, the generator's loss, one-sided label smoothing."""

import math

import numpy as np

from ganbook.exercises import tf
from ganbook.exercises.bench import Answer, Wrong, expect, show
from ganbook.exercises.exercise import Exercise
from ganbook.exercises.on_logits import expect_gradients, expect_loss

LN2 = math.log(2.0)


# --- 1. scale_back ------------------------------------------------------------------------------


def scale_back(images):
    """Turn the generator's output into pixels.

    Takes a NumPy array of floats in [-1, 1], of any shape.
    Returns a new NumPy array of the same shape, dtype uint8: -1 becomes 0 and 1 becomes 255.
    Round to the nearest whole number. What lies outside [-1, 1] becomes 0 or 255.
    """
    pixels = np.rint((images + 1.0) * 127.5)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def check_scale_back(answer: Answer) -> None:
    """Type and shape first, then the ends, the rounding, the clipping, and all 256 pixels."""
    _scale_back_of(answer, np.float32([[[-1.0], [1.0]], [[-0.5], [0.5]]]))
    _expect_pixels(answer, [-1.0, 1.0], [0, 255], "-1 is black, 0, and 1 is white, 255.")
    _expect_pixels(
        answer,
        [-0.995, -0.3, 0.3, 0.999],
        [1, 89, 166, 255],
        "Are the values rounded? A cast to uint8 drops what is behind the point.",
    )
    _expect_pixels(
        answer,
        [1.01, 3.0, -1.01, -3.0],
        [255, 255, 0, 0],
        "Clip before the cast: uint8 holds 0 to 255 and wraps around beyond.",
    )
    every_pixel = np.arange(256)
    as_floats = (every_pixel / 127.5 - 1.0).astype(np.float32)
    _expect_pixels(answer, as_floats, every_pixel, "Pixels scaled to [-1, 1] must come back.")


def _scale_back_of(answer: Answer, images: np.ndarray) -> np.ndarray:
    pixels = answer(images)
    if hasattr(pixels, "numpy"):
        raise Wrong(f"{answer.call} gave a tensor, expected a NumPy array. Add .numpy().")
    if not isinstance(pixels, np.ndarray):
        kind = type(pixels).__name__
        raise Wrong(f"{answer.call} gave {show(pixels)}, a {kind}, expected a NumPy array.")
    if pixels.shape != images.shape:
        raise Wrong(f"{answer.call} gave shape {pixels.shape}, expected {images.shape}.")
    if pixels.dtype != np.uint8:
        raise Wrong(f"{answer.call} gave dtype {pixels.dtype}, expected uint8.")
    return pixels


def _expect_pixels(answer: Answer, values, expected, meaning: str) -> None:
    values = np.float32(values)
    pixels = _scale_back_of(answer, values)
    for value, pixel, right in zip(values, pixels, expected, strict=True):
        expect(f"scale_back({show(value)})", pixel, right, meaning, tolerance=0.0)


def _classic_scaling(images):
    return np.clip(np.rint((images / 2 + 1) * 255), 0, 255).astype(np.uint8)


def _truncated(images):
    return np.clip((images + 1) * 127.5, 0, 255).astype(np.uint8)


def _unclipped(images):
    # By way of int64: a float beyond 255 cast to uint8 differs between processors.
    return np.rint((images + 1) * 127.5).astype(np.int64).astype(np.uint8)


def _still_floats(images):
    return np.clip(np.rint((images + 1) * 127.5), 0, 255)


SCALE_BACK = Exercise(
    lesson="01",
    reference=scale_back,
    check=check_scale_back,
    hints=(
        "Write down where -1, 0 and 1 must go. It is a straight line: what is its slope?",
        "Add 1, then multiply by 127.5. Now -1 is at 0 and 1 is at 255.",
        "np.rint rounds, np.clip(pixels, 0, 255) clips, .astype(np.uint8) comes last.",
    ),
    wrong_answers={
        "the classic (x / 2 + 1) * 255: nothing is darker than 128": _classic_scaling,
        "no rounding: the cast truncates, one off": _truncated,
        "no clipping: 1.01 wraps around to black": _unclipped,
        "floats between 0 and 255": _still_floats,
    },
)


# --- 2. generator_loss --------------------------------------------------------------------------


def generator_loss(fake_logits):
    """The non-saturating loss of the generator.

    Takes the discriminator's logits for a batch of fakes: a float32 tensor of shape (batch, 1).
    Returns one number, a scalar tensor: the mean of -log(sigmoid(logit)) over the batch.
    It must stay finite for every logit, -1000 included.
    """
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))


def check_generator_loss(answer: Answer) -> None:
    """Two logits a call, so that a sum is twice the mean."""
    expect_loss(answer, [[0, 0]], LN2, "D knows nothing: each logit costs ln 2, and so the mean.")
    expect_loss(answer, [[-5, -5]], 5.0067, "The fakes were found out: that must be costly.")
    expect_loss(answer, [[100, 100]], 0.0, "The fakes passed as real: that costs nothing.")
    expect_loss(answer, [[-2, 3]], 1.08776, "It is the mean over the batch.")
    expect_loss(
        answer,
        [[-1000, -1000]],
        1000.0,
        "log(sigmoid(x)) fails here: sigmoid(-1000) is 0 in float32.",
    )
    expect_gradients(
        answer, [[-20, -20]], [-0.5], "A bad fake must get a strong gradient: -1 / batch size."
    )


def _saturating(fake_logits):
    return -tf.reduce_mean(tf.nn.softplus(fake_logits))


def _log_one_minus(fake_logits):
    return tf.reduce_mean(tf.math.log(1.0 - tf.sigmoid(fake_logits)))


def _summed(fake_logits):
    return tf.reduce_sum(tf.nn.softplus(-fake_logits))


def _log_of_sigmoid(fake_logits):
    return -tf.reduce_mean(tf.math.log(tf.sigmoid(fake_logits)))


def _log_with_epsilon(fake_logits):
    return -tf.reduce_mean(tf.math.log(tf.sigmoid(fake_logits) + 1e-7))


def _flipped(fake_logits):
    return tf.reduce_mean(tf.nn.softplus(fake_logits))


def _without_gradient(fake_logits):
    return tf.constant(np.mean(np.logaddexp(0.0, -fake_logits.numpy())), tf.float32)


def _without_from_logits(fake_logits):
    return tf.keras.losses.BinaryCrossentropy()(tf.ones_like(fake_logits), fake_logits)


GENERATOR_LOSS = Exercise(
    lesson="01",
    reference=generator_loss,
    check=check_generator_loss,
    hints=(
        "The generator wants its fakes to be called real. Which logits should cost it nothing?",
        "-log(sigmoid(x)) is log(1 + exp(-x)). TensorFlow has log(1 + exp(x)) as one safe "
        "function: tf.nn.softplus.",
        "Take tf.nn.softplus of minus the logits, then tf.reduce_mean.",
    ),
    wrong_answers={
        "the saturating loss, from the logits": _saturating,
        "the saturating loss, log(1 - sigmoid)": _log_one_minus,
        "sum instead of mean": _summed,
        "log(sigmoid): infinite at -1000": _log_of_sigmoid,
        "log(sigmoid + epsilon): finite, and flat where it matters": _log_with_epsilon,
        "the sign flipped: rewards being found out": _flipped,
        "NumPy on the way: the right number, but no gradient": _without_gradient,
        "cross-entropy that takes logits for probabilities": _without_from_logits,
    },
)


# --- 3. smooth_real_loss ------------------------------------------------------------------------


def smooth_real_loss(real_logits, fake_logits):
    """The discriminator's loss with one-sided label smoothing.

    Takes its logits for a batch of real images and for a batch of fakes: float32, shape (batch, 1).
    The target is 0.9 for the real images and 0 for the fakes.
    Returns a scalar tensor: the mean cross-entropy on the real images plus the mean on the fakes.
    """
    real_loss = tf.nn.softplus(real_logits) - 0.9 * real_logits
    fake_loss = tf.nn.softplus(fake_logits)
    return tf.reduce_mean(real_loss) + tf.reduce_mean(fake_loss)


def check_smooth_real_loss(answer: Answer) -> None:
    """Batches of 2 and 3, so that one mean over both is not the sum of two means."""
    zeros, found_out = [0, 0], [-100, -100, -100]
    expect_loss(answer, [zeros, [0, 0, 0]], 2 * LN2, "D knows nothing: ln 2 for each side.")
    expect_loss(
        answer,
        [zeros, found_out],
        LN2,
        "The fakes are found out. That costs nothing, because their target stays 0.",
    )
    expect_loss(
        answer,
        [[100, 100], found_out],
        10.0,
        "The target 0.9 makes it costly to be too sure of a real image.",
    )
    expect_loss(answer, [[-1, 3], [-2, 0, 1]], 1.49204, "Add two means, one for each side.")
    expect_gradients(
        answer,
        [[math.log(9.0)] * 2, [0, 0, 0]],
        [0.0, 1 / 6],
        "The loss on real images is lowest where sigmoid(logit) is 0.9.",
    )


def _smooth(logits, target):
    return tf.reduce_mean(tf.nn.softplus(logits) - target * logits)


def _both_sides(real_logits, fake_logits):
    return _smooth(real_logits, 0.9) + _smooth(fake_logits, 0.1)


def _fakes_only(real_logits, fake_logits):
    return _smooth(real_logits, 1.0) + _smooth(fake_logits, 0.1)


def _not_smoothed(real_logits, fake_logits):
    return _smooth(real_logits, 1.0) + _smooth(fake_logits, 0.0)


def _weighted(real_logits, fake_logits):
    return 0.9 * _smooth(real_logits, 1.0) + _smooth(fake_logits, 0.0)


def _one_mean(real_logits, fake_logits):
    logits = tf.concat([real_logits, fake_logits], axis=0)
    targets = tf.concat([0.9 * tf.ones_like(real_logits), tf.zeros_like(fake_logits)], axis=0)
    return _smooth(logits, targets)


SMOOTH_REAL_LOSS = Exercise(
    lesson="01",
    reference=smooth_real_loss,
    check=check_smooth_real_loss,
    hints=(
        "Two cross-entropies, added: one on the real images, one on the fakes. Only one of them "
        "has a target other than 0 or 1.",
        "Cross-entropy on a logit x with the target t is softplus(x) - t * x. What is left of it "
        "where t is 0?",
        "tf.reduce_mean of tf.nn.softplus(real_logits) - 0.9 * real_logits, plus tf.reduce_mean "
        "of tf.nn.softplus(fake_logits).",
    ),
    wrong_answers={
        "smooths the fakes as well, with the target 0.1": _both_sides,
        "smooths the fakes only": _fakes_only,
        "smooths nothing": _not_smoothed,
        "0.9 as a factor on the loss, not as a target": _weighted,
        "one mean over real and fake together": _one_mean,
    },
)


EXERCISES = (SCALE_BACK, GENERATOR_LOSS, SMOOTH_REAL_LOSS)
