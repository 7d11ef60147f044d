"""Errors that a reader of the lessons can do something about.

Everything the package refuses on purpose is a :class:`GanbookError` with a one-line message that
names the value and says what would be right. The command line prints that line and nothing else.
"""


class GanbookError(Exception):
    """An expected problem with a one-line message for the person at the keyboard."""


class DataError(GanbookError, ValueError):
    """A data set is missing, damaged, or asked for in a way that does not exist."""


class SettingError(GanbookError, ValueError):
    """An argument, preset or flag has a value that cannot work."""


class RunError(GanbookError, RuntimeError):
    """A run folder or checkpoint cannot be used as asked."""


class PitfallWarning(UserWarning):
    """These settings run, and are known to train badly."""
