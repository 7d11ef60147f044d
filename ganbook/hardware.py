"""What the networks run on: a name for people, and in which precision."""

import os
import platform
from pathlib import Path

import tensorflow as tf

from ganbook.errors import SettingError

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
BFLOAT16_SINCE = (8, 0)  # compute capability of a GPU


def device() -> str:
    """Return what the networks will run on, in a few words."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("device_name", "GPU")
    return f"CPU ({os.cpu_count()} cores)"


def description() -> str:
    """Return :func:`device` with the processor's name, as a measured time needs it beside it."""
    if tf.config.list_physical_devices("GPU"):
        return device()
    return f"{os.cpu_count()} cores of {processor()}"


def processor() -> str:
    """Return the name of the processor, as well as the operating system knows it."""
    names = _cpu_info("model name")
    return names[0] if names else platform.processor() or platform.machine()


def _cpu_info(key):
    """Return what Linux says about each processor under a key; nothing on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    pairs = (line.partition(":") for line in lines)
    return [value.strip() for name, _, value in pairs if name.strip() == key]


def has_bfloat16() -> bool:
    """Say whether what computes here multiplies bfloat16 itself, which makes convolutions quicker.

    A GPU does from compute capability 8.0 on (of several, every one must). A processor is known to
    on Linux only, from the names AVX512-BF16 and AMX-BF16; elsewhere the answer is False.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        return all(one.get("compute_capability", (0, 0)) >= BFLOAT16_SINCE for one in details)
    flags = _cpu_info("flags")
    return bool(flags) and not {"avx512_bf16", "amx_bf16"}.isdisjoint(flags[0].split())


def precision(asked=None) -> str:
    """Return the dtype policy for convolutions: what was asked for, or the quicker one here.

    "mixed_bfloat16" computes in bfloat16 and keeps weights, BatchNorm's sums and losses in float32.
    "mixed_float16", for GPUs that know float16 only, is never chosen by itself; a `GAN` then scales
    its losses (Micikevicius et al., 2018, section 3.2), as Keras's LossScaleOptimizer does.

    Raises:
        SettingError: there is no such precision.
    """
    if asked is None:
        return "mixed_bfloat16" if has_bfloat16() else "float32"
    if asked not in PRECISIONS:
        raise SettingError(f"unknown precision {asked!r}; choose one of {', '.join(PRECISIONS)}.")
    return asked
