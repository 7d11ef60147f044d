"""The trials of a search: parallel coordinates."""

import numpy as np
from matplotlib.figure import Figure

from ganbook.arrays import takes_numbers
from ganbook.errors import SettingError
from ganbook.plots.base import DISCRIMINATOR, GENERATOR, QUIET, new_figure, set_title

WIDE = 10.0  # numbers above 0 that differ by such a factor stand on a logarithmic axis


@takes_numbers
def parallel(trials, title, value="value") -> Figure:
    """Return a figure of trials as lines across one vertical axis for each setting.

    The last axis is what came out, lower is better. Numbers that differ by more than a factor of
    ten stand on a logarithmic axis. The best trial is
    vermilion, the other finished ones are blue, and those that were cut short gray and dotted.

    Args:
        trials: what `ganbook.search.search` returned; at least one was not cut short.
        title: what was searched.
        value: the name of what came out.

    Raises:
        SettingError: no trial was finished.
    """
    finished = [trial for trial in trials if not trial["pruned"]]
    if not finished:
        raise SettingError(f"none of {len(trials)} trials was finished; make more trials.")
    best = min(finished, key=_outcome)
    drawn = [*(trial for trial in trials if trial["values"] and trial is not best), best]
    columns = {name: [trial["settings"][name] for trial in drawn] for name in best["settings"]}
    columns[value] = [_outcome(trial) for trial in drawn]
    figure = new_figure(1.6 + 1.5 * (len(columns) - 1), 3.8)
    axes = figure.subplots()
    heights = np.array([_place(axes, i, values) for i, values in enumerate(columns.values())])
    for trial, line in zip(drawn, heights.T, strict=True):
        if trial is best:
            style = {"color": GENERATOR, "linewidth": 2.5, "label": "best"}
        elif trial["pruned"]:
            style = {"color": QUIET, "linewidth": 0.8, "linestyle": ":"}
        else:
            style = {"color": DISCRIMINATOR, "linewidth": 1.0, "alpha": 0.7}
        axes.plot(range(len(line)), line, **style)
    axes.set_xticks(range(len(columns)), list(columns))
    axes.tick_params(axis="x", length=0)
    set_title(axes, title)
    axes.set(yticks=[], xlim=(-0.3, len(columns) - 0.4), ylim=(-0.1, 1.1))
    axes.spines[["top", "left", "right", "bottom"]].set_visible(False)
    return figure


def _outcome(trial):
    return trial["values"][-1]


def _place(axes, where, values):
    """Draw one axis, and return the heights of its values, 0 to 1."""
    axes.axvline(where, 0.08, 0.92, color="0.3", linewidth=0.8)
    if any(isinstance(value, str) for value in values):
        choices = sorted(set(values))
        places = {choice: i / max(1, len(choices) - 1) for i, choice in enumerate(choices)}
        marks = [(height, choice) for choice, height in places.items()]
        heights = [places[value] for value in values]
    else:
        heights, marks = _scaled(np.asarray(values, float))
    for height, text in marks:
        paper = {"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0}
        place = {"textcoords": "offset points", "va": "center", "bbox": paper}
        axes.annotate(text, (where, height), (4, 0), fontsize=8, **place)
    return heights


def _scaled(values):
    low, high = values.min(), values.max()
    if low == high:
        return np.full(len(values), 0.5), [(0.5, f"{low:g}")]
    scale = np.log if low > 0 and high / low > WIDE else np.asarray
    heights = (scale(values) - scale(low)) / (scale(high) - scale(low))
    return heights, [(0.0, f"{low:.3g}"), (1.0, f"{high:.3g}")]
