"""Digits and garments drawn by code, for work without a network.

One row of random numbers makes one picture, whatever else is drawn, so the first n pictures of a
larger draw are the smaller draw. The same seed gives the same bytes on one machine; another one
may round a pixel here and there. Digits start from the outlines of fonts that matplotlib ships;
garments are in `ganbook.garments`.
"""

import functools

import numpy as np

from ganbook import garments
from ganbook.drawing import BUMPS, SIZE, between, elastic
from ganbook.settings import whole

CHUNK = 500  # pictures that are worked on together: their arrays stay in the processor's cache

# Fonts of matplotlib with ten plain digits (the zero of DejaVu Sans Mono has a dot, Computer
# Modern's math italic has old-style figures).
FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Italic",
    "DejaVuSerif-Bold", "STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol", "cmr10", "cmss10",
    "cmtt10",
)  # fmt: skip
GLYPH = 40  # points of a glyph's distance map along one side
REACH = 1.7  # the map reaches from -1.7 to 1.7; the glyph from -1 to 1
ROW = 10 + 2 * BUMPS * BUMPS


def toy_digits(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return ``count`` drawn digits, uint8 (count, 28, 28), white on black, and int64 labels."""
    return in_chunks(count, seed, ROW, _digits)


def toy_garments(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return ``count`` drawn garments, uint8 (count, 28, 28), and int64 labels.

    The labels are those of Fashion-MNIST: T-shirt, trouser, pullover, dress, coat, sandal, shirt,
    sneaker, bag, ankle boot.
    """
    return in_chunks(count, seed, garments.ROW, garments.draw)


def in_chunks(count, seed, row, draw):
    """Make images and labels from ``count`` rows of uniform random numbers in [0, 1)."""
    count = whole(count, "count")
    rng = np.random.default_rng(seed)
    images = np.empty((count, SIZE, SIZE), np.uint8)
    labels = np.empty(count, np.int64)
    for start in range(0, count, CHUNK):
        chunk = slice(start, min(start + CHUNK, count))
        rows = rng.random((chunk.stop - start, row), np.float32)
        labels[chunk] = rows[:, 0] * 10
        images[chunk] = np.rint(255 * draw(labels[chunk], rows[:, 1:]))
    return images, labels


def _digits(labels, rows):
    """Draw digits, float32 in [0, 1]: where does each pixel come from, and is it inside there?"""
    maps, thickness = _glyphs()
    fonts = (rows[:, 0] * len(FONTS)).astype(int)
    angle, slant = between(rows[:, 1], -0.18, 0.18), between(rows[:, 2], -0.3, 0.15)
    wide, high = between(rows[:, 3], 8.2, 11.0), between(rows[:, 4], 9.0, 10.8)
    pixel = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
    x = pixel - between(rows[:, 5], -1.2, 1.2)
    y = pixel[:, None] - between(rows[:, 6], -1.2, 1.2)
    dx, dy = elastic(rows[:, 9:], 0.28)
    turned_x = (np.cos(angle) * x + np.sin(angle) * y) / wide + dx
    turned_y = (np.cos(angle) * y - np.sin(angle) * x) / high + dy
    depth = _look_up(maps[labels, fonts], turned_x - slant * turned_y, turned_y)
    # A pen has a width of its own; a thin font can be widened more than a bold one narrowed.
    widen = between(rows[:, 7], 0.09, 0.19) - thickness[labels, fonts][:, None, None]
    depth = depth + np.clip(widen, 0.0, 0.12)
    return np.clip(0.5 + 8.0 * depth, 0, 1) * between(rows[:, 8], 0.8, 1.0)


def _look_up(maps, x, y):
    """Read maps (n, GLYPH, GLYPH) at real positions x, y between the points, bilinearly."""
    place = (np.stack([y, x]) + REACH) * ((GLYPH - 1) / (2 * REACH))
    place = np.clip(place, 0, GLYPH - 1.001)
    whole = place.astype(np.int32)
    fy, fx = place - whole
    first = whole[0] * GLYPH + whole[1] + (np.arange(len(maps)) * GLYPH**2)[:, None, None]
    flat = maps.reshape(-1)
    above = flat[first] * (1 - fx) + flat[first + 1] * fx
    below = flat[first + GLYPH] * (1 - fx) + flat[first + GLYPH + 1] * fx
    return above * (1 - fy) + below * fy


@functools.cache
def _glyphs():
    """Return distance maps (10, fonts, GLYPH, GLYPH) and half the stroke widths (10, fonts)."""
    maps = np.stack([[_distance_map(font, digit) for font in FONTS] for digit in range(10)])
    return maps, np.maximum(maps.max(axis=(2, 3)), 0)


def _distance_map(font, digit):
    """Return how deep each point lies inside a glyph (negative outside), -1 to 1 being its height.

    A map of distances can be moved, bent and widened, and read at any resolution.
    """
    import matplotlib
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    file = f"{matplotlib.get_data_path()}/fonts/ttf/{font}.ttf"
    text = TextPath((0, 0), str(digit), size=100, prop=FontProperties(fname=file))
    polygons = text.to_polygons(closed_only=True)
    corners = np.concatenate(polygons)
    low, high = corners.min(axis=0), corners.max(axis=0)
    polygons = [(polygon - (low + high) / 2) * (2 / (high[1] - low[1])) for polygon in polygons]
    line = np.linspace(-REACH, REACH, GLYPH)
    points = np.stack(np.meshgrid(line, -line), axis=-1).reshape(-1, 2).astype(np.float32)
    edge = np.concatenate([_dense(polygon) for polygon in polygons])
    # |p - e|^2, with what is the same for all e left for later.
    squares = ((edge**2).sum(1) - 2 * points @ edge.T).min(axis=1) + (points**2).sum(1)
    distance = np.sqrt(np.maximum(squares, 0))
    # A hole is a polygon inside of a polygon: inside once is in, inside twice is out.
    inside = np.logical_xor.reduce([Path(polygon).contains_points(points) for polygon in polygons])
    return np.where(inside, distance, -distance).reshape(GLYPH, GLYPH).astype(np.float32)


def _dense(polygon, spacing=0.05):
    """Return points along a polygon's sides, no further apart than ``spacing``."""
    parts = []
    for start, end in zip(polygon[:-1], polygon[1:], strict=True):
        steps = max(1, int(np.ceil(np.hypot(*(end - start)) / spacing)))
        parts.append(start + (end - start) * (np.arange(steps) / steps)[:, None])
    return np.concatenate(parts).astype(np.float32)
