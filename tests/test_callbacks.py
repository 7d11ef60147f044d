"""The live panel, the sample grids, and what a lesson prints around them."""

import errno
import io
import re

import helpers
import keras
import numpy as np
import pytest
from helpers import gan_of, train
from PIL import Image

from ganbook import callbacks, checkpoint, lesson, plots
from ganbook.data import ImageData
from ganbook.errors import RunError, SettingError


def test_panel_prints_plain_lines_with_the_time_left(capsys):
    train(gan_of(), 4, [callbacks.LivePanel(seconds=0)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3  # the first call compiles: it says nothing about the time left
    assert lines[0].startswith("step         2 of 4") and "left" in lines[0]
    assert lines[-1].startswith("step         4 of 4") and "done in" in lines[-1]


def test_panel_is_quiet_between_two_lines(capsys):
    train(gan_of(), 6, [callbacks.LivePanel(seconds=1000)])
    assert len(capsys.readouterr().out.splitlines()) == 1  # the last state is always shown


def test_panel_redraws_one_figure_in_a_notebook(monkeypatch):
    shown = []

    class Handle:
        def update(self, picture):
            shown.append(picture)

    def display(picture, display_id):
        shown.append(picture)
        return Handle()

    monkeypatch.setattr(callbacks, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    train(gan_of(), 4, [callbacks.LivePanel("Toy images", seconds=0, count=6, columns=3)])
    assert len(shown) == 3
    pictures = [Image.open(io.BytesIO(picture.content)) for picture in shown]
    assert all(picture.width > 500 for picture in pictures)
    assert shown[0].alt.startswith("Loss curves and samples. step")
    assert '<img alt="Loss curves and samples. step' in shown[0]._repr_html_()


def test_sample_grids_are_written_and_whole(tmp_path):
    train(gan_of(), 5, [callbacks.SampleGrid(tmp_path, every=2, count=4, columns=2)])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"samples-{step:09d}.png" for step in (2, 4, 5)]
    for name in names:
        Image.open(tmp_path / name).verify()


@pytest.mark.parametrize(
    "seconds, text", [(0.4, "0 s"), (89, "89 s"), (100, "2 min"), (4800, "1 h 20 min")]
)
def test_durations_as_people_say_them(seconds, text):
    assert callbacks.duration(seconds) == text


def test_checkpoints_need_a_sensible_distance(tmp_path):
    with pytest.raises(SettingError, match="every is 0"):
        callbacks.RunCheckpoint(tmp_path, every=0)


def test_tile_puts_images_row_by_row():
    images = np.arange(3, dtype=np.float32).reshape(3, 1, 1, 1) * np.ones((3, 2, 2, 1), np.float32)
    tiled = plots.tile(images, columns=2)
    assert tiled[:, :, 0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 0, 0], [2, 2, 0, 0]]
    with pytest.raises(SettingError, match=r"\(3, 2, 2\)"):
        plots.tile(images[..., 0], 2)


def test_running_mean_looks_back_only():
    assert plots.running_mean([1.0, 3.0, 5.0, 7.0], window=2).tolist() == [1.0, 2.0, 4.0, 6.0]


def test_figures_are_pngs(tmp_path):
    gan = train(gan_of(), 3)
    for figure in (
        plots.loss_curves(gan.log),
        plots.image_grid(helpers.images(5), 2, "title", ["a", "b", "c"]),
        plots.curves([0, 1], {"one": [0, 1], "two": [1, 0]}, "title", "x", "y"),
    ):
        path = plots.save_figure(figure, tmp_path / "figure.png")
        Image.open(path).verify()
    assert [p.name for p in tmp_path.iterdir()] == ["figure.png"]


def test_preset_comes_from_the_caller_the_environment_or_the_hardware(monkeypatch):
    monkeypatch.setenv("GANBOOK_PRESET", "standard")
    assert lesson.preset() == "standard" and lesson.preset("full") == "full"
    monkeypatch.setenv("GANBOOK_PRESET", "slow")
    with pytest.raises(SettingError, match="'slow'.*quick, standard, full"):
        lesson.preset()
    monkeypatch.delenv("GANBOOK_PRESET")
    assert lesson.preset() in ("quick", "standard", "full")


def test_results_that_are_not_stored_are_refused():
    with pytest.raises(RunError, match="99_nothing"):
        lesson.stored_results("99_nothing")


def test_a_film_keeps_the_beginning_the_way_and_the_end():
    film = callbacks.Film(lambda gan: gan.step, every=4)
    gan = train(gan_of(steps_per_call=2), 10, [film])
    assert film.frames == {step: step for step in (0, 4, 8, 10)}
    train(gan, 4, [film])  # goes on
    assert list(film.frames) == [0, 4, 8, 10, 12, 14]
    with pytest.raises(SettingError, match="every is 0"):
        callbacks.Film(len, every=0)


# What stands beside the training does not end it


def pair_for(shape, activation="tanh"):
    """Return networks for examples of any shape."""

    def pair(seed=0):
        keras.utils.set_random_seed(seed)
        size = int(np.prod(shape))
        generator = [keras.layers.Dense(size, activation=activation), keras.layers.Reshape(shape)]
        discriminator = [keras.layers.Flatten(), keras.layers.Dense(1)]
        return (
            keras.Sequential([keras.Input((2,)), *generator]),
            keras.Sequential([keras.Input(shape), *discriminator]),
        )

    return pair


def beside(folder):
    """Return all that stands beside a training, each at every step."""
    saving = callbacks.RunCheckpoint(folder / "checkpoints", every=1)
    panel = callbacks.LivePanel("a $ b", seconds=0, count=4, columns=2)
    grid = callbacks.SampleGrid(folder / "grids", every=1, count=4, columns=2)
    film = callbacks.Film(lambda gan: gan.sample(2), every=1)
    return [grid, film, panel, saving]


def shown_pictures(monkeypatch):
    """Have the panel believe that it is in a notebook; return the list of what it shows."""
    shown = []
    monkeypatch.setattr(callbacks, "in_notebook", lambda: True)
    monkeypatch.setattr(
        "IPython.display.display", lambda picture, display_id: shown.append(picture)
    )
    return shown


@pytest.mark.parametrize("shape", [(6, 5, 2), (6, 5, 4), (3, 3, 9), (1, 1, 1), (300, 2, 1), (2,)])
def test_examples_of_every_shape_are_drawn(shape, tmp_path, monkeypatch):
    shown = shown_pictures(monkeypatch)
    real = np.random.default_rng(0).uniform(-1, 1, (16, *shape))
    gan = gan_of(pair_for(shape))
    parts = beside(tmp_path)
    gan.fit(ImageData.of(real).stream(4), steps_per_epoch=1, verbose=0, callbacks=parts)
    Image.open(tmp_path / "grids" / "samples-000000001.png").verify()
    assert len(shown) == 1 and list(parts[1].frames) == [0, 1]


def trouble(error):
    def raise_it(*_, **__):
        raise error

    return raise_it


@pytest.mark.parametrize(
    ("where", "name", "error", "said"),
    [
        (
            plots,
            "samples",
            ValueError("no\nsuch channel"),
            "SampleGrid .*ValueError: no such channel",
        ),
        (plots, "training_panel", MemoryError(), "LivePanel could not draw .*MemoryError"),
        (
            plots.base,
            "write_whole",
            OSError(errno.ENOSPC, "disk full"),
            "SampleGrid .*write.*disk full",
        ),
        (
            helpers.GAN,
            "sample",
            RuntimeError("x" * 9999),
            "SampleGrid .*x{200,280}.\\. The training",
        ),
    ],
)
def test_trouble_is_said_once_for_each_kind_and_the_training_goes_on(
    where, name, error, said, tmp_path, monkeypatch
):
    shown_pictures(monkeypatch)
    parts = beside(tmp_path)
    monkeypatch.setattr(where, name, trouble(error))
    with pytest.warns(UserWarning) as found:
        gan = train(gan_of(), 3, parts)
    texts = [str(one.message) for one in found]
    assert gan.step == 3 and checkpoint.saved_steps(tmp_path / "checkpoints")[-1] == 3
    assert len(texts) == len({text.split()[0] for text in texts}), "one for each callback"
    assert all("The training goes on" in text for text in texts)
    assert any(re.match(said, text) for text in texts), texts
    assert all("\n" not in text and len(text) < 500 for text in texts)


def test_each_kind_of_trouble_is_said():
    errors = iter([ValueError("a"), ValueError("b"), OSError(errno.ENOSPC, "c"), OSError(5, "d")])

    def look(gan):
        raise next(errors, KeyError("e"))

    film = callbacks.Film(look, every=1)
    with pytest.warns(UserWarning) as found:
        train(gan_of(), 6, [film])
    assert "Film could not keep a frame at step 0 (" in str(found[0].message)
    whys = [str(one.message).split("(")[1][:12] for one in found]
    assert whys == ["ValueError: ", "OSError: [Er", "OSError: [Er", "KeyError: 'e"]
    assert film.frames == {}


def test_a_film_goes_on_after_a_frame_that_failed():
    def look(gan):
        if gan.step == 4:
            raise ValueError("not this one")
        return gan.step

    film = callbacks.Film(look, every=2)
    with pytest.warns(UserWarning, match="at step 4"):
        train(gan_of(), 7, [film])
    assert list(film.frames) == [0, 2, 6, 7]


def test_a_panel_that_cannot_draw_prints(monkeypatch, capsys):
    monkeypatch.setattr(callbacks, "in_notebook", lambda: True)
    monkeypatch.setattr(plots, "training_panel", trouble(ValueError("no")))
    with pytest.warns(UserWarning, match="LivePanel could not draw"):
        train(gan_of(), 4, [callbacks.LivePanel(seconds=0)])
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_an_interrupt_is_no_trouble():
    with pytest.raises(KeyboardInterrupt):
        train(gan_of(), 4, [callbacks.Film(trouble(KeyboardInterrupt()), every=1)])


def test_samples_that_are_no_numbers_are_drawn(tmp_path):
    gan = gan_of()
    broken = np.full((4, 8, 8, 1), np.nan, np.float32)
    gan.sample = lambda count, seed=0: broken[:count]
    train(gan, 2, beside(tmp_path))
    assert (tmp_path / "grids" / "samples-000000002.png").is_file()  # and no warning


def test_samples_of_a_sigmoid_are_drawn_in_the_range_of_pictures(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        plots, "samples", lambda made, *_: drawn.append(made) or plots.image_grid(made)
    )
    gan = gan_of(pair_for((4, 4, 1), "sigmoid"))
    assert gan.value_range == (0.0, 1.0)
    grid = callbacks.SampleGrid(tmp_path, every=2, count=4)
    images = np.random.default_rng(0).integers(0, 256, (16, 4, 4, 1)).astype(np.uint8)
    gan.fit(ImageData.of(images).stream(4), steps_per_epoch=2, verbose=0, callbacks=[grid])
    np.testing.assert_allclose(drawn[0], gan.sample(4) * 2 - 1, atol=1e-6)
    tanh = gan_of()
    assert np.array_equal(callbacks.samples_to_draw(tanh, 4), tanh.sample(4))
    assert len(callbacks.samples_to_draw(gan_of(pair_for((2,))), 4)) == 4


@pytest.mark.parametrize("settings", [{"every": 0}, {"count": 0}, {"columns": 2.5}])
def test_grids_need_whole_numbers(settings, tmp_path):
    with pytest.raises(SettingError, match=f"{next(iter(settings))} is"):
        callbacks.SampleGrid(tmp_path, **settings)


def test_a_panel_without_an_end_says_how_long_it_took(capsys):
    panel = callbacks.LivePanel(seconds=0)
    panel.set_model(train(gan_of(), 2))
    panel.set_params({"steps": None, "epochs": 1})
    panel.on_train_begin()
    panel.on_train_batch_end(0)
    panel.on_train_batch_end(1)
    assert "step         2 of ?   " in (said := capsys.readouterr().out) and "so far" in said
