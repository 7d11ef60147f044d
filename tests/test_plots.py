"""What the figures draw is what they were given."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

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


def vermilion(figure):
    """Return how large a part of a figure has the color of what is not a number."""
    figure.canvas.draw()
    colors = np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255
    return np.mean(np.abs(colors - to_rgb(plots.GENERATOR)).max(axis=-1) < 0.01)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers_are_seen_and_left_over_places_stay_dark(bad, channels):
    images = np.linspace(-1, 1, 7 * 64 * channels, dtype=np.float32).reshape(7, 8, 8, channels)
    assert vermilion(plots.image_grid(images, 4)) == 0
    one = images.copy()
    one[2] = bad
    part = vermilion(plots.image_grid(one, 4))
    assert 0.02 < part < 0.2, "one image of eight places"
    assert np.isfinite(plots.tile(one, 4)[8:, 24:]).all()
    assert vermilion(plots.image_grid(np.full_like(images, bad), 4)) > 6 * part


def test_colors_of_images_are_not_rounded_on_their_way():
    images = np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 3)).astype(np.float32)
    (shown,) = plots.image_grid(images, 2).axes[0].get_images()
    expected = (plots.tile(images, 2) + np.float32(1)) / np.float32(2)
    assert shown.get_array().dtype == np.float32 and np.array_equal(shown.get_array(), expected)


@pytest.mark.parametrize("draw", [plots.image_grid, plots.samples, plots.tile])
def test_what_is_no_image_is_refused(draw):
    images = np.zeros((2, 4, 4, 1))
    for dtype in (np.int64, np.uint16, bool, complex, object, "U3"):
        with pytest.raises(SettingError, match=f"images are {np.dtype(dtype)}; uint8"):
            draw(images.astype(dtype), 2)
    with pytest.raises(SettingError, match="one image or more"):
        draw(images[:0], 2)
    with pytest.raises(SettingError, match=r"shape \(2, 4, 4\); \(N, H"):
        draw(images[..., 0], 2)


@pytest.mark.parametrize(
    ("channels", "shown", "title"),
    [
        (1, slice(0, 1), "t"),
        (2, slice(0, 1), "t (channel 1 of 2)"),
        (3, slice(0, 3), "t"),
        (4, slice(0, 3), "t (channels 1 to 3 of 4)"),
        (7, slice(0, 1), "t (channel 1 of 7)"),
    ],
)
def test_channels_that_are_not_shown_are_named(channels, shown, title):
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 5, channels)).astype(np.uint8)
    for figure in (plots.image_grid(images, 2, "t"), plots.samples(images, 2, "t")):
        (axes,) = figure.axes
        assert axes.get_title() == title
        (picture,) = axes.get_images()
        found = np.asarray(picture.get_array()) * (255 if channels in (3, 4) else 1)
        expected = plots.tile(images[..., shown], 2)
        np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-4)
    assert plots.tile(images, 2).shape == (8, 10, channels)


def test_large_images_are_drawn_coarser_and_small_ones_whole():
    for side, expected in ((1, 1), (256, 256), (257, 129), (1000, 250)):
        axes = plots.image_grid(np.zeros((2, side, side, 1)), 2, "t", ["row"]).axes[0]
        assert axes.get_images()[0].get_array().shape == (expected, 2 * expected)
        assert axes.texts[0].get_position()[1] == expected / 2


def test_a_title_with_dollars_is_no_formula():
    places, said = np.zeros((2, 2)), np.full((61, 61), 0.5)
    title = "$a_ $ and $%"
    for figure in (
        plots.image_grid(np.zeros((2, 4, 4, 1)), 2, title, [title]),
        plots.points({title: places, "b": places}, title),
        plots.scenes({title: (places, said)}, places),
        plots.slopes(places, places, said, places, title),
        plots.colored({title: places, "b": places}, np.zeros(2)),
        plots.loss_curves(LOG, title),
        plots.parallel([trial(0, 1e-4, "hinge", [9.0]), trial(1, 1e-3, "hinge", [8.0])], title),
    ):
        figure.canvas.draw()
        assert figure.axes[0].get_title() == title


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_leaves_a_gap(bad):
    means = plots.running_mean([1.0, 3.0, bad, 5.0, 7.0, 9.0], window=2)
    np.testing.assert_array_equal(means, [1.0, 2.0, np.nan, np.nan, 6.0, 8.0])
    log = [*LOG, {"step": 5, "discriminator_loss": bad, "generator_loss": 1.0}]
    images = np.full((4, 6, 6, 1), np.nan, np.float32)
    plots.training_panel(log, images, 2, "losses", "samples").canvas.draw()


def test_a_picture_is_html_with_a_text_of_its_own():
    picture = plots.Picture(b"content", 'A "7" <and>\na 1', "gif")
    assert picture._repr_html_() == (
        '<img alt="A &quot;7&quot; &lt;and&gt; a 1" src="data:image/gif;base64,Y29udGVudA==" '
        'style="max-width: 100%">'
    )
    assert repr(picture) == 'A "7" <and>\na 1'
    for nothing in ("", " \n"):
        with pytest.raises(SettingError, match="alt is empty"):
            plots.Picture(b"content", nothing)


@pytest.mark.parametrize("show", ["show", "show_gif"])
def test_a_shown_figure_reaches_the_page_as_such_a_picture(show, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    figure = plots.points({"p": np.ones((1, 2))}, "t")
    getattr(plots, show)([figure] if show == "show_gif" else figure, "One point")
    (picture,) = shown
    assert isinstance(picture, plots.Picture) and picture.alt == "One point"


# What puts a picture into a page; its text is the second argument.
SHOWERS = ("plots.show", "plots.show_gif", "slider", "slider_of")


def shown_without_text(code):
    """Yield the parts of some code that show a picture in another way, or without a text."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and other_way(node):
            yield ast.unparse(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(SHOWERS):
            given = [k.value for k in node.keywords if k.arg in ("alt", "title")] + node.args[1:]
            if not given or (isinstance(given[0], ast.Constant) and not given[0].value.strip()):
                yield ast.unparse(node)
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        name = ast.unparse(last.value.func).removeprefix("plots.")
        if name in plots.__all__ and name[0].islower() and not name.startswith(("show", "save")):
            yield f"a figure alone: {ast.unparse(last)}"


def other_way(node):
    """Say whether an import is one of pictures that have no text in the page."""
    names = {alias.name for alias in node.names}
    origin = getattr(node, "module", None) or ""
    from_jupyter = origin.startswith(("IPython", "ipywidgets"))
    return (from_jupyter and "Image" in names) or any("pyplot" in n for n in {origin, *names})


def codes():
    """Yield (where, code) of all cells that do not call on IPython, and of all modules."""
    root = Path(__file__).parent.parent
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"]):
            code = "".join(cell["source"])
            if cell["cell_type"] == "code" and not code.startswith("%%"):
                lines = [line for line in code.splitlines() if line.lstrip()[:1] not in ("%", "!")]
                yield f"{path.name}, cell {number}", "\n".join(lines)
    for path in sorted((root / "ganbook").rglob("*.py")):
        yield path.name, path.read_text("utf-8")


def test_no_picture_is_shown_without_a_text():
    found = [(where, fault) for where, code in codes() for fault in shown_without_text(code)]
    assert not found
    shows = sum(code.count("plots.show") for _, code in codes())
    assert shows > 80, "the search has lost its way"


@pytest.mark.parametrize(
    "code",
    [
        "from IPython.display import Image, display",
        "import matplotlib.pyplot as plt",
        "from ipywidgets import Image",
        "plots.show(figure)",
        "plots.show(figure, ' ')",
        "plots.show_gif(figures, alt='')",
        "widgets.slider_of(figures)",
        "a = 1\nplots.image_grid(images, 8)",
    ],
)
def test_pictures_without_a_text_are_found(code):
    assert list(shown_without_text(code))
