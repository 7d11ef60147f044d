"""What comes in as numbers: made NumPy's own, and checked, with one clear error for each fault."""

import functools

import numpy as np

from ganbook.errors import DataError


def to_numpy(values) -> np.ndarray:
    """Return an array, a tensor, a variable or a list of them as an array of NumPy's own kinds.

    A network under mixed_bfloat16 or mixed_float16 puts out numbers of 16 bits. NumPy does not
    know bfloat16, and sums in float16 overflow; so both become float32, which holds them exactly.
    Everything else stays as it is.
    """
    if isinstance(values, (list, tuple)):
        values = [to_numpy(value) if hasattr(value, "dtype") else value for value in values]
    array = np.asarray(values.numpy() if hasattr(values, "numpy") else values)
    # bfloat16 and its kin come from a package of their own, as kind "V".
    low = array.dtype == np.float16 or (array.dtype.kind == "V" and "float" in array.dtype.name)
    return array.astype(np.float32) if low else array


def are_points(samples) -> bool:
    """Say whether samples are points, (N, 2), and not images, (N, H, W, C)."""
    return np.ndim(samples) == 2


def takes_numbers(function):
    """Decorate a function that draws: whatever numbers it is given arrive as `to_numpy` gives them.

    That goes for its arguments and for what lists, tuples and dicts among them hold.
    """

    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        args, kwargs = _deep(args), _deep(kwargs)
        return function(*args, **kwargs)

    return wrapped


def _deep(value):
    if isinstance(value, dict):
        return {key: _deep(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_deep(part) for part in value)
    if isinstance(value, np.generic):
        return to_numpy(value)[()]
    # A layer has a dtype, too; numbers have a shape beside it, and cannot be called.
    is_numbers = hasattr(value, "dtype") and hasattr(value, "shape") and not callable(value)
    return to_numpy(value) if is_numbers else value


def checked_features(features: np.ndarray, name: str, at_least: int = 2) -> np.ndarray:
    """Return features as float64 (N, d), or raise DataError (a ValueError) that names what's wrong.

    Refused: anything but two axes of real numbers, no dimensions, fewer than ``at_least`` samples,
    NaN and infinity.
    """
    features = to_numpy(features)
    if features.ndim != 2 or features.shape[1] == 0:
        raise DataError(f"{name} has shape {features.shape}: expected (samples, dimensions)")
    if len(features) < at_least:
        raise DataError(f"{name} has {len(features)} samples: expected {at_least} or more")
    return finite(features, name)


def checked_pair(features_a, features_b, name_a: str, name_b: str, at_least: int = 2):
    """Check two sets of features, and that they have equally many dimensions."""
    features_a = checked_features(features_a, name_a, at_least)
    features_b = checked_features(features_b, name_b, at_least)
    if features_a.shape[1] != features_b.shape[1]:
        raise DataError(
            f"{name_a} has {features_a.shape[1]} dimensions and {name_b} has "
            f"{features_b.shape[1]}: expected the same number"
        )
    return features_a, features_b


def finite(values: np.ndarray, name: str) -> np.ndarray:
    """Return real numbers as float64; refuse other types, NaN and infinity."""
    values = to_numpy(values)
    if values.dtype.kind not in "fiu":
        raise DataError(f"{name} has dtype {values.dtype}: expected real numbers")
    values = values.astype(np.float64)
    bad = values.size - np.count_nonzero(np.isfinite(values))
    if bad:
        raise DataError(f"{name} holds {bad} values that are NaN or infinite: expected none")
    return values


def checked_ids(ids: np.ndarray, kinds: int, name: str) -> np.ndarray:
    """Return class or mode ids as int64 (N,); refuse none at all, non-integers, ids outside."""
    ids = to_numpy(ids)
    if kinds < 1:
        raise DataError(f"the number of classes or modes is {kinds}: expected 1 or more")
    if ids.ndim != 1 or ids.size == 0:
        raise DataError(f"{name} has shape {ids.shape}: expected (samples,), one or more")
    if ids.dtype.kind not in "iu":
        raise DataError(f"{name} has dtype {ids.dtype}: expected integers")
    if ids.min() < 0 or ids.max() >= kinds:
        raise DataError(
            f"{name} reaches from {ids.min()} to {ids.max()}: expected 0 to {kinds - 1}"
        )
    return ids.astype(np.int64)
