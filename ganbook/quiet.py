"""Import TensorFlow without its start-up lines."""

import os
import sys
import tempfile


def import_tensorflow():
    """Import TensorFlow; what it writes to standard error meanwhile is shown only if it fails.

    On a machine without a GPU, TensorFlow's C++ code reports that several times before any
    setting of the log level is read.
    """
    if "tensorflow" in sys.modules:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as spoken:
        os.dup2(spoken.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        except BaseException:
            spoken.seek(0)
            os.write(kept, spoken.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
