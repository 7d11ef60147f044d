"""What the figures draw is what they were given."""

import numpy as np
import pytest

from ganbook import plots
from ganbook.errors import SettingError

LOG = [{"step": i, "discriminator_loss": 1.4, "generator_loss": 0.7 + 0.1 * i} for i in range(5)]


def test_loss_panels_draw_every_log_and_leave_the_rest_of_the_grid_empty():
    figure = plots.loss_panels({"one": LOG, "two": LOG, "three": LOG, "four": LOG[:3]})
    assert [axes.get_title() for axes in figure.axes[:4]] == ["one", "two", "three", "four"]
    assert [axes.get_visible() for axes in figure.axes] == [True] * 4 + [False] * 2
    assert [axes.get_legend() is not None for axes in figure.axes[:2]] == [True, False]
    assert figure.axes[3].lines[2].get_ydata().tolist() == pytest.approx([0.7, 0.8, 0.9])


def test_loss_curves_mark_what_players_without_an_opinion_pay():
    axes = plots.loss_curves(LOG).axes[0]
    assert [text.get_text() for text in axes.texts] == ["ln 2", "2 ln 2"]
    axes = plots.loss_curves(LOG, "hinge", {"0": 0.0, "2": 2.0}).axes[0]
    assert [line.get_ydata()[0] for line in axes.lines[4:]] == [0.0, 2.0]


def test_class_shares_are_bars_in_percent():
    shares = {"test": [0.5, 0.5], "samples": [0.1, 0.9]}
    axes = plots.class_shares(shares, ["bag", "boot"], "title").axes[0]
    assert [bar.get_height() for bar in axes.patches] == pytest.approx([50, 50, 10, 90])
    places = [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]
    assert places == pytest.approx([-0.2, 0.8, 0.2, 1.2])


def test_seeds_are_dots_with_their_mean():
    axes = plots.seeds({"first": [1.0, 3.0], "second": [5.0, 6.0]}, "title", "distance").axes[0]
    dots, mean = axes.lines[0], axes.lines[1]
    assert dots.get_xdata().tolist() == [1.0, 3.0] and np.ravel(mean.get_xdata()) == [2.0]
    assert dots.get_ydata()[0] > axes.lines[2].get_ydata()[0], "the first stands at the top"


def test_tracks_have_places_of_their_own():
    figure = plots.tracks({"a": ([0, 1], [2, 3]), "b": ([0, 1, 2], [5, 4, 3])}, "t", "x", "y")
    lines = figure.axes[0].get_lines()
    assert [list(line.get_xdata()) for line in lines] == [[0, 1], [0, 1, 2]]
    assert len({line.get_color() for line in lines}) == 2
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["a", "b"]


def test_points_and_the_lines_between_pairs():
    one, other = np.zeros((3, 2)), np.ones((3, 2))
    axes = plots.points({"one": one, "other": other}, "t", zip(one, other, strict=True)).axes[0]
    assert [len(found.get_offsets()) for found in axes.collections] == [3, 3]
    assert len(axes.get_lines()) == 3


def test_histograms_show_shares_between_their_bounds():
    axes = plots.histograms({"t": ([1, 3], 0.5)}, "weight").axes[0]
    assert [bar.get_height() for bar in axes.patches] == [0.25, 0.75]
    assert [bar.get_x() for bar in axes.patches] == [-0.5, 0.0]


def test_a_surface_is_what_the_discriminator_says_of_each_place():
    said = plots.surface(lambda places: 10.0 * places[:, :1], reach=2.0)
    assert said.shape == (61, 61)
    np.testing.assert_allclose(said, np.tile(said[0], (61, 1)))  # the first axis is y
    assert said[0, 30] == 0.5 and said[0, 0] < 1e-8 and said[0, -1] > 1.0 - 1e-8


def test_scenes_have_a_panel_for_each_moment():
    frame = (np.zeros((5, 2)), np.full((61, 61), 0.5))
    figure = plots.scenes({str(i): frame for i in range(5)}, np.ones((8, 2)), columns=4)
    assert [axes.get_title() for axes in figure.axes[:5]] == list("01234")
    assert [axes.get_visible() for axes in figure.axes] == [True] * 5 + [False] * 3
    crosses, dots = figure.axes[0].get_lines()
    assert len(crosses.get_xdata()) == 8 and len(dots.get_xdata()) == 5


def test_samples_are_drawn_as_what_they_are():
    points = plots.samples(np.zeros((7, 2)), title="t").axes[0]
    assert len(points.collections[0].get_offsets()) == 7
    assert len(plots.samples(np.zeros((6, 4, 4, 1)), 3).axes[0].get_images()) == 1


def test_a_film_has_a_frame_for_each_figure(tmp_path):
    from PIL import Image

    figures = [plots.points({"p": np.full((1, 2), i)}, str(i)) for i in range(3)]
    with Image.open(plots.save_gif(figures, tmp_path / "film.gif", milliseconds=100)) as film:
        assert film.n_frames == 3 and film.info["loop"] == 0
        assert film.info["duration"] == 100
        film.seek(2)
        assert film.info["duration"] == 1000, "the last one stays"
    with pytest.raises(SettingError, match="no figure"):
        plots.gif_of([])


def test_arrows_and_colors_belong_to_their_points():
    places, said = np.eye(2), np.full((61, 61), 0.5)
    axes = plots.slopes(places, np.array([[3.0, 0.0], [0.0, 0.0]]), said, places, "t").axes[0]
    (arrows,) = [found for found in axes.collections if hasattr(found, "U")]
    assert list(arrows.U) == [1.0, 0.0] and list(arrows.V) == [0.0, 0.0]
    figure = plots.colored({"a": places, "b": 2 * places}, np.array([0.0, 1.0]))
    shades = [axes.collections[0].get_array().tolist() for axes in figure.axes]
    assert shades == [[0.0, 1.0]] * 2


def trial(number, rate, loss, values, pruned=False):
    settings = {"rate": rate, "loss": loss}
    return {"number": number, "settings": settings, "values": values, "pruned": pruned}


def test_parallel_coordinates_draw_every_trial_and_mark_the_best():
    trials = [
        trial(0, 1e-4, "hinge", [90.0, 40.0]),
        trial(1, 1e-3, "hinge", [50.0, 20.0]),
        trial(2, 1e-2, "least_squares", [30.0], pruned=True),
        trial(3, 1e-3, "hinge", [], pruned=True),  # it broke down before it was measured
    ]
    axes = plots.parallel(trials, "search", "distance").axes[0]
    lines = [line for line in axes.lines if len(line.get_ydata()) == 3]
    assert len(lines) == 3
    best = next(line for line in lines if line.get_label() == "best")
    np.testing.assert_allclose(best.get_ydata(), [0.5, 0.0, 0.0], atol=1e-9)  # rates by logarithm
    pruned = next(line for line in lines if line.get_linestyle() == ":")
    np.testing.assert_allclose(pruned.get_ydata(), [1.0, 1.0, 0.5], atol=1e-9)  # 30 of 20 to 40
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["rate", "loss", "distance"]


def test_parallel_coordinates_need_a_finished_trial():
    with pytest.raises(SettingError, match="none of 1 trials was finished"):
        plots.parallel([trial(0, 1e-3, "hinge", [3.0], pruned=True)], "search")
