"""The slider shows the picture of its place, with a text that says which it is."""

import base64
import re

import numpy as np
import pytest

from ganbook.errors import SettingError
from ganbook.widgets import slider, slider_of


def test_a_slider_moves_through_its_pictures():
    images = np.linspace(0, 255, 3 * 16).astype(np.uint8).reshape(3, 4, 4, 1)
    place, picture = slider(images, "Walk").children
    seen, texts = [], []
    for number in range(3):
        place.value = number
        found = re.search(r'alt="([^"]*)" src="data:image/png;base64,([^"]*)"', picture.value)
        texts.append(found[1])
        seen.append(base64.b64decode(found[2]))
    assert len(set(seen)) == 3 and all(value.startswith(b"\x89PNG") for value in seen)
    assert texts == ["Walk, 1 of 3", "Walk, 2 of 3", "Walk, 3 of 3"]
    assert place.max == 2


def test_a_slider_needs_a_picture():
    for nothing in ([], np.zeros((0, 4, 4, 1), np.uint8)):
        with pytest.raises(SettingError, match="no figure to show"):
            slider(nothing)
    with pytest.raises(SettingError, match="no figure to show"):
        slider_of([])
