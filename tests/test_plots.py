"""What the figures draw is what they were given."""

import numpy as np
import pytest

from ganbook import plots

LOG = [{"step": i, "discriminator_loss": 1.4, "generator_loss": 0.7 + 0.1 * i} for i in range(5)]


def test_loss_panels_draw_every_log_and_leave_the_rest_of_the_grid_empty():
    figure = plots.loss_panels({"one": LOG, "two": LOG, "three": LOG, "four": LOG[:3]})
    assert [axes.get_title() for axes in figure.axes[:4]] == ["one", "two", "three", "four"]
    assert [axes.get_visible() for axes in figure.axes] == [True] * 4 + [False] * 2
    assert [axes.get_legend() is not None for axes in figure.axes[:2]] == [True, False]
    assert figure.axes[3].lines[2].get_ydata().tolist() == pytest.approx([0.7, 0.8, 0.9])


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
