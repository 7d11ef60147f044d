"""The slider shows the picture of its place."""

import numpy as np

from ganbook.widgets import slider


def test_a_slider_moves_through_its_pictures():
    images = np.linspace(0, 255, 3 * 16).astype(np.uint8).reshape(3, 4, 4, 1)
    place, picture = slider(images, "Walk").children
    seen = [bytes(picture.value)]
    for number in (1, 2):
        place.value = number
        seen.append(bytes(picture.value))
    assert len(set(seen)) == 3 and all(value.startswith(b"\x89PNG") for value in seen)
    assert place.max == 2
