"""A search for good settings: trials in a file, bad ones cut short, killed and resumed at will.

Optuna suggests the settings and decides what is hopeless; here a trial is a GAN that is trained in
parts and measured after each. Everything is in an SQLite file, so a search that was killed goes on
where it was, and can be looked at while it runs.
"""

import contextlib
import sqlite3
from pathlib import Path

try:
    import optuna
    from optuna.trial import TrialState
except ImportError as error:  # it comes with the lessons, not with the package
    raise ImportError("ganbook.search needs Optuna: pip install optuna") from error

from ganbook.errors import RunError
from ganbook.settings import whole

NAME = "ganbook"
WARM_UP = 8  # trials at random, and never cut short, before anything is concluded
DONE = (TrialState.COMPLETE, TrialState.PRUNED)


def open_study(path, seed=0) -> optuna.Study:
    """Open the study in an SQLite file, or begin one; lower values are better.

    Settings are suggested by Optuna's tree-structured Parzen estimator; a trial is cut short when
    its value is worse than the median of the others at the same place. Trials that were cut off by
    a kill are marked as failed.

    Args:
        path: of the file, such as "runs/search.db"; its folder is made if it is missing.
        seed: of the suggestions.

    Raises:
        RunError: the file is damaged, is no study, or cannot be written.

    Source: Bergstra et al., 2011 (the estimator); Akiba et al., 2019 (Optuna).
    """
    path = Path(path)
    _check_file(path)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=f"sqlite:///{path}", study_name=NAME, direction="minimize", load_if_exists=True
    )
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    # With the same seed a resumed search would suggest its first settings again.
    study.sampler = optuna.samplers.TPESampler(
        n_startup_trials=WARM_UP, seed=seed + len(study.trials)
    )
    study.pruner = optuna.pruners.MedianPruner(n_startup_trials=WARM_UP)
    return study


def _check_file(path):
    """Raise RunError unless a file is a whole study, or can be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
        with contextlib.closing(sqlite3.connect(path)) as file:
            told = file.execute("PRAGMA quick_check").fetchone()[0]
            tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
    except (OSError, sqlite3.Error) as error:
        told, tables = str(error), set()
    if told == "ok" and tables and "studies" not in tables:
        told = "it is another data base"
    if told != "ok":
        raise RunError(
            f"the study {path} cannot be opened: {told}. It is damaged, is no study of Optuna's, or"
            " cannot be written. Move it away to begin a new one; nothing was changed."
        )


def search(study, make, trials, checks, part) -> list[dict]:
    """Make trials until a study has so many, and return all of them, as `rows` does.

    Args:
        study: what `open_study` returned.
        make: called with an `optuna.Trial`; asks it for settings and returns what is trained.
        trials: how many finished trials there shall be, those of earlier calls included.
        checks: how often a trial is measured.
        part: called with what ``make`` returned; trains it for one more part and returns its value,
            such as a Frechet distance; NaN or infinite if the training broke down, which ends the
            trial.

    Raises:
        SettingError: trials or checks is no whole number above 0.
    """
    whole(trials, "trials")
    whole(checks, "checks")

    def objective(trial):
        trained = make(trial)
        for check in range(checks):
            value = float(part(trained))
            if not abs(value) < float("inf"):
                raise optuna.TrialPruned
            trial.report(value, check)
            if check < checks - 1 and trial.should_prune():
                raise optuna.TrialPruned
        return value

    left = trials - len(study.get_trials(deepcopy=False, states=DONE))
    if left > 0:
        study.optimize(objective, n_trials=left)
    return rows(study)


def rows(study) -> list[dict]:
    """Return a study's finished trials, ready for JSON.

    Each has its ``number``, its ``settings``, the ``values`` at its checks, and whether it was cut
    short, ``pruned``.
    """
    return [
        {
            "number": trial.number,
            "settings": dict(trial.params),
            "values": [value for _, value in sorted(trial.intermediate_values.items())],
            "pruned": trial.state is TrialState.PRUNED,
        }
        for trial in study.get_trials(deepcopy=False, states=DONE)
    ]
