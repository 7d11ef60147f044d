"""Lesson 07: cells and exercises agree with the package, and what it says with its rows."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from twins import names_of, same_gan

from ganbook import GAN, recipes
from ganbook.exercises import lesson07
from ganbook.layers import MinibatchDiscrimination, Packing
from ganbook.lesson import stored_results
from ganbook.models import stacked


@pytest.fixture(scope="module")
def cells():
    return names_of("07_clinic.ipynb", keras=keras, tf=tf, GAN=GAN, stacked=stacked)


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], recipes.recipe_of("07").gan())


def test_packs_of_the_lesson_are_those_of_the_layer(cells):
    images = tf.constant(np.random.default_rng(0).normal(size=(6, 4, 5, 3)).astype(np.float32))
    for count in (2, 3):
        np.testing.assert_array_equal(cells["pack"](images, count), Packing(count)(images))


@pytest.fixture(scope="module")
def modes():
    """All rows of a way, by its name."""
    rows = stored_results("07_modes")["rows"]
    return {
        name: [row for row in rows if row["name"] == name] for name in {r["name"] for r in rows}
    }


def mean(rows, key="modes"):
    return np.mean([row[key] for row in rows])


def test_closeness_is_what_minibatch_discrimination_appends():
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    layer = MinibatchDiscrimination(1, 3)
    layer.build(vectors.shape)
    layer.tensor.assign(np.eye(3, dtype=np.float32)[:, None])  # each vector is its own M
    found = layer(tf.constant(vectors)).numpy()[:, 3]
    np.testing.assert_allclose(lesson07.closeness(vectors), found, rtol=1e-5)


def test_packed_is_the_layer():
    images = np.random.default_rng(0).normal(size=(6, 4, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(lesson07.packed(images, 3), Packing(3)(images).numpy())


@pytest.mark.parametrize("steps, slope", [(0, 0.0), (1, 0.75), (2, 0.9375), (3, 0.984375)])
def test_the_slope_of_the_unrolled_value_is_the_papers(steps, slope):
    """1 - 0.5^(2 k) at t = 1, p = 0, rate 0.5: both terms of the derivative."""
    near = [lesson07.unrolled_value(1 + change, 0.0, 0.5, steps) for change in (-1e-5, 1e-5)]
    assert (near[1] - near[0]) / 2e-5 == pytest.approx(slope, abs=1e-6)


def test_every_way_in_the_plane_has_ten_seeds(modes):
    assert len(modes) == 10
    for rows in modes.values():
        assert sorted(row["seed"] for row in rows) == list(range(10))
        assert {row["samples"] for row in rows} == {2_500}


def test_the_best_way_in_the_plane_finds_all_modes_with_every_seed(modes):
    for data, all_modes in {"ring": 8, "grid": 25}.items():
        for way in ("penalized", "relativistic"):
            assert {row["modes"] for row in modes[f"{data} {way}"]} == {all_modes}
    assert mean(modes["grid relativistic"], "kl") < 0.01
    assert round(mean(modes["grid plain"]), 1) == 18.0
    assert round(mean(modes["grid packed"]), 1) == 23.0
    assert round(mean(modes["grid unrolled"]), 1) == 17.3
    assert round(mean(modes["ring plain"]), 1) == 7.9
    assert round(mean(modes["ring unrolled"]), 1) == 7.5


# --- the patient on the ring ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def ring():
    """All rows of a treatment, by its name."""
    rows = stored_results("07_ring")["rows"]
    return {
        name: [row for row in rows if row["name"] == name] for name in {r["name"] for r in rows}
    }


def test_four_treatments_heal_the_collapse_and_four_do_not(ring):
    healed = {"packed", "minibatch", "scales", "R1R2"}
    assert len(ring) == 9
    for name, rows in ring.items():
        assert sorted(row["seed"] for row in rows) == [0, 1, 2]
        kls = [row["kl"] for row in rows]
        assert max(kls) < 0.1 if name in healed else min(kls) > 0.5, name


def test_the_losses_of_the_patient_hardly_differ(ring):
    for name, losses in {"ill": [1.37, 0.74], "packed": [1.38, 0.70]}.items():
        found = [mean(ring[name], f"{who}_loss") for who in ("discriminator", "generator")]
        assert found == pytest.approx(losses, abs=0.006)


# --- the atlas ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def atlas():
    return {row["name"]: row for row in stored_results("07_atlas")["rows"]}


def late(row, who):
    return np.mean(row[f"{who}_losses"][-5:])


def test_the_atlas_says_what_its_rows_say(atlas):
    assert len(atlas) == 10
    found = {n: (late(r, "discriminator"), late(r, "generator")) for n, r in atlas.items()}
    assert found["healthy"] == pytest.approx((1.3, 0.8), abs=0.06)
    assert all(abs(loss - np.log(2)) < 0.2 for loss in found["relativistic"])
    assert found["outrun"][0] < 0.1 and found["outrun"][1] == pytest.approx(5, abs=1)
    assert found["saturated"] == pytest.approx((0, 0), abs=1e-3)
    assert found["hasty"][0] == pytest.approx(3, abs=0.5) and found["hasty"][1] < 0.15
    assert found["wild"][0] < 0.01 and found["wild"][1] > 15
    assert found["momentum"][0] < 0.05 and found["momentum"][1] > 15
    unbounded = atlas["unbounded"]
    assert min(unbounded["generator_losses"]) == pytest.approx(-207, abs=1)
    assert min(unbounded["discriminator_losses"]) < 0 < max(unbounded["discriminator_losses"])


def test_pulls_of_the_atlas(atlas):
    share = {n: r["pulls"]["end"]["first"] / r["pulls"]["start"]["first"] for n, r in atlas.items()}
    assert 1 / share["saturated"] == pytest.approx(20_000, rel=0.1)
    assert share["wild"] == 0.0 and share["outrun"] > 1


def test_a_discriminator_knows_its_300_images_by_heart(atlas):
    row, healthy = atlas["by heart"], atlas["healthy"]
    assert row["trained_on_called_real"] == pytest.approx(0.53, abs=0.01)
    assert row["held_out_called_real"] == pytest.approx(0.11, abs=0.01)
    assert healthy["trained_on_called_real"] - healthy["held_out_called_real"] < 0.1
    for who in ("discriminator", "generator"):
        assert abs(late(row, who) - late(healthy, who)) < 0.4


def test_only_three_patterns_make_digits(atlas):
    good = {name for name, row in atlas.items() if row["frechet_distance"] < 60}
    assert good == {"healthy", "relativistic", "by heart"}


def test_stacked_digits_need_length_more_than_a_treatment():
    rows = {(row["name"], row["steps"]): row for row in stored_results("07_stacked")["rows"]}
    short = {name: row for (name, steps), row in rows.items() if steps == 4_000}
    assert short.keys() == {"plain", "packed", "penalized", "both"}
    assert max(short.values(), key=lambda row: row["modes"]) is short["plain"]
    assert short["plain"]["modes"] == 983
    found = [rows["packed", steps] for steps in (30_000, 84_000)]
    assert [row["modes"] for row in found] == [1_000, 1_000]
    assert [round(row["kl"], 2) for row in found] == [0.13, 0.09]
    plain = rows["plain", 30_000]
    assert plain["modes"] == 1_000 and round(plain["kl"], 2) == 0.16
    assert all(round(row["real_kl"], 2) == 0.02 for row in rows.values())


# --- few images, and the search -------------------------------------------------------------------

PROBED = ("trained_on", "held_out")


def test_diff_augment_keeps_the_discriminator_from_learning_by_heart():
    rows = {row["name"]: row for row in stored_results("07_few")["rows"]}
    shares = {
        name: [round(row["curve"][-1][f"{which}_called_real"], 2) for which in PROBED]
        for name, row in rows.items()
    }
    assert shares["few"] == [0.88, 0.40] and shares["augmented"] == [0.58, 0.62]
    distances = [round(rows[n]["frechet_distance"], 1) for n in ("few", "augmented", "all")]
    assert distances == [9.9, 15.2, 9.3]
    few = rows["few"]
    seen = few["steps"] * recipes.recipe_of("07").batch_size / few["images"]
    assert seen == 160 and rows["augmented"]["steps"] == rows["all"]["steps"] == few["steps"]


def test_the_search_found_nothing_better_than_a_hand_had():
    found = stored_results("07_search")
    assert found["steps"] == 6_000 and found["checks"] == 4 and len(found["trials"]) == 24
    means = {
        name: np.mean([r["frechet_distance"] for r in found["rows"] if r["name"] == name])
        for name in {row["name"] for row in found["rows"]}
    }
    assert {row["seed"] for row in found["rows"]} == {1, 2, 3}
    assert round(means["found"], 1) == 30.1 and round(means["lesson 01, by hand"], 1) == 31.5
    others = ("lesson 01's recipe", "the DCGAN paper's Adam", "two time scales")
    assert [round(means[name]) for name in others] == [131, 79, 83]
    finished = [trial for trial in found["trials"] if not trial["pruned"]]
    best = sorted(finished, key=lambda trial: trial["values"][-1])
    assert best[0]["number"] == 0
    for trial in best[:5]:
        settings = trial["settings"]
        assert max(settings["generator_rate"], settings["discriminator_rate"]) >= 2e-3
        assert 0.4 < settings["beta_1"] < 0.7
