"""The live panel, the sample grids, and what a lesson prints around them."""

import io

import helpers
import numpy as np
import pytest
from helpers import gan_of, train
from PIL import Image

from ganbook import callbacks, lesson, plots
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
