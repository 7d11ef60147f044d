"""TensorFlow without its start-up lines, and notebooks without the lines its C++ code leaves there.

TensorFlow's C++ code writes to descriptor 2 of the process, past every setting of Python. At the
start that is a report that there is no GPU. Later, in a notebook, where all that arrives there
turns into red text, it is notes ("Compiled cluster using XLA!") and one complaint of an optimizer
of graphs that leaves the graph as it is. Switching that optimizer off would change the numbers.
"""

import contextlib
import logging
import os
import re
import select
import sys
import tempfile
import threading

# Whole lines that tell a reader nothing: notes (one has a second line), the remark that precedes
# the first of them, and the optimizer's complaint, after which the graph runs as it was. All else
# is passed on. After the letter such a line has a date, a time, a thread, and a place in the code:
# what a reader's own program says is not taken for one.
NOISE = re.compile(
    rb"^(I\d{4} [\d:.]+ +\d+ \S+:\d+\] .*"
    rb"|To enable the following instructions: .* rebuild TensorFlow with the appropriate .*"
    rb"|WARNING: All log messages before absl::InitializeLog\(\) is called .*"
    rb"|E\d{4} [\d:.]+ +\d+ \S*meta_optimizer\.cc:\d+\] remapper failed: "
    rb".*Mutation::Apply error.*)\r?\n?$"
)
# What begins like this may turn out to be such a line, so its end is waited for, this long.
BEGINNING = re.compile(rb"^([IE](\d{0,3}|\d{4}( .*)?)|W(ARNING: All.*)?)$")
PATIENCE = 0.2  # seconds
SIZE = 65_536


def import_tensorflow():
    """Import TensorFlow; what it writes to standard error meanwhile is shown only if it fails.

    On a machine without a GPU, TensorFlow's C++ code reports that several times before any
    setting of the log level is read.
    """
    if "tensorflow" not in sys.modules:
        with _held_back():
            import tensorflow  # noqa: F401
    if in_notebook() and hasattr(sys.modules["tensorflow"], "get_logger"):
        # Python's part has notes of its own ("INFO:tensorflow:Using MirroredStrategy with devices
        # ..."), and it sets its level when the logger is first asked for. Warnings and errors stay.
        sys.modules["tensorflow"].get_logger().setLevel(logging.WARNING)


def in_notebook() -> bool:
    """Say whether output goes to a notebook (JupyterLab, Colab), which can redraw a figure.

    There, what is written to descriptor 2 becomes red text.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ in ("ZMQInteractiveShell", "Shell")


@contextlib.contextmanager
def _held_back():
    """Keep what is written to descriptor 2, and show it if there is an error."""
    with contextlib.suppress(Exception):  # it may be None, or have been closed
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # a service, or a program with windows, may have no standard error at all
        yield
        return
    with tempfile.TemporaryFile() as spoken:
        os.dup2(spoken.fileno(), 2)
        try:
            yield
        except BaseException:
            spoken.seek(0)
            os.write(kept, spoken.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


_filtering = []  # the process that has a filter; a forked one has none of its own


def leave_out_noise():
    """From now on, drop the lines of `NOISE` from what arrives at descriptor 2.

    A thread reads what is written there and passes all else on, in its order. To be called in
    kernels only: what a process that dies writes last could be lost, as it is there anyway. Called
    again, or where there is no descriptor 2, it does nothing; nor does it on Windows, where kernels
    leave descriptor 2 alone.
    """
    if os.name != "posix" or (_filtering and _filtering[0] == os.getpid()):
        return
    try:
        onward = os.dup(2)
    except OSError:
        return
    source, sink = os.pipe()
    os.dup2(sink, 2)
    os.close(sink)
    thread = threading.Thread(target=_pass_on, args=(source, onward), daemon=True)
    thread.start()
    _filtering[:] = [os.getpid()]


def _pass_on(source, onward):
    """Copy from one descriptor to another, less the noise, until the first one ends."""
    rest = b""
    while True:
        if rest and not select.select([source], [], [], PATIENCE)[0]:
            _write(onward, rest)
            rest = b""
            continue
        chunk = os.read(source, SIZE)
        kept, rest = sift(rest + chunk)
        _write(onward, kept if chunk else kept + rest)
        if not chunk:
            return


def sift(text: bytes) -> tuple[bytes, bytes]:
    """Return a text without the lines of noise, and the beginning of a line that may become one."""
    *lines, last = text.splitlines(keepends=True) or [b""]
    if last.endswith(b"\n") or not BEGINNING.match(last):
        lines, last = [*lines, last], b""
    return b"".join(line for line in lines if not NOISE.match(line)), last


def _write(descriptor, content):
    """Write all of it, or, where the other end is gone, nothing: a writer must never wait."""
    with contextlib.suppress(OSError):
        while content:
            content = content[os.write(descriptor, content) :]
