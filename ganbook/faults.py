"""What TensorFlow says in pages when a training fails, in one line that says what to do."""

import contextlib

import tensorflow as tf

from ganbook.errors import SettingError

XLA_CANNOT = ("unsupported operations", "No registered", "XLA_CPU_JIT", "XLA_GPU_JIT")


@contextlib.contextmanager
def named(gan):
    """Turn what a step raises into one line where it is known what helps; the rest passes."""
    try:
        yield
    except tf.errors.OpError as error:
        raise _better(gan, error) from error


def _better(gan, error):
    text = str(error.message)
    if gan.jit_compile and any(part in text for part in XLA_CANNOT):
        return SettingError(
            f"XLA cannot compile this step ({_why(text)}). "
            "gan.compile(jit_compile=False) does without it; gan.compile(run_eagerly=True) runs it "
            "as plain Python, with print and a debugger."
        )
    return error


def _why(text):
    """Return the line of a long message that says what XLA found."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [line for line in lines if any(part in line for part in XLA_CANNOT)]
    return (found or lines)[0][:200]
