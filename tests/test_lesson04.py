"""What lesson 04 defines in its cells is what the package does; what it says, its rows say."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from scipy.stats import spearmanr
from twins import names_of, same_gan, same_network

import ganbook
from ganbook import randomness, recipes
from ganbook.models import wgan
from ganbook.penalties import GradientPenalty


@pytest.fixture(scope="module")
def cells():
    names = {"keras": keras, "layers": layers, "tf": tf, "randomness": randomness}
    more = {"GAN": ganbook.GAN, "GradientPenalty": GradientPenalty}
    return names_of("04_wgan.ipynb", **names, **more)


@pytest.mark.parametrize("name", ["build_generator", "build_critic"])
def test_networks(cells, name):
    same_network(cells[name], getattr(wgan, name))


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], recipes.recipe_of("04").gan())


def test_the_penalty_written_out_is_that_of_the_package(cells):
    critic, key = wgan.build_critic(), randomness.key(0, 0, "penalty")
    real, fake = np.random.default_rng(0).normal(size=(2, 8, 28, 28, 1)).astype(np.float32)
    expected = GradientPenalty(1.0)(critic, tf.constant(real), tf.constant(fake), key)
    found = cells["gradient_penalty"](critic, real, tf.constant(fake), key)
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


# --- what the text says of the stored rows --------------------------------------------------------


@pytest.fixture(scope="module")
def ways():
    return {row["name"]: row for row in ganbook.stored_results("04_ways")["rows"]}


def test_all_ways_had_the_same_time(ways):
    assert {row["seconds"] for row in ways.values()} == {240}
    assert all(row["curve"][-1]["seconds"] < 1.06 * 240 for row in ways.values())
    assert all(row["averaged"]["samples"] == 10_000 for row in ways.values())


def test_the_clock_favors_cheap_steps(ways):
    reached = {name: row["reached"] for name, row in ways.items()}
    distance = {name: row["averaged"]["frechet_distance"] for name, row in ways.items()}
    assert reached["log"] > 2.5 * reached["clip"] > 2.5 * reached["penalty"]
    assert distance["log"] < 0.6 * distance["penalty"] < 0.6 * distance["clip"]
    assert reached["one step"] > 2 * reached["penalty"]
    assert distance["one step"] < distance["penalty"] - 10


def test_what_the_critic_says_does_not_track_the_distance(ways):
    found = {}
    for name, way in ways.items():
        said, distance = (
            [point[key] for point in way["curve"]] for key in ("said", "frechet_distance")
        )
        found[name] = round(float(spearmanr(said, distance).statistic), 2)
    assert max(found, key=found.get) == "clip narrow" and found["clip narrow"] == 0.94
    assert min(found, key=found.get) == "batch norm" and found["batch norm"] == -0.94


def test_after_as_many_steps_the_losses_are_level(ways):
    (log,) = [point for point in ways["log"]["curve"] if point["step"] == 720]
    penalty = ways["penalty"]["curve"][-1]
    assert penalty["step"] == 640
    assert round(log["frechet_distance"]) == round(penalty["frechet_distance"]) == 64
    assert round(ways["log"]["critic"]["gradient_norm"], 2) == 0.55


def test_each_power_of_ten_of_the_bound_changes_the_slope_by_much_more(ways):
    wide, middle, narrow = (ways[name]["critic"] for name in ("clip wide", "clip", "clip narrow"))
    assert wide["gradient_norm"] > 30 * middle["gradient_norm"] > 900 * narrow["gradient_norm"]
    assert wide["gradient_norm"] > ways["penalty"]["critic"]["gradient_norm"] > 1.0
    shares = [critic["weights_at_the_bound"] for critic in (wide, middle, narrow)]
    assert shares[0] < 0.01 < shares[1] < 0.2 < 0.7 < shares[2]
    for critic, grows in ((wide, True), (narrow, False)):
        first, second, last = critic["layer_gradient_norms"].values()
        assert (first > second > last) if grows else (first < second < last)


def test_the_mistakes_have_no_worse_samples_and_no_bound(ways):
    distance = {name: row["averaged"]["frechet_distance"] for name, row in ways.items()}
    assert distance["once"] < distance["squared"] < distance["clip"]
    once, clip = ways["once"]["critic"], ways["clip"]["critic"]
    assert once["largest_weight"] > 10 * clip["largest_weight"]
    assert once["gradient_norm"] > 30 * clip["gradient_norm"]


def test_batchnorm_costs_the_penalty_its_promise_but_not_the_samples(ways):
    both = [ways[name] for name in ("batch norm", "penalty")]
    assert [round(way["averaged"]["frechet_distance"]) for way in both] == [61, 64]
    assert [round(way["critic"]["gradient_norm"], 1) for way in both] == [1.3, 1.2]
    assert [round(way["critic"]["gradient_norm_spread"], 2) for way in both] == [0.13, 0.07]
