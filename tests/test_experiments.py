"""The scripts that measure what lessons claim: what they keep, and what they switch."""

import dataclasses
import json
from types import SimpleNamespace

import experiments
import lesson02_variants
import lesson03_ablation
import lesson03_report
import lesson06_growing
import lesson07_atlas
import lesson07_few
import lesson07_search
import numpy as np
import optuna
import pytest
from helpers import flat
from PIL import Image

from ganbook import data, load_data, plots
from ganbook.losses import NonSaturating
from ganbook.mistakes import PersistentFlips
from ganbook.penalties import R1


def test_observations_see_background_dots_and_ghosts():
    images = np.zeros((4, 28, 28, 1), np.uint8)
    images[0, 0, :] = 112  # a gray line at the edge
    images[1, 10, 10] = 255  # a dot
    images[2, 10:14, 10:14] = 255  # a stroke
    found = lesson02_variants.observations(images)
    edge = 28 * 28 - 24 * 24
    assert found["background"] == pytest.approx(28 * 112 / (4 * edge), abs=1e-3)
    assert found["stray_pixels"] == 1 / 4
    assert found["ghosts"] == 2 / 4
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=255)
    assert lesson02_variants.observations(padded) == found


def test_results_grow_row_by_row_and_are_not_made_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    points = load_data("ring", split="test")
    results = experiments.Results("some", "some.py", points)
    assert results.rows() == [] and not results.has(name="a", steps=1, seed=0)
    results.add({"name": "a", "steps": 1, "seed": 0, "value": 2.0})
    again = experiments.Results("some", "some.py", points)
    assert again.has(name="a", steps=1, seed=0) and not again.has(name="a", steps=1, seed=1)
    stored = json.loads((tmp_path / "some.json").read_text())
    assert stored["made by"] == "scripts/some.py" and stored["rows"][0]["versions"]["keras"]
    assert stored["data_checksums"] == {"ring": points.checksum}


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    steps: int | None = None


def test_fill_makes_what_is_missing_seed_by_seed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(experiments, "RESULTS", tmp_path)
    results = experiments.Results("some", "some.py", load_data("ring", split="test"))
    made = []

    def make(row, steps, seed):
        made.append((row.name, steps, seed))
        return {"value": seed}

    monkeypatch.setattr("sys.argv", ["some.py", "--seeds", "0", "1", "--only", "a", "b"])
    chosen = experiments.arguments("Some rows.", seeds=[0], steps=5)
    rows = [Row("a"), Row("b", steps=9), Row("c")]
    results.add({"name": "b", "steps": 9, "seed": 0})
    experiments.fill(results, rows, chosen, make)
    assert made == [("a", 5, 0), ("a", 5, 1), ("b", 9, 1)]
    experiments.fill(results, rows, chosen, make)
    assert len(made) == 3 and len(results.rows()) == 4
    assert capsys.readouterr().out.count("\n") == 3


@pytest.mark.parametrize("script", [lesson02_variants, lesson03_ablation, lesson03_report])
def test_variants_have_names_and_texts_of_their_own(script):
    for entry in ("name", "text"):
        values = [getattr(variant, entry) for variant in script.VARIANTS]
        assert len(set(values)) == len(values)


def test_switches_reach_the_gan():
    by_name = {switches.name: switches for switches in lesson03_ablation.VARIANTS}
    recipe = lesson03_ablation.build_gan(by_name["all"], seed=0)
    assert vars(recipe.loss_pair) == vars(
        NonSaturating(real_label=0.9, fake_label=0.1, flip_labels=0.1)
    )
    assert recipe.generator_steps == 2
    assert float(recipe.generator_optimizer.learning_rate) == pytest.approx(1e-4)
    persistent = lesson03_ablation.build_gan(by_name["persistent"], seed=0)
    assert isinstance(persistent.loss_pair, PersistentFlips)
    assert persistent.loss_pair.loss.flip_labels == 0.0
    assert by_name["plain"].generator_steps == 1 and by_name["plain"].penalty == 0.0
    both = lesson03_ablation.build_gan(by_name["both"], seed=0)
    assert isinstance(both.penalty, R1) and both.penalty.gamma == 0.5
    rates = [both.generator_optimizer, both.discriminator_optimizer]
    assert [float(one.learning_rate) for one in rates] == pytest.approx([5e-4, 1e-3])


def test_losses_of_a_report_run_are_fifty_means():
    log = [{"discriminator_loss": i, "generator_loss": 1.0} for i in range(1000)]
    found = experiments.losses_of(SimpleNamespace(log=log))
    assert found["discriminator_losses"] == [20 * i + 9.5 for i in range(50)]
    assert found["generator_losses"] == [1.0] * 50
    assert found["lowest_discriminator_loss"] == 0.0


def test_fifty_means_are_taken_of_all_steps():
    log = [{"discriminator_loss": 0.0, "generator_loss": i} for i in range(80)]
    means = experiments.losses_of(SimpleNamespace(log=log))["generator_losses"]
    assert len(means) == 50 and means[0] == 0.5 and means[-1] == 79.0


def test_a_pattern_differs_from_the_healthy_pair_in_one_or_two_things():
    healthy, *others = (dataclasses.asdict(pattern) for pattern in lesson07_atlas.PATTERNS)
    for other in others:
        changed = [k for k in healthy if k not in ("name", "text") and other[k] != healthy[k]]
        assert 1 <= len(changed) <= 2, other["name"]


def test_folklore_is_said_in_the_settings_of_the_search():
    recipe = {**lesson07_search.FOLKLORE["lesson 01's recipe"], "gamma": 0.5}
    assert lesson07_search.suggested(optuna.trial.FixedTrial(recipe)) == recipe
    for settings in lesson07_search.FOLKLORE.values():
        assert settings.keys() == recipe.keys()
    gan = lesson07_search.build_gan(recipe, seed=0)
    assert float(gan.discriminator_optimizer.learning_rate) == pytest.approx(1e-3)
    assert isinstance(gan.penalty, R1) and gan.loss_pair.real_label == 0.9


def test_the_treated_pair_begins_as_the_untreated_one():
    few, augmented, everything = lesson07_few.WAYS
    assert (few.images, augmented.images, everything.images) == (1_000, 1_000, 60_000)
    pairs = [lesson07_few.build_gan(way, seed=0) for way in (few, augmented)]
    for name in ("generator", "discriminator"):
        weights = [flat(getattr(gan, name).trainable_weights) for gan in pairs]
        np.testing.assert_array_equal(*weights)


def test_a_picture_of_noise_is_a_small_file(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 28, 28, 1), np.uint8)
    figure = plots.image_grid(noise, 16, "noise")
    experiments.save_picture(figure, tmp_path / "small.png")
    plots.save_figure(figure, tmp_path / "large.png", dpi=72)
    sizes = [(tmp_path / f"{name}.png").stat().st_size for name in ("small", "large")]
    assert sizes[0] < sizes[1] / 2
    pictures = [Image.open(tmp_path / f"{name}.png").convert("L") for name in ("small", "large")]
    assert np.abs(np.subtract(*(np.asarray(p, float) for p in pictures))).mean() < 8


def test_a_stand_in_is_not_good_enough_for_a_result_that_is_kept(monkeypatch):
    monkeypatch.setitem(data.TOYS, "test", 10)
    standin = load_data("mnist", source="standin", split="test")
    monkeypatch.setattr(experiments, "load_data", lambda name, size: standin)
    with pytest.raises(SystemExit, match="needs the real mnist"):
        experiments.real("mnist")


def test_lesson06_ways_show_as_many_images_of_each_size():
    ways = {way.name: way for way in lesson06_growing.WAYS}
    steps = 100
    shown = {}
    for name, way in ways.items():
        plan = lesson06_growing.schedule_of(way, steps)
        sizes = [plan.resolution_at(step) for step in range(plan.steps)]
        shown[name] = {size: sizes.count(size) for size in (4, 8, 16, 32)}
    assert shown["grown"] == shown["no fade"] == shown["no deviation"]
    assert shown["grown"] == {4: 10, 8: 20, 16: 20, 32: 50}
    # (10 * 9.1 + 20 * 32.9 + 20 * 73.6 + 50 * 145) / 145 = 65.3 steps at the full size
    assert shown["scratch"] == {4: 0, 8: 0, 16: 0, 32: 65}
    plan = lesson06_growing.schedule_of(ways["no fade"], steps)
    assert all(float(plan.fade_at(step, plan.stage_at(step))) == 1.0 for step in range(steps))


def test_lesson06_counts_time_by_steps(monkeypatch):
    monkeypatch.setattr(lesson06_growing, "MILLISECONDS", {4: 1, 8: 10, 16: 100, 32: 1000})
    ways = {way.name: way for way in lesson06_growing.WAYS}
    plan = lesson06_growing.schedule_of(ways["grown"], 100)  # 10, 20, 20 and 50 steps
    assert lesson06_growing.seconds_of(plan) == pytest.approx(0.01 + 0.2 + 2.0 + 50.0)
    assert lesson06_growing.seconds_of(plan, 15) == pytest.approx(0.01 + 0.05)
    scratch = lesson06_growing.schedule_of(ways["scratch"], 100)
    assert scratch.steps == 52 and lesson06_growing.seconds_of(scratch, 3) == pytest.approx(3.0)


def test_small_images_are_enlarged_in_blocks():
    images = np.arange(2 * 4 * 4, dtype=np.float32).reshape(2, 4, 4, 1)
    big = lesson06_growing.enlarged(images)
    assert big.shape == (2, 32, 32, 1)
    assert (big[:, 8:16, 16:24] == images[:, 1:2, 2:3]).all()
