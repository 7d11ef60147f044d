"""What the networks run on: a name for people, and how fast it is."""

import os
import platform
import time
from pathlib import Path

import tensorflow as tf


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
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def calibrate() -> float:
    """Return the milliseconds of a small matrix product here: how fast this machine is."""
    matrix = tf.ones((784, 784))
    times = []
    for _ in range(8):
        start = time.perf_counter()
        (matrix @ matrix).numpy()
        times.append(time.perf_counter() - start)
    return 1000 * sorted(times)[2]
