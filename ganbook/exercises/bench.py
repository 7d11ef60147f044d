"""The bench on which an answer is tried: what the checks of the lessons are written with.

A check calls an :class:`Answer` on small inputs and raises :class:`Wrong`, mostly by ``expect``.
"""

import contextlib
import io
import re
import traceback
import warnings
from collections.abc import Callable

import numpy as np


class Wrong(Exception):
    """Raised by a check: the message says what the answer gave and what was expected."""


class Crashed(Wrong):
    """The answer raised an exception while it was checked."""


class Unsolved(Exception):
    """The answer is still the stub."""


class Answer:
    """A learner's function on the bench: called with copies, silenced, its failures explained.

    Attributes:
        call: the last call as text, such as "scale_back([-1, 1])", to begin a message with.
        result: what the last call returned.
        printed: what the last call printed, shortened.
    """

    def __init__(self, function: Callable, name: str):
        self.function = function
        self.name = name
        self.call = f"{name}()"
        self.result = None
        self.printed = ""

    def __call__(self, *inputs):
        """Call the function. Arrays are copied first, so that it cannot spoil the check's own."""
        self.call = f"{self.name}({', '.join(show(value) for value in inputs)})"
        given = [value.copy() if isinstance(value, np.ndarray) else value for value in inputs]
        output = io.StringIO()
        try:
            with contextlib.redirect_stdout(output), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.result = self.function(*given)
        except Exception as error:
            if _met_the_dots(error) or self._left_open(error):
                raise Unsolved from None
            raise Crashed(self._crash_message(error)) from None
        finally:
            self.printed = _shorten(" | ".join(output.getvalue().split("\n")[:5]).strip(" |"))
        self._refuse_nothing()
        self._refuse_changed_inputs(inputs, given)
        return self.result

    def _refuse_nothing(self) -> None:
        if self.result is Ellipsis or (self.result is None and _is_empty(self.function)):
            raise Unsolved
        if self.result is None:
            raise Wrong(f"{self.call} gave None. Does the function end with return?")

    def _refuse_changed_inputs(self, inputs, given) -> None:
        for before, after in zip(inputs, given, strict=True):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after):
                raise Wrong(
                    f"{self.call} changed its own input to {show(after)}, expected {show(before)} "
                    "as before. Make a new array instead, the caller still needs the old one."
                )

    def _left_open(self, error: Exception) -> bool:
        # Libraries raise NotImplementedError too: only the function's own means "not yet".
        own = traceback.extract_tb(error.__traceback__)[-1].filename == self._filename()
        return isinstance(error, NotImplementedError) and own

    def _filename(self) -> str | None:
        return getattr(getattr(self.function, "__code__", None), "co_filename", None)

    def _crash_message(self, error: Exception) -> str:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == self._filename()]
        lines = [frame.line for frame in own if frame.line]
        where = f" in the line: {lines[-1]}" if lines else ""
        return f"{self.call} stopped with {type(error).__name__}: {first_line(error)}{where}"


def _is_empty(function: Callable) -> bool:
    """Whether a body does nothing: it uses no name, no new variable and no number.

    Asks the compiled code, because the source is not always at hand.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    numbers = [value for value in code.co_consts if isinstance(value, (float, int))]
    arguments = code.co_argcount + code.co_kwonlyargcount
    return not code.co_names and not numbers and code.co_nlocals == arguments


def _met_the_dots(error: Exception) -> bool:
    # A stub may hold given lines around its dots: "scaled = ..." then fails one line later.
    return isinstance(error, (TypeError, ValueError)) and "ellipsis" in str(error).lower()


def first_line(error: Exception) -> str:
    # TensorFlow starts its messages with "{{function_node ...}}", which tells a learner nothing.
    text = re.sub(r"\{\{.*?\}\}", "", str(error)).strip()
    return _shorten(text.split("\n")[0].strip())


def _shorten(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


def show(value) -> str:
    """A number, array, tensor or anything else as short text for a message."""
    if isinstance(value, float):
        return f"{value:.5g}"
    try:
        array = np.asarray(value) if hasattr(value, "__array__") else None
    except Exception:  # a symbolic tensor has no values to show
        array = None
    if array is None:
        return _shorten(repr(value).split("\n")[0], 60)
    if array.size > 8:
        return f"<{array.dtype} of shape {array.shape}>"
    return _show_nested(array.tolist())


def _show_nested(value) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_show_nested(item) for item in value) + "]"
    return show(value)


def expect(call, got, expected, meaning: str = "", tolerance: float = 1e-4) -> None:
    """Hold one number to its expected value.

    Args:
        call: what was called, as text; or the `Answer`, whose last call is meant. Beside a call in
            the same line the text would be that of the call before it.
        got: the number that came out.
        expected: the number that is right.
        meaning: a sentence for the learner on what the expected number stands for.
        tolerance: allowed difference, relative for expected values beyond 1, else absolute.

    Raises:
        Wrong: they differ, or ``got`` is not a number (NaN).
    """
    call = call.call if isinstance(call, Answer) else call
    if not abs(float(got) - float(expected)) <= tolerance * max(1.0, abs(float(expected))):
        raise Wrong(f"{call} gave {show(got)}, expected {show(expected)}. {meaning}".rstrip())
