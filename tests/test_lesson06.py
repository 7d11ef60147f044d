"""What lesson 06 defines in its cells is what the package does; what it says, its rows say."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from twins import names_of, same_gan

from ganbook import growing, recipes, stored_results
from ganbook.layers import EqualizedConv2D, PixelNorm
from ganbook.models import progressive
from ganbook.penalties import Drift, GradientPenalty, Sum

STANDARD = recipes.recipe_of("06").steps["standard"]


@pytest.fixture(scope="module")
def cells():
    names = {"keras": keras, "layers": layers, "tf": tf, "np": np}
    parts = (EqualizedConv2D, PixelNorm, Drift, GradientPenalty, Sum, growing.GrowingGAN)
    models = (progressive.GrowingGenerator, progressive.GrowingDiscriminator)
    ours = {part.__name__: part for part in (*parts, *models)}
    schedule = growing.Schedule.shared(32, STANDARD, 16, last=4)  # section 3's, at this length
    return names_of("06_growing.ipynb", **names, **ours, schedule=schedule)


@pytest.mark.parametrize("name", ["generator_block", "discriminator_block"])
def test_stages(cells, name):
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 6)).astype(np.float32)
    outputs = []
    for block in (cells[name], getattr(progressive, name)):
        keras.utils.set_random_seed(3)
        outputs.append(block(6, 5)(x).numpy())
    np.testing.assert_array_equal(*outputs)


def test_sizes_and_fade(cells):
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype(np.float32)
    for name in ("shrink", "upsample"):
        np.testing.assert_array_equal(cells[name](x), getattr(progressive, name)(x))
    for fade in (0.0, 0.3, 1.0):
        np.testing.assert_array_equal(
            cells["blend"](x, x[::-1], fade), progressive.blend(x, x[::-1], fade)
        )


def test_the_main_run_is_the_recipe(cells):
    ours, lessons = recipes.recipe_of("06").gan(), cells["gan"]
    same_gan(lessons, ours)


# --- what the text says of the stored rows --------------------------------------------------------


@pytest.fixture(scope="module")
def rows():
    return {row["name"]: row for row in stored_results("06_growing")["rows"]}


def at_the_end(row):
    return row["averaged"]["frechet_distance"]


def test_the_rows_are_those_of_one_comparison(rows):
    assert len({(row["steps"], row["seed"]) for row in rows.values()}) == 1
    ends = {round(row["curve"][-1]["seconds"], 0) for row in rows.values()}
    assert len(ends) == 1  # all as long
    for row in rows.values():
        counts = np.array(row["averaged"]["class_histogram"])
        assert counts.min() >= 0.02 * counts.sum(), row["name"]


def test_grown_and_from_scratch_are_level_in_the_same_time(rows):
    grown, scratch = rows["grown"], rows["scratch"]

    def at(row, minutes, name="frechet_distance"):
        seconds = [point["seconds"] for point in row["curve"]]
        return np.interp(60 * minutes, seconds, [point[name] for point in row["curve"]])

    assert at(grown, 2.2) < at(scratch, 2.2) and at(scratch, 4) < at(grown, 4)
    ends = [row["curve"][-1]["frechet_distance"] for row in (grown, scratch)]
    assert [round(end, 1) for end in ends] == [19.9, 19.2]
    assert [round(at_the_end(row), 1) for row in (grown, scratch)] == [20.8, 18.8]
    minutes = [point["seconds"] / 60 for point in grown["curve"]]
    assert all(at(scratch, m, "recall") > at(grown, m, "recall") for m in minutes)


def test_no_stage_passes_its_floor(rows):
    """125.5, 48.3 and 11.8 are the distances of real images shrunk to 4, 8 and 16 (section 1)."""
    floors = {4: 125.5, 8: 48.3, 16: 11.8}
    for point in rows["grown"]["curve"]:
        assert point["frechet_distance"] > floors.get(point["size"], 0.0)
    early = [p for p in rows["scratch"]["curve"] if p["seconds"] <= 181]
    assert early[-1]["frechet_distance"] < floors[8]


def test_the_fade_spares_a_shock_and_the_map_makes_the_difference(rows):
    grown, bare, no_map = rows["grown"], rows["no fade"], rows["no deviation"]
    for step, expected in (
        (600, (132, 74)),
        (1800, (74, 110)),
        (3000, (50, 112)),
    ):  # a stage begins here
        found = [
            round(point["frechet_distance"])
            for row in (grown, bare)
            for point in row["curve"]
            if point["step"] == step
        ]
        assert tuple(found) == expected
    assert [round(at_the_end(row), 1) for row in (bare, no_map)] == [20.9, 31.8]
    recalls = [round(row["averaged"]["recall"], 2) for row in (grown, no_map)]
    assert recalls == [0.15, 0.05]
    for ours, theirs in zip(grown["curve"], no_map["curve"], strict=True):
        if ours["size"] == 32:
            assert theirs["frechet_distance"] > ours["frechet_distance"] + 10


def test_the_small_stages_take_a_quarter_of_the_time(rows):
    grown = rows["grown"]["curve"]
    small = [point for point in grown if point["size"] < 32]  # the last stands at the switch
    assert round(small[-1]["seconds"]) == 133 and round(grown[-1]["seconds"]) == 568
    found = {name: rows[name]["averaged"]["precision"] for name in ("grown", "scratch")}
    assert found["grown"] > found["scratch"] + 0.05
