"""Helpers for the GAN lessons: data, training, pictures, measures and self-checks.

The names below are what a lesson imports. They are loaded when first used, so that
``import ganbook`` is quick and ``python -m ganbook doctor`` can run where TensorFlow cannot.
"""

import importlib
import os

from ganbook import keras_setup, quiet

# TensorFlow's start-up notes about missing GPUs would be the first thing a learner reads.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Other notes heed no setting; in a notebook, each of them would be red text.
if quiet.in_notebook():
    quiet.leave_out_noise()

__version__ = "0.1.0"

_HOME = {
    "GAN": "gan",
    "LivePanel": "callbacks",
    "RunCheckpoint": "callbacks",
    "SampleGrid": "callbacks",
    "StopOnNaN": "callbacks",
    "exercise": "check",
    "hint": "check",
    "load_data": "data",
    "start_lesson": "lesson",
    "start_page": "lesson",
    "stored_results": "lesson",
    "to_float": "data",
    "to_uint8": "data",
}
_MODULES = ("checkpoint", "features", "losses", "metrics", "models", "penalties", "plots")
_MODULES += ("randomness", "spoiled")

__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name):
    if name not in __all__:
        raise AttributeError(f"module 'ganbook' has no attribute {name!r}")
    keras_setup.check()
    quiet.import_tensorflow()
    if name == "GAN":
        # With it come all classes that a saved GAN can consist of: Keras finds them by name only
        # if they have been imported.
        for module in ("growing", "mistakes"):
            importlib.import_module(f"ganbook.{module}")
    if name in _MODULES:
        return importlib.import_module(f"ganbook.{name}")
    return getattr(importlib.import_module(f"ganbook.{_HOME[name]}"), name)


def __dir__():
    return __all__
