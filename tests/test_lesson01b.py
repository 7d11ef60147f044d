"""What page 01b defines in its cells is what the package does, and what it says is so."""

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

import ganbook
from ganbook import metrics
from ganbook.exercises import lesson01b

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "01b_measuring.ipynb"


def test_frechet_distance_by_hand_is_that_of_the_package():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    tag = "twin:metrics.frechet_distance_of"
    (cell,) = [cell for cell in cells if tag in cell.metadata.get("tags", [])]
    names = {"np": np}
    exec(re.match(r"def .*?(?=^\S(?<!d))", cell.source, re.DOTALL | re.MULTILINE).group(), names)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(50, 8)), rng.normal(0.5, 2.0, (70, 8))
    by_hand = names["frechet_distance"](a, b)
    assert by_hand == pytest.approx(metrics.frechet_distance_of(a, b), rel=1e-9)


def test_the_exercises_references_agree_with_the_package():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(40, 1)), rng.normal(1.0, 3.0, (30, 1))
    one = lesson01b.frechet_1d(a[:, 0], b[:, 0])
    assert one == pytest.approx(metrics.frechet_distance_of(a, b), rel=1e-9)
    real, fake = rng.normal(size=(60, 5)), rng.normal(0.4, 1.0, (50, 5))
    expected = metrics.prdc(real, fake, k=3)["coverage"]
    assert lesson01b.coverage(real, fake, 3) == pytest.approx(expected)


def rows(data):
    return {
        row["name"]: row
        for row in ganbook.stored_results("measuring")["rows"]
        if row["data"] == data and row["name"] != "floor"
    }


@pytest.mark.parametrize("data", ["mnist", "fashion_mnist"])
def test_the_stored_table_says_what_the_text_says(data):
    found = rows(data)
    distance = {name: row["frechet_distance"] for name, row in found.items()}
    farthest = sorted(distance, key=distance.get)[-2:]
    assert set(farthest) == {"the mean image", "class 1 only"}
    spoiled_least = min(set(distance) - {"training images"}, key=distance.get)
    assert spoiled_least == "class 8 missing"
    real, missing, only = (found[n] for n in ("training images", "class 8 missing", "class 1 only"))
    assert missing["precision"] == pytest.approx(real["precision"], abs=0.01)
    assert missing["coverage"] == pytest.approx(real["coverage"] - 0.08, abs=0.005)
    assert missing["class_kl"] > 0.1 and missing["modes"] == 10
    assert only["precision"] > 0.9 and only["recall"] < 0.2 and only["coverage"] < 0.13
    assert real["copies"] == 1.0 and real["memorization"] == 1.0
    blur_is_worse = distance["blurred"] > distance["with noise"]
    assert blur_is_worse == (data == "mnist")


def test_the_mean_garment_is_precise_and_useless():
    row = rows("fashion_mnist")["the mean image"]
    assert row["precision"] == 1.0 and row["density"] == 0.2 and row["coverage"] == 1 / 5000
    assert rows("fashion_mnist")["with noise"]["class_kl"] == pytest.approx(0.37, abs=0.005)


@pytest.mark.parametrize("data", ["mnist", "fashion_mnist"])
def test_the_floor_falls_with_the_number_of_images(data):
    stored = ganbook.stored_results("measuring")["rows"]
    floors = {
        row["samples"]: np.mean(row["frechet_distances"])
        for row in stored
        if row["data"] == data and row["name"] == "floor"
    }
    assert sorted(floors) == [250, 500, 1000, 2000, 5000, 10_000]
    assert sorted(floors.values(), reverse=True) == [floors[n] for n in sorted(floors)]
    assert floors[1000] == pytest.approx(10 * floors[10_000], rel=0.5)
    # Five draws are five draws: a script once measured one of them five times.
    for row in stored:
        if row["name"] == "floor":
            assert len(set(row["frechet_distances"])) == 5, json.dumps(row)
