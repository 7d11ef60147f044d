"""What checks of losses share: a loss takes lists of logits and gives one number."""

import numpy as np

from ganbook.exercises import tf
from ganbook.exercises.bench import Answer, Wrong, expect, show


def expect_loss(answer: Answer, lists, expected: float, meaning: str) -> None:
    """Call a loss on lists of logits, one list an argument; hold the number it gives."""
    loss = _loss_of(answer, _columns(lists))
    expect(_call_text(answer, lists), loss.numpy(), expected, meaning)


def expect_gradients(answer: Answer, lists, expected, meaning: str) -> None:
    """Hold the gradient of a loss at the first logit of each list."""
    logits = _columns(lists)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = _loss_of(answer, logits)
    call = _call_text(answer, lists)
    for gradient, numbers, right in zip(tape.gradient(loss, logits), lists, expected, strict=True):
        where = f"The gradient of {call} at the logit {show(numbers[0])}"
        if gradient is None:
            raise Wrong(f"{where} does not exist, expected {show(right)}. Use tf functions only.")
        expect(where, gradient.numpy()[0, 0], right, meaning)


def _loss_of(answer: Answer, logits):
    loss = answer(*logits)
    if not tf.is_tensor(loss):
        kind = type(loss).__name__
        raise Wrong(
            f"{answer.call} gave {show(loss)}, a {kind}, expected a tensor. "
            "Use tf functions from the first line to the last, so that gradients can flow."
        )
    if loss.shape.rank != 0:
        shape = tuple(loss.shape)
        raise Wrong(f"{answer.call} gave shape {shape}, expected (): one number for the batch.")
    if loss.dtype != tf.float32:
        raise Wrong(f"{answer.call} gave dtype {loss.dtype.name}, expected float32.")
    return loss


def _columns(lists):
    """Lists of numbers as logits of shape (batch, 1)."""
    return [tf.constant(numbers, tf.float32)[:, None] for numbers in lists]


def _call_text(answer: Answer, lists) -> str:
    """The call with its logits in one row each, which reads better than columns."""
    return f"{answer.name}({', '.join(show(np.array(numbers)) for numbers in lists)})"
