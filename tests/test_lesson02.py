"""What lesson 02 defines in its cells is what the package does; what it says, its rows say."""

from pathlib import Path

import keras
import lesson02_variants
import pytest
from keras import layers
from twins import names_of, same_gan, same_network

import ganbook
from ganbook import recipes
from ganbook.layers import UpSamplingConv2D
from ganbook.models import dcgan

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "02_dcgan.ipynb"


@pytest.fixture(scope="module")
def cells():
    names = {"keras": keras, "layers": layers, "GAN": ganbook.GAN}
    return names_of("02_dcgan.ipynb", UpSamplingConv2D=UpSamplingConv2D, **names)


NETWORKS = ["build_generator", "build_discriminator", "build_deep_discriminator"]


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(cells, name):
    same_network(cells[name], getattr(dcgan, name))


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], recipes.recipe_of("02").gan())


def test_the_rows_say_what_the_lesson_says_about_them():
    rows = {row["name"]: row for row in ganbook.stored_results("02_variants")["rows"]}
    distance = {
        name: row["averaged"]["frechet_distance"] for name, row in rows.items() if "averaged" in row
    }
    assert distance["classic"] > 4.5 * distance["main"]
    assert distance["classic"] > distance["fast classic"] > 1.3 * distance["no batch norm"]
    assert distance["no batch norm"] > 1.8 * distance["main"]
    assert distance["dropout"] > 1.2 * distance["main"]
    assert distance["transposed"] > 1.2 * distance["main"]
    assert distance["gray border"] > 2.5 * distance["main"]
    for same in ("alternating", "beta"):
        assert distance[same] == pytest.approx(distance["main"], abs=0.6)
    assert 0.8 * distance["main"] < distance["slope"] < distance["main"]
    convolutional = [name for name in distance if "dense" not in name]
    assert max(convolutional, key=distance.get) == "recipe"
    assert distance["recipe"] == pytest.approx(57, abs=0.5)
    assert distance["classic dense"] > distance["dense"] > distance["main"]


def test_the_main_variant_is_the_recipe():
    main = next(variant for variant in lesson02_variants.VARIANTS if variant.name == "main")
    recipe = recipes.recipe_of("02")
    gan = recipe.gan()
    assert main.batch_size == recipe.batch_size and main.update == gan.update
    for player, network in zip(
        ("generator", "discriminator"), lesson02_variants.build_networks(main), strict=True
    ):
        optimizer = getattr(gan, f"{player}_optimizer")
        assert float(optimizer.learning_rate) == pytest.approx(getattr(main, f"{player}_rate"))
        assert optimizer.beta_1 == main.beta_1
        for ours, theirs in zip(network.layers, getattr(gan, player).layers, strict=True):
            assert ours.get_config() | {"name": ""} == theirs.get_config() | {"name": ""}


def test_the_old_observations_are_what_the_lesson_says():
    rows = {row["name"]: row for row in ganbook.stored_results("02_variants")["rows"]}
    seen = {name: rows[name]["observations"] for name in ("real", "classic dense", "dense", "main")}
    dots = {name: row["stray_pixels"] for name, row in seen.items()}
    assert min(dots["classic dense"], dots["dense"]) > 0.17
    assert dots["main"] < 1 / 50 and dots["real"] < 1 / 250
    background = {name: row["background"] for name, row in seen.items()}
    assert background["classic dense"] > 2.9 * max(background["dense"], background["main"])
    assert background["dense"] == pytest.approx(background["main"], rel=0.1)
    assert max(row["ghosts"] for row in seen.values()) == 0
    counts = rows["classic dense"]["averaged"]["class_histogram"]
    assert counts[1] + counts[7] > sum(counts) / 2
    late = rows["classic dense"]["late"]
    assert late["fake_accuracy"] > 0.9 > late["real_accuracy"]
    least_sure = min(rows[name]["late"]["real_accuracy"] for name in ("classic dense", "main"))
    assert rows["dense"]["late"]["real_accuracy"] < least_sure
