"""Is a picture in the page drawn at all? Pixel checks that know nothing of what it shows."""

import base64
import io

import numpy as np
from PIL import Image

BLACK, LIGHT = 16, 128  # gray levels, 0 to 255
FEWEST_LEVELS = 12  # a picture whose gray levels lie closer together shows nothing
SMALLEST_BLOCK = 16  # pixels; smaller black blocks are letters and the lines of a chart
NEARLY_ALL = 0.9  # of a block's border
MARGIN = 3  # pixels; what lies between is blurred by the scaling


def faults_of_picture(picture) -> list[str]:
    """Return what is wrong with one picture of `read_page.js`, [] if nothing is."""
    name = repr((picture["alt"] or picture["address"])[:50])
    if not picture["loaded"]:
        return [f"the picture {name} did not load"]
    image = Image.open(io.BytesIO(base64.b64decode(picture["png"]))).convert("RGBA")
    pixels = np.asarray(image)
    faults = []
    if picture["output"] and pixels[..., 3].min() < 250:
        faults.append(f"the picture {name} is see-through: its colors depend on the theme")
    gray = as_gray(pixels)
    if gray.max() < BLACK:
        faults.append(f"the picture {name} is black")
    elif int(gray.max()) - int(gray.min()) < FEWEST_LEVELS:
        faults.append(f"the picture {name} is of one flat color")
    elif black_block(gray):
        faults.append(f"the picture {name} has a block of solid black, {black_block(gray)} pixels")
    return faults


def as_gray(pixels) -> np.ndarray:
    """Return the gray levels (H, W), 0 to 255, of (H, W, 4) pixels before a white page."""
    alpha = pixels[..., 3:] / 255
    seen = pixels[..., :3] * alpha + 255 * (1 - alpha)
    return (seen @ [0.299, 0.587, 0.114]).round().astype(np.uint8)


def black_block(gray) -> tuple[int, int] | None:
    """Return (height, width) of a rectangle of solid black that stands on a light ground.

    Images that came out black look like this inside of a figure with margins and a title. The black
    around a drawn digit does not: at one side it ends at the digit, and goes on beside it.

    Args:
        gray: (H, W) gray levels, 0 to 255.
    """
    top, left, height, width = largest_rectangle(gray < BLACK)
    if min(height, width) < SMALLEST_BLOCK:
        return None
    rows, columns = slice(top, top + height), slice(left, left + width)
    borders = (
        border(gray[:, columns], top - MARGIN),
        border(gray[:, columns], top + height - 1 + MARGIN),
        border(gray[rows].T, left - MARGIN),
        border(gray[rows].T, left + width - 1 + MARGIN),
    )
    return (height, width) if min(borders) >= NEARLY_ALL else None


def border(lines, place) -> float:
    """Return which part of the line at `place` is light; beside the picture, all of it."""
    return float((lines[place] >= LIGHT).mean()) if 0 <= place < len(lines) else 1.0


def largest_rectangle(mask) -> tuple[int, int, int, int]:
    """Return (top, left, height, width) of the largest rectangle of true values, zeros if none.

    Row by row, each column has the height of the true values above it, and the largest rectangle
    under these heights is found with a stack of columns whose heights rise.
    """
    best, area = (0, 0, 0, 0), 0
    heights = np.zeros(mask.shape[1], int)
    for row, line in enumerate(mask):
        heights = np.where(line, heights + 1, 0)
        if not heights.any():
            continue
        stack = []  # (left edge, height)
        for column, height in enumerate([*heights.tolist(), 0]):
            left = column
            while stack and stack[-1][1] >= height:
                left, tall = stack.pop()
                if tall * (column - left) > area:
                    area = tall * (column - left)
                    best = (row - tall + 1, left, tall, column - left)
            stack.append((left, height))
    return best
