"""Self-checks for the exercises: a cell answers at once, and never stops "Run All".

A learner writes::

    @exercise("01.scale_back")
    def scale_back(images):
        ...

and running the cell prints one verdict. Afterwards the name is the learner's function where it is
right, and the reference where it is not. The exercises themselves live in ``ganbook.exercises``,
one module a lesson; each lists its exercises in ``EXERCISES``.
"""

import ast
import difflib
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from ganbook.errors import SettingError
from ganbook.exercises.bench import Answer, Crashed, Unsolved, Wrong, first_line, show
from ganbook.exercises.exercise import Exercise


@dataclass(frozen=True)
class Verdict:
    """Status is "right", "wrong", "crashed" or "unsolved"; message says why, in one line.

    ``printed`` is what the answer printed in the call that settled it.
    """

    status: str
    message: str = ""
    printed: str = ""


# --- What a learner uses ------------------------------------------------------------------------


def exercise(exercise_id: str) -> Callable[[Callable], Callable]:
    """Check the decorated function, print the verdict, and return the function to go on with.

    Args:
        exercise_id: lesson and name, such as "01.scale_back".

    Returns:
        A decorator. It returns the learner's own function if that is right, else the reference.

    Raises:
        SettingError: there is no such exercise.
    """
    found = find(exercise_id)

    def decorate(function: Callable) -> Callable:
        name = found.reference.__name__
        given_name = getattr(function, "__name__", name)
        if given_name != name:
            _say(f"✗ {found.id}: this cell defines {given_name}. Please call it {name}.")
            return function
        verdict = judge(found, function)
        _say(_report(found, verdict))
        return function if verdict.status == "right" else found.reference

    return decorate


_hints_shown: dict[str, int] = {}


def hint(exercise_id: str, *, all: bool = False) -> None:
    """Print the next hint of an exercise; with ``all=True`` print every hint.

    Raises:
        SettingError: there is no such exercise.
    """
    found = find(exercise_id)
    count = len(found.hints)
    shown = _hints_shown.get(found.id, 0)
    solution = "The solution is in the collapsed cell below the exercise."
    if shown == count and not all:
        _say(f'No more hints. {solution} Every hint again: hint("{found.id}", all=True)')
        return
    first, last = (0, count) if all else (shown, shown + 1)
    for number in range(first, last):
        _say(f"Hint {number + 1} of {count}: {found.hints[number]}")
    if last == count:
        _say(solution)
    _hints_shown[found.id] = last


def _report(found: Exercise, verdict: Verdict) -> str:
    more = f'Hints: hint("{found.id}")'
    if verdict.status == "right":
        return f"✓ {found.id}: right. Your own function is used from here on."
    if verdict.status == "unsolved":
        return f"○ {found.id}: not solved yet. The reference is used from here on. {more}"
    lines = [f"✗ {found.id}: {verdict.message}"]
    if verdict.printed:
        lines.append(f"  Your function printed: {verdict.printed}")
    lines.append(f"  The reference is used until yours is right. {more}")
    return "\n".join(lines)


def _say(text: str) -> None:
    # A Windows console may not know the tick; a verdict must not end in an encoding error.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


# --- Judging an answer --------------------------------------------------------------------------


def judge(found: Exercise, function: Callable) -> Verdict:
    """Run an exercise's check on a function. Prints nothing; what goes wrong is in the verdict."""
    answer = Answer(function, found.reference.__name__)
    try:
        found.check(answer)
    except Unsolved:
        return Verdict("unsolved")
    except Crashed as error:
        return Verdict("crashed", str(error), answer.printed)
    except Wrong as error:
        return Verdict("wrong", str(error), answer.printed)
    except Exception as error:
        # The answer gave something so odd that the check itself stumbled over it.
        reason = f"{type(error).__name__}: {first_line(error)}"
        message = f"{answer.call} gave {show(answer.result)}, which cannot be used ({reason})"
        return Verdict("wrong", message, answer.printed)
    return Verdict("right")


# --- Finding exercises, and their text for the notebooks -----------------------------------------


def all_exercises() -> list[Exercise]:
    """Every exercise of every lesson, in order."""
    package = importlib.import_module("ganbook.exercises")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    lessons = [name for name in names if name.startswith("lesson")]
    modules = [importlib.import_module(f"ganbook.exercises.{name}") for name in lessons]
    return [found for module in modules for found in module.EXERCISES]


def find(exercise_id: str) -> Exercise:
    """The exercise of that id.

    Raises:
        SettingError: there is none; the message names the nearest.
    """
    if not isinstance(exercise_id, str):
        raise SettingError('Name the exercise, as in @exercise("01.scale_back").')
    known = {found.id: found for found in all_exercises()}
    if exercise_id not in known:
        nearest = difflib.get_close_matches(exercise_id, known, n=1, cutoff=0.0)
        raise SettingError(f'There is no exercise "{exercise_id}". Did you mean "{nearest[0]}"?')
    return known[exercise_id]


def stub_source(exercise_id: str) -> str:
    """The exercise cell as the learner first meets it: decorator, contract and dots."""
    head, contract, _ = _source_parts(exercise_id)
    return "\n".join([*head, *contract, "    ...  # your code here"])


def solution_source(exercise_id: str) -> str:
    """The solution as a cell that runs: the reference's code, without the contract."""
    head, _, code = _source_parts(exercise_id)
    return "\n".join([*head, *code])


def _source_parts(exercise_id: str) -> tuple[list[str], list[str], list[str]]:
    source = inspect.getsource(find(exercise_id).reference)
    docstring = ast.parse(source).body[0].body[0]
    lines = source.rstrip().split("\n")
    first, last = docstring.lineno - 1, docstring.end_lineno
    head = [f'@exercise("{exercise_id}")', *lines[:first]]
    return head, lines[first:last], lines[last:]
