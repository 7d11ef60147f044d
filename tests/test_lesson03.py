"""What lesson 03 defines in its cells is what the package does; what it says, its rows say."""

import keras
import numpy as np
import pytest
from keras import layers
from twins import NOTEBOOKS, names_of, same_gan, same_network

import ganbook
from ganbook import recipes
from ganbook.models import fashion
from ganbook.penalties import R1

NOTEBOOK = NOTEBOOKS / "03_fashion.ipynb"


@pytest.fixture(scope="module")
def cells():
    names = {"keras": keras, "layers": layers, "GAN": ganbook.GAN, "R1": R1}
    return names_of("03_fashion.ipynb", **names)


@pytest.mark.parametrize("name", ["build_generator", "build_discriminator"])
def test_networks(cells, name):
    same_network(cells[name], getattr(fashion, name))


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], recipes.recipe_of("03").gan())


def rows(name="03_ablation"):
    return ganbook.stored_results(name)["rows"]


def measured(key):
    """A measure of the ablation's averaged weights: a name -> one value for each seed."""
    found = {}
    for row in rows():
        found.setdefault(row["name"], []).append(row["averaged"][key])
    return {name: np.array(values) for name, values in found.items()}


def test_every_setting_was_trained_alike():
    seeds = {}
    for row in rows():
        assert row["steps"] == 2_000 and row["averaged"]["samples"] == 10_000
        seeds.setdefault(row["name"], []).append(row["seed"])
    assert len(seeds) == 12 and all(each == [0, 1, 2] for each in seeds.values())
    assert "three seeds" in NOTEBOOK.read_text(encoding="utf-8")


def test_the_ablation_says_what_the_lesson_says():
    distance, coverage, precision = map(measured, ("frechet_distance", "coverage", "precision"))
    mean = {name: values.mean() for name, values in distance.items()}
    assert mean["dense"] > mean["plain"] + 20
    assert coverage["plain"].mean() > 3 * coverage["dense"].mean()
    assert all(abs(mean[name] - mean["plain"]) < 5 for name in ("one-sided", "smoothing"))
    assert 2 < mean["plain"] - mean["flips"] < 12
    recipe = ("smoothing", "flips", "twice", "rates")
    assert min(recipe, key=mean.get) == "twice" and mean["twice"] < mean["plain"] - 20
    assert mean["rates"] > mean["plain"] + 5 and mean["twice"] < mean["all"] < mean["plain"]
    assert mean["both"] < min(mean["penalty"], mean["faster"])
    assert max(mean["penalty"], mean["faster"]) < mean["plain"] - 5
    assert precision["faster"].mean() < precision["plain"].mean() - 0.05
    histograms = [row["averaged"]["class_histogram"] for row in rows() if row["name"] == "dense"]
    assert all(np.sum(np.array(each) < 200) >= 2 for each in histograms)  # classes hardly there


def test_flips_that_persist_please_the_distance_and_nothing_else():
    distance, precision, coverage = map(measured, ("frechet_distance", "precision", "coverage"))
    assert distance["persistent"].mean() < distance["plain"].mean()
    assert 0.2 < precision["persistent"].mean() < 0.32 < 0.8 < precision["plain"].mean()
    assert coverage["persistent"].mean() < 0.5 * coverage["plain"].mean()


# --- 03b: the report's variants -------------------------------------------------------------------


@pytest.fixture(scope="module")
def report():
    return {row["name"]: row for row in rows("03_report")}


def late(row, player):
    """The mean of a player's losses over the last tenth of its steps."""
    return np.mean(row[f"{player}_losses"][-5:])


def test_the_sigmoid_rows_stand_still_in_the_corners_of_the_table(report):
    for player in ("discriminator", "generator"):
        assert late(report["deep sigmoid"], player) == pytest.approx(np.log(2), abs=2e-4)
    losses = report["sigmoid"]["generator_losses"][10:]
    assert np.ptp(losses) < 0.01 and np.mean(losses) == pytest.approx(np.log1p(np.e), abs=5e-3)
    assert max(report["deep sigmoid"]["generator_losses"][:10]) > 1.25  # was in that corner
    assert np.ptp(report["report"]["generator_losses"][10:]) > 1.0  # on logits they tremble
    distance = {name: row["raw"]["frechet_distance"] for name, row in report.items()}
    assert distance["probability"] < 0.6 * distance["sigmoid"]


def test_losses_below_zero_need_labels_above_one(report):
    lowest = {name: row["lowest_discriminator_loss"] for name, row in report.items()}
    assert -0.1 < lowest["deep"] < 0 < lowest["deep clipped"]
    kept, noisy = (report[name] for name in ("deep clipped", "deep"))
    for name in ("deep max", "probability"):
        assert late(report[name], "discriminator") < 0.15 and late(report[name], "generator") > 3
    assert late(kept, "generator") == pytest.approx(late(noisy, "generator"), rel=0.1)


def test_no_variant_makes_clothes_and_losses_do_not_show_collapse(report):
    assert len(report) == 11 and all(row["steps"] == 1_000 for row in report.values())
    assert max(row["raw"]["coverage"] for row in report.values()) < 0.035
    shares = {name: np.array(row["raw"]["class_histogram"]) / 1e4 for name, row in report.items()}
    assert shares["deep adam"].max() > 0.6 and np.sort(shares["deep sigmoid"])[-2:].sum() > 0.9
    assert report["deep sigmoid"]["raw"]["precision"] == pytest.approx(0.86, abs=0.005)


def test_average_pooling_keeps_the_players_closer_together(report):
    gap = {
        name: late(report[name], "generator") - late(report[name], "discriminator")
        for name in ("report", "average")
    }
    assert gap["average"] < 1.0 < gap["report"]
