"""Ten garments as outlines with random proportions, filled with cloth.

Pictures reach from -1 to 1, x to the right and y down. A shape is a function that says how deep
each pixel lies inside it, in these units; where two shapes meet, the deeper one counts. Arrays have
the shape (pictures, 28, 28), and one random number per picture the shape (pictures, 1, 1).
"""

import numpy as np

from ganbook.drawing import BUMPS, SIZE, between, elastic

FORM = 12  # random numbers for the proportions
CLOTH = 10  # and for brightness and pattern
ROW = 1 + FORM + CLOTH + 2 * BUMPS * BUMPS
PIXEL = 2 / SIZE


def draw(labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return garments, float32 in [0, 1], (pictures, 28, 28), of the given classes."""
    pictures = np.empty((len(labels), SIZE, SIZE), np.float32)
    line = (np.arange(SIZE, dtype=np.float32) + 0.5) * PIXEL - 1
    dx, dy = elastic(rows[:, FORM + CLOTH :], 0.09)
    for label, garment in enumerate(GARMENTS):
        of_class = labels == label
        x, y = line + dx[of_class], line[:, None] + dy[of_class]
        form, cloth = rows[of_class, :FORM], rows[of_class, FORM : FORM + CLOTH]
        depth, shade = garment(x, y, form)
        pictures[of_class] = _cover(depth) * np.clip(shade * _cloth(x, y, cloth), 0.06, 1)
    return pictures


def _cover(depth):
    """Return how much of each pixel is covered: its edge is one pixel wide."""
    return np.clip(0.5 + depth / PIXEL, 0, 1)


def _cloth(x, y, cloth):
    """Return the brightness of cloth: its color, light and folds, and one of five patterns."""
    color = between(cloth[:, 0], 0.42, 1.0)
    light = 1 - between(cloth[:, 1], 0.05, 0.35) * x**2 - between(cloth[:, 2], -0.12, 0.15) * y
    waves, start = between(cloth[:, 3], 9, 22), between(cloth[:, 4], 0, 6.3)
    across, along = np.sin(waves * y + start), np.sin(waves * x + start)
    dots = np.sin(12 * x + 3 * y + start) * np.sin(11 * y - 4 * x + waves)
    kind = np.floor(between(cloth[:, 5], 0, 8))
    pattern = np.select([kind == 0, kind == 1, kind == 2, kind == 3],
                        [across, along, 0.7 * (across + along), dots], 0.25 * dots)  # fmt: skip
    return color * light * (1 + between(cloth[:, 6], 0.08, 0.32) * pattern)


def _limb(x, y, start, end, thick_start, thick_end):
    """Return the depth in a straight limb with round ends, from one (x, y) to another."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    part = ((x - start[0]) * along_x + (y - start[1]) * along_y) / (along_x**2 + along_y**2)
    part = np.clip(part, 0, 1)
    distance = np.hypot(x - start[0] - part * along_x, y - start[1] - part * along_y)
    return thick_start + (thick_end - thick_start) * part - distance


def _box(x, y, left, right, top, bottom):
    return np.minimum(np.minimum(x - left, right - x), np.minimum(y - top, bottom - y))


def _torso(x, y, top, waist, bottom, widths):
    """Return the depth in a body whose half width goes smoothly through three given ones."""
    upper = np.clip((y - top) / (waist - top), 0, 1)
    lower = np.clip((y - waist) / (bottom - waist), 0, 1)
    half = widths[0] + (widths[1] - widths[0]) * upper**2 * (3 - 2 * upper)
    half = half + (widths[2] - widths[1]) * lower**2 * (3 - 2 * lower)
    return np.minimum(half - np.abs(x), np.minimum(y - top, bottom - y))


def _neck(x, y, depth, top, wide, deep):
    """Cut a round neckline out of a garment."""
    return np.minimum(depth, (np.hypot(x / wide, (y - top) / deep) - 1) * np.minimum(wide, deep))


def _line(distance, width, change):
    """Return a factor for the brightness: 1 + change on a line, 1 beside it."""
    return 1 + change * np.clip(1.5 - np.abs(distance) / width, 0, 1)


def _top(x, y, form, bottom, hand, thick):
    """Return depth of a garment for the upper body; ``hand`` is where a sleeve ends, (x, y)."""
    top, wide = between(form[:, 0], -0.82, -0.72), between(form[:, 1], 0.40, 0.52)
    waist = wide * between(form[:, 2], 0.82, 1.0)
    body = _torso(x, y, top, 0.1, bottom, (wide, waist, wide * between(form[:, 3], 0.9, 1.1)))
    sleeve = _limb(np.abs(x), y, (wide - 0.1, top + 0.17), hand, 0.19, thick)
    neck = between(form[:, 4], 0.16, 0.26), between(form[:, 5], 0.10, 0.26)
    return _neck(x, y, np.maximum(body, sleeve), top - 0.02, *neck), top, sleeve - body


def _t_shirt(x, y, form):
    hand = between(form[:, 6], 0.66, 0.84), between(form[:, 7], -0.42, -0.22)
    depth, _, seam = _top(x, y, form, between(form[:, 8], 0.62, 0.85), hand, 0.17)
    printed = np.hypot(x / 0.2, (y + 0.1) / 0.16) < 1
    change = np.where(between(form[:, 9], 0, 1) < 0.4, between(form[:, 10], -0.6, 0.6), 0)
    return depth, (1 + change * printed) * _line(seam, 0.05, -0.15)


def _pullover(x, y, form):
    bottom = between(form[:, 8], 0.60, 0.80)
    hand = between(form[:, 6], 0.62, 0.86), between(form[:, 7], 0.50, 0.72)
    depth, _, seam = _top(x, y, form, bottom, hand, between(form[:, 9], 0.11, 0.15))
    ribs = np.where((y > bottom - 0.14) | (y > hand[1] - 0.06), np.sin(40 * x), 0)
    return depth, (1 + 0.18 * ribs) * _line(seam, 0.06, -0.35)


def _coat(x, y, form):
    hand = between(form[:, 6], 0.58, 0.72), between(form[:, 7], 0.55, 0.75)
    depth, top, seam = _top(x, y, form, between(form[:, 8], 0.86, 0.95), hand, 0.14)
    lapel = np.abs(x) - between(form[:, 9], 0.22, 0.34) * np.clip((0.05 - y) / (0.05 - top), 0, 1)
    shade = np.where((lapel < 0) & (y < 0.05), 0.45, 1.0) * _line(lapel, 0.05, 0.3)
    opening = np.where(y > 0, _line(x, 0.06, -0.8), 1)
    return depth, shade * opening * _line(seam, 0.06, -0.35)


def _shirt(x, y, form):
    hand = between(form[:, 6], 0.70, 0.82), between(form[:, 7], 0.00, 0.30)
    depth, top, seam = _top(x, y, form, between(form[:, 8], 0.70, 0.88), hand, 0.13)
    collar = _limb(np.abs(x), y, (0.20, top), (0.07, top + 0.22), 0.09, 0.03)
    front = _line(x, 0.07, 0.25) * _line(np.hypot(x, np.mod(y, 0.28) - 0.14), 0.05, -0.8)
    shade = np.where(collar > 0, 1.35, front) * _line(collar, 0.04, -0.3)
    return np.maximum(depth, collar), shade * _line(seam, 0.05, -0.25)


def _trouser(x, y, form):
    top, foot = between(form[:, 0], -0.95, -0.85), between(form[:, 1], 0.75, 0.95)
    hip, spread = between(form[:, 2], 0.24, 0.36), between(form[:, 3], 0.16, 0.34)
    hem, knee = between(form[:, 4], 0.10, 0.18), between(form[:, 5], 0.16, 0.21)
    legs = _limb(np.abs(x), y, (hip - 0.13, top + 0.3), (spread, foot), knee, hem)
    hips = _torso(x, y, top, top + 0.2, top + 0.5, (hip - 0.03, hip, hip))
    depth = np.minimum(np.maximum(legs, hips), foot - y)
    crotch = np.where(y > top + 0.45, _line(x, 0.05, -0.6), 1)
    return depth, crotch * _line(y - top - 0.12, 0.04, -0.35)


def _dress(x, y, form):
    top, bottom = between(form[:, 0], -0.92, -0.82), between(form[:, 1], 0.8, 0.97)
    chest, hem = between(form[:, 2], 0.22, 0.32), between(form[:, 3], 0.30, 0.62)
    waist, slim = between(form[:, 4], -0.3, 0.0), between(form[:, 5], 0.65, 0.9)
    depth = _torso(x, y, top, waist, bottom, (chest, chest * slim, hem))
    sleeve = _limb(np.abs(x), y, (chest, top + 0.12), (chest + 0.14, top + 0.28), 0.09, 0.07)
    depth = np.where(between(form[:, 6], 0, 1) < 0.4, np.maximum(depth, sleeve), depth)
    depth = _neck(x, y, depth, top, chest * 0.6, between(form[:, 7], 0.12, 0.34))
    folds = np.where(y > waist, 0.14 * np.sin(between(form[:, 8], 6, 14) * x / (0.6 + y)), 0)
    return depth, (1 + folds) * _line(y - waist, 0.05, between(form[:, 9], -0.5, 0.3))


def _sole(x, y, form, thin, thick):
    """Return the depth in a shoe's sole, toe to the left, and where its upper edge is."""
    ground, high = between(form[:, 0], 0.38, 0.54), between(form[:, 1], thin, thick)
    left, right = between(form[:, 2], -0.95, -0.85), between(form[:, 3], 0.84, 0.95)
    return _box(x, y, left, right, ground - high, ground), ground - high, left, right


def _sandal(x, y, form):
    rise, thick = between(form[:, 4], 0.05, 0.5), between(form[:, 7], 0.05, 0.09)
    y = y - 0.12 + rise * np.clip((x + 0.35) / 1.2, 0, 1) ** 2  # the foot stands on a slope
    sole, edge, _, right = _sole(x, y, form, 0.10, 0.16)
    heel = _box(x, y, right - between(form[:, 6], 0.14, 0.45), right, edge, edge + 0.1 + rise)
    straps = [
        _strap(x, y, edge, (-0.52, between(form[:, 5], 0.24, 0.34), 0.34), thick),
        _strap(x, y, edge, (-0.18, 0.26, between(form[:, 8], 0.34, 0.46)), thick),
        _strap(x, y, edge, (0.56, 0.28, between(form[:, 9], 0.55, 0.85)), thick),
    ]
    depth = np.maximum.reduce([sole, heel, *straps])
    return depth, np.where(np.maximum(sole, heel) > 0, 0.75, 1.1)


def _strap(x, y, ground, form, thick):
    """Return the depth in half a ring that stands on the ground: its (x, reach, height)."""
    middle, reach, high = form
    ring = np.hypot((x - middle) / reach, (y - ground) / high) - 1
    return np.minimum(thick - np.abs(ring) * np.minimum(reach, high), ground + 0.04 - y)


def _sneaker(x, y, form):
    sole, edge, left, right = _sole(x, y, form, 0.10, 0.18)
    toe, heel = between(form[:, 4], 0.20, 0.32), between(form[:, 5], 0.52, 0.70)
    slope = np.clip((x - left) / between(form[:, 6], 1.0, 1.3), 0, 1)
    collar = 0.10 * np.exp(-(((x - 0.5) / 0.22) ** 2))
    height = toe + (heel - toe) * slope**2 * (3 - 2 * slope) - collar
    height = height * np.sqrt(np.clip((x - left) / 0.3, 0, 1))
    upper = np.minimum(np.minimum(y - edge + height, edge + 0.04 - y), right - 0.04 - x)
    laces = np.where(np.abs(x + 0.12) < 0.28, np.sin(26 * x + 14 * y), 0)
    place = between(form[:, 7], 0.1, 0.4)
    stripe = _line(x - 0.3 * y - place, 0.07, between(form[:, 8], -0.7, 0.5))
    shade = np.where(sole > 0, between(form[:, 9], 1.2, 1.9), (1 + 0.25 * laces) * stripe)
    return np.maximum(sole, upper), shade * _line(y - edge, 0.03, -0.5)


def _bag(x, y, form):
    top, bottom = between(form[:, 0], -0.35, 0.0), between(form[:, 1], 0.68, 0.88)
    wide, flare = between(form[:, 2], 0.58, 0.86), between(form[:, 3], 0.85, 1.1)
    depth = _torso(x, y, top, 0.3, bottom, (wide * flare, wide, wide))
    tall, reach = between(form[:, 4], 0.35, 0.75), between(form[:, 5], 0.3, 0.85) * wide
    handle = _strap(x, y, top + 0.03, (0, reach, tall), between(form[:, 6], 0.04, 0.09))
    flap = top + (bottom - top) * between(form[:, 7], 0.15, 0.6) - 0.12 * x**2
    lock = np.hypot(x, y - flap) < 0.09
    shade = _line(y - flap, 0.05, -0.45) * np.where(lock, 1.5, 1) * np.where(depth < 0.07, 0.8, 1)
    return np.maximum(depth, handle), shade


def _ankle_boot(x, y, form):
    ground, high = between(form[:, 0], 0.78, 0.92), between(form[:, 1], 0.10, 0.26)
    left, right = between(form[:, 2], -0.92, -0.76), between(form[:, 3], 0.62, 0.80)
    edge, shaft = ground - high, between(form[:, 4], -0.9, -0.65)
    front = between(form[:, 5], -0.22, 0.05)
    leg = _box(x, y, front - 0.12 * np.clip(y, 0, 1), right, shaft, edge + 0.02)
    toe = _limb(x, y, (left + 0.24, edge - 0.22), (front + 0.3, edge - 0.36), 0.24, 0.42)
    foot = np.minimum(toe, edge + 0.02 - y)
    heel = _box(x, y, right - between(form[:, 6], 0.25, 0.5), right, edge - 0.02, ground)
    sole = _box(x, y, left, right, edge - 0.05, edge + 0.05)
    depth = np.maximum(np.maximum(leg, foot), np.maximum(heel, sole))
    gusset = _line(x - between(form[:, 7], 0.25, 0.45), 0.07, between(form[:, 8], -0.5, 0.1))
    shade = np.where(y < edge - 0.2, gusset, 1) * np.where(np.maximum(heel, sole) > 0, 0.6, 1)
    return depth, shade * _line(y - shaft - 0.08, 0.04, 0.3)


GARMENTS = (
    _t_shirt, _trouser, _pullover, _dress, _coat, _sandal, _shirt, _sneaker, _bag, _ankle_boot,
)  # fmt: skip
