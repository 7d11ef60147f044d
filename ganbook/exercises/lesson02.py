"""Exercises of lesson 02: a black border, the size of a convolution, a walk between latents."""

import numpy as np

from ganbook.exercises.bench import Answer, Wrong, expect, show
from ganbook.exercises.exercise import Exercise

# --- 1. pad_to_32 -------------------------------------------------------------------------------


def pad_to_32(images):
    """Put a black border of 2 pixels around every image.

    Takes a NumPy array of pixels, uint8, shape (N, 28, 28, 1).
    Returns a new array, uint8, shape (N, 32, 32, 1): the images in the middle, 0 around them.
    """
    return np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))


def check_pad_to_32(answer: Answer) -> None:
    """Shape and type first, then where the image is, and how dark the border."""
    images = np.full((3, 28, 28, 1), 200, np.uint8)
    padded = answer(images)
    if not isinstance(padded, np.ndarray) or padded.shape != (3, 32, 32, 1):
        shape = getattr(padded, "shape", show(padded))
        raise Wrong(f"{answer.call} gave shape {shape}, expected (3, 32, 32, 1).")
    if padded.dtype != np.uint8:
        raise Wrong(f"{answer.call} gave dtype {padded.dtype}, expected uint8.")
    expect(f"the corner of {answer.call}", padded[0, 0, 0, 0], 0, "Black is 0 before scaling.")
    expect(f"the border of {answer.call}", padded[:, :, :2].max(), 0, "The border is black.")
    for side, pixel in {
        "top left": padded[1, 2, 2, 0],
        "bottom right": padded[1, 29, 29, 0],
    }.items():
        expect(f"the image's {side} in {answer.call}", pixel, 200, "The image is in the middle.")


def _one_sided(images):
    return np.pad(images, ((0, 0), (4, 0), (4, 0), (0, 0)))


def _gray(images):
    return np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=128)


def _too_wide(images):
    return np.pad(images, ((0, 0), (4, 4), (4, 4), (0, 0)))


def _every_axis(images):
    return np.pad(images, 2)


PAD_TO_32 = Exercise(
    lesson="02",
    reference=pad_to_32,
    check=check_pad_to_32,
    hints=(
        "np.pad takes one pair (before, after) for each of the four axes.",
        "The first axis counts images and the last channels: neither of them grows.",
    ),
    wrong_answers={
        "all on one side": _one_sided,
        "gray, the classic recipe's border": _gray,
        "four pixels on each side": _too_wide,
        "every axis padded": _every_axis,
    },
)


# --- 2. conv_parameters -------------------------------------------------------------------------


def conv_parameters(kernel_size, channels_in, channels_out):
    """Count the parameters of a convolution with a bias.

    Takes three whole numbers: the height and width of its square kernel, the channels that it
    reads, and the channels that it makes.
    Returns a whole number.
    """
    return kernel_size * kernel_size * channels_in * channels_out + channels_out


def check_conv_parameters(answer: Answer) -> None:
    """Numbers that differ in every place where a factor can be forgotten."""
    got = answer(1, 1, 1)
    expect(answer.call, got, 2, "One weight and one bias.", tolerance=0)
    got = answer(5, 1, 8)
    expect(answer.call, got, 208, "Eight kernels of 25 weights, and 8 biases.", tolerance=0)
    got = answer(5, 8, 64)
    expect(answer.call, got, 12_864, "Each kernel reads all input channels.", tolerance=0)
    got = answer(4, 128, 64)
    expect(answer.call, got, 131_136, "16 * 128 * 64 weights and 64 biases.", tolerance=0)


def _without_bias(kernel_size, channels_in, channels_out):
    return kernel_size**2 * channels_in * channels_out


def _one_channel(kernel_size, channels_in, channels_out):
    return kernel_size**2 * channels_out + channels_out


def _bias_for_inputs(kernel_size, channels_in, channels_out):
    return kernel_size**2 * channels_in * channels_out + channels_in


def _side_once(kernel_size, channels_in, channels_out):
    return kernel_size * channels_in * channels_out + channels_out


CONV_PARAMETERS = Exercise(
    lesson="02",
    reference=conv_parameters,
    check=check_conv_parameters,
    hints=(
        "One output channel has one kernel, and a kernel has a square for each input channel.",
        "kernel_size * kernel_size * channels_in weights for each output channel, and a bias.",
    ),
    wrong_answers={
        "no biases": _without_bias,
        "a kernel that reads one channel": _one_channel,
        "a bias for each input channel": _bias_for_inputs,
        "a line in the place of a square": _side_once,
    },
)


# --- 3. walk ------------------------------------------------------------------------------------


def walk(start, end, count):
    """Walk from one latent to another along an arc around the origin.

    Takes two NumPy arrays of shape (latent,) and a whole number, 2 or more.
    Returns an array of shape (count, latent): the first row is start, the last one is end. With the
    angle w between them, row i is (sin((1 - t) w) start + sin(t w) end) / sin(w), and t goes in
    equal steps from 0 to 1.
    """
    cosine = np.dot(start, end) / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(cosine)
    places = np.linspace(0.0, 1.0, count)[:, None]
    ways = np.sin((1 - places) * angle) * start + np.sin(places * angle) * end
    return ways / np.sin(angle)


def check_walk(answer: Answer) -> None:
    """A quarter of a circle, where sines are known; then lengths that aren't 1."""
    east, north = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    way = np.asarray(answer(east, north, 3))
    if way.shape != (3, 2):
        raise Wrong(f"{answer.call} gave shape {way.shape}, expected (3, 2).")
    expect(f"{answer.call}[0, 0]", way[0, 0], 1.0, "The walk begins at start.")
    expect(f"{answer.call}[2, 1]", way[2, 1], 1.0, "The walk ends at end.")
    expect(f"{answer.call}[1, 0]", way[1, 0], 0.70711, "Halfway lies on the circle, at 45°.")
    way = np.asarray(answer(2 * east, 2 * north, 4))
    expect(f"{answer.call}[1, 0]", way[1, 0], 1.73205, "30° on a circle of radius 2.")
    expect(f"{answer.call}[1, 1]", way[1, 1], 1.0, "30° on a circle of radius 2.")
    way = np.asarray(answer(east, np.array([0.0, 3.0]), 3))
    expect(f"{answer.call}[1, 1]", way[1, 1], 2.12132, "The formula, at t = 0.5.")


def _straight(start, end, count):
    places = np.linspace(0.0, 1.0, count)[:, None]
    return (1 - places) * start + places * end


def _backward(start, end, count):
    return walk(end, start, count)


def _without_the_end(start, end, count):
    return walk(start, end, count + 1)[:-1]


def _normalized(start, end, count):
    way = walk(start, end, count)
    return way / np.linalg.norm(way, axis=1, keepdims=True)


WALK = Exercise(
    lesson="02",
    reference=walk,
    check=check_walk,
    hints=(
        "The angle comes from the dot product: cos w = start . end / (|start| |end|).",
        "np.linspace(0, 1, count)[:, None] gives t as a column, so that each t makes a row.",
        "Two terms, each a sine (a column) times a latent (a row); divide their sum by sin(w).",
    ),
    wrong_answers={
        "a straight line": _straight,
        "backward": _backward,
        "stops before the end": _without_the_end,
        "all of length 1": _normalized,
    },
)

EXERCISES = (PAD_TO_32, CONV_PARAMETERS, WALK)
