"""The exercises of the lessons: one module a lesson, each with a tuple ``EXERCISES``.

How an exercise is checked is in ``ganbook.check``. What is here is their content.
"""

import importlib


class _TensorFlow:
    """TensorFlow, imported at first use: an exercise on plain arrays answers without the wait.

    A reference is also what the notebook prints as the solution, so it says ``tf.`` as learners do
    and holds no import of its own.
    """

    def __getattr__(self, name):
        return getattr(importlib.import_module("tensorflow"), name)


tf = _TensorFlow()
