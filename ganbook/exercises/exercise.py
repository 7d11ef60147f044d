"""What an exercise consists of; each lesson's module makes some, `ganbook.check` judges by them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ganbook.exercises.bench import Answer


@dataclass(frozen=True)
class Exercise:
    """One exercise, complete: what the learner sees, and what keeps it honest.

    Args:
        lesson: two digits, such as "01".
        reference: the right answer. Its name is the exercise's name, its docstring the contract.
        check: called as ``check(answer)``; calls ``answer`` on small inputs, raises :class:`Wrong`.
        hints: from a nudge to nearly the answer.
        wrong_answers: what a mistake stands for -> a function that makes it; all must fail.
    """

    lesson: str
    reference: Callable
    check: Callable[[Answer], None]
    hints: Sequence[str]
    wrong_answers: Mapping[str, Callable]

    @property
    def id(self) -> str:
        return f"{self.lesson}.{self.reference.__name__}"
