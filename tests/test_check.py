"""The exercise mechanism, used as a learner uses it: cells, verdicts, hints, "Run All"."""

import io
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from ganbook.check import (
    all_exercises,
    exercise,
    find,
    hint,
    judge,
    solution_source,
    stub_source,
)
from ganbook.errors import SettingError
from ganbook.exercises import bench, lesson01

ROOT = Path(__file__).parents[1]
EXERCISES = {found.id: found for found in all_exercises()}
MISTAKES = [(found.id, what) for found in EXERCISES.values() for what in found.wrong_answers]
RIGHT_ANSWER = """
    return np.clip(np.round(images * 127.5 + 127.5), 0, 255).astype("uint8")
"""


class Notebook:
    """One namespace; each cell gives back what it printed."""

    def __init__(self, capsys):
        self.capsys = capsys
        self.names = {"exercise": exercise, "hint": hint, "np": np}

    def run(self, source):
        self.capsys.readouterr()
        exec(source, self.names)
        captured = self.capsys.readouterr()
        assert captured.err == ""
        return captured.out

    def scale_back(self, body, decorator='@exercise("01.scale_back")'):
        return self.run(f"{decorator}\ndef scale_back(images):\n{body}")

    def loss(self, body):
        import tensorflow as tf

        self.names["tf"] = tf
        source = f'@exercise("01.generator_loss")\ndef generator_loss(fake_logits):\n    {body}'
        return self.run(source)


@pytest.fixture
def notebook(capsys):
    return Notebook(capsys)


@pytest.fixture
def fresh_hints(monkeypatch):
    monkeypatch.setattr("ganbook.check._hints_shown", {})


# --- Every exercise of every lesson -------------------------------------------------------------


def test_lesson_01_has_its_three_exercises():
    assert {"01.scale_back", "01.generator_loss", "01.smooth_real_loss"} <= set(EXERCISES)
    assert len(EXERCISES) == len(all_exercises()), "two exercises share one id"


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_passes_its_own_check(exercise_id):
    found = EXERCISES[exercise_id]
    assert judge(found, found.reference).status == "right"


@pytest.mark.parametrize("exercise_id, what", MISTAKES)
def test_a_planted_mistake_fails_with_a_number(exercise_id, what):
    found = EXERCISES[exercise_id]
    verdict = judge(found, found.wrong_answers[what])
    assert verdict.status == "wrong"
    assert found.reference.__name__ in verdict.message
    got, expected = verdict.message.split("expected", 1)
    assert any(character.isdigit() for character in expected)
    assert "cannot be used" not in verdict.message, "the check itself stumbled"
    assert "\n" not in verdict.message
    assert judge(found, found.wrong_answers[what]) == verdict, "a check must be deterministic"


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_stub_is_unsolved_and_leaves_the_reference(notebook, exercise_id):
    found = EXERCISES[exercise_id]
    out = notebook.run(stub_source(exercise_id))
    assert out.count("\n") == 1
    assert "not solved yet" in out and f'hint("{exercise_id}")' in out
    assert notebook.names[found.reference.__name__] is found.reference


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_solution_cell_gets_its_tick(notebook, exercise_id):
    import tensorflow as tf

    notebook.names["tf"] = tf
    out = notebook.run(solution_source(exercise_id))
    assert out.startswith(f"✓ {exercise_id}") and out.count("\n") == 1


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_an_exercise_is_complete(exercise_id):
    found = EXERCISES[exercise_id]
    assert found.hints and found.wrong_answers
    contract = found.reference.__doc__
    assert contract.strip().split("\n")[0] in stub_source(exercise_id)
    assert '"""' not in solution_source(exercise_id)


# --- Verdicts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "    ...",
        "    pass",
        '    """Only a contract."""',
        '    """A contract."""\n    ...  # your code here',
        "    raise NotImplementedError",
        '    raise NotImplementedError("your turn")',
        "    return None",
        "    return ...",
        "    pixels = ...  # scale here\n    return np.clip(pixels, 0, 255)",
    ],
)
def test_every_way_to_leave_a_stub_is_unsolved(notebook, body):
    out = notebook.scale_back(body)
    assert "not solved yet" in out and "✗" not in out
    assert notebook.names["scale_back"] is lesson01.scale_back


def test_a_right_answer_is_the_one_that_is_used(notebook):
    out = notebook.scale_back(RIGHT_ANSWER)
    assert out == "✓ 01.scale_back: right. Your own function is used from here on.\n"
    assert notebook.names["scale_back"] is not lesson01.scale_back
    assert notebook.names["scale_back"].__code__.co_filename == "<string>"


def test_a_wrong_answer_says_what_it_gave_and_hands_over_to_the_reference(notebook):
    out = notebook.scale_back("    return np.rint((images / 2 + 1) * 255).clip(0, 255).astype('B')")
    first, second = out.splitlines()
    assert first.startswith("✗ 01.scale_back: scale_back(-1) gave 128, expected 0.")
    assert "reference is used" in second and 'hint("01.scale_back")' in second
    assert notebook.names["scale_back"] is lesson01.scale_back


def test_an_edited_cell_shows_the_new_verdict_only(notebook):
    assert notebook.scale_back("    ...").startswith("○")
    assert notebook.scale_back("    return images").startswith("✗")
    assert notebook.scale_back("    return images / undefined").startswith("✗")
    right = notebook.scale_back(RIGHT_ANSWER)
    assert right.startswith("✓") and right.count("\n") == 1
    assert notebook.scale_back("    return images").startswith("✗")
    assert notebook.names["scale_back"] is lesson01.scale_back


@pytest.mark.parametrize(
    "body, message",
    [
        ("return images", "gave dtype float32, expected uint8"),
        ("return images.ravel()", "gave shape (4,), expected (2, 2, 1)"),
        ("return images.tolist()", "a list, expected a NumPy array"),
        ("return 'pixels'", "'pixels', a str, expected a NumPy array"),
        ("np.rint(images)", "gave None. Does the function end with return?"),
        ("images *= 127.5; return images", "changed its own input to [[[-127.5], [127.5]]"),
        ("return images / undefined", "NameError: name 'undefined' is not defined"),
        ("return [1, 2] + images[0, 5]", "IndexError: index 5 is out of bounds"),
    ],
)
def test_a_common_slip_gets_an_apt_message(notebook, body, message):
    out = notebook.scale_back(f"    {body}")
    assert message in out
    assert "scale_back([[[-1], [1]], [[-0.5], [0.5]]])" in out
    assert out.count("\n") == 2 and "Traceback" not in out


def test_a_crash_on_one_input_names_that_input(notebook):
    body = "    if images.max() > 1:\n        raise ValueError('too bright\\nand more')\n"
    out = notebook.scale_back(body + RIGHT_ANSWER)
    assert "scale_back([1.01, 3, -1.01, -3]) stopped with ValueError: too bright\n" in out
    assert "and more" not in out


def test_wrong_arguments_are_a_crash_and_not_the_end(notebook):
    out = notebook.run('@exercise("01.scale_back")\ndef scale_back():\n    return 1')
    assert "TypeError" in out and "takes 0 positional arguments" in out


def test_what_an_answer_prints_is_shown_once_and_only_where_it_helps(notebook):
    out = notebook.scale_back("    print('largest', images.max())\n    return images")
    assert out.count("largest") == 1 and "Your function printed: largest 1.0" in out
    out = notebook.scale_back("    print('largest', images.max())" + RIGHT_ANSWER)
    assert "largest" not in out and out.startswith("✓")


def test_a_library_that_lacks_something_is_a_crash_and_not_an_open_stub(notebook):
    def library(images):
        raise NotImplementedError("not for this dtype")

    notebook.names["library"] = library
    out = notebook.scale_back("    return library(images)")
    assert "stopped with NotImplementedError: not for this dtype" in out


def test_warnings_of_an_answer_stay_silent(notebook):
    body = "    np.log(np.zeros(1))\n    return images * np.nan"
    assert "expected uint8" in notebook.scale_back(body)


def test_an_answer_cannot_spoil_the_inputs_of_the_next_check(notebook):
    notebook.scale_back("    images[...] = 0\n    return images.astype('uint8')")
    assert notebook.scale_back(RIGHT_ANSWER).startswith("✓")


def test_another_name_is_pointed_out(notebook):
    out = notebook.run(f'@exercise("01.scale_back")\ndef rescale(images):{RIGHT_ANSWER}')
    assert out == "✗ 01.scale_back: this cell defines rescale. Please call it scale_back.\n"


def test_a_console_without_the_tick_gets_a_verdict_too(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    exercise("01.scale_back")(lesson01.scale_back)
    console.flush()
    assert console.buffer.getvalue().startswith(b"? 01.scale_back: right.")


# --- The losses of lesson 01 --------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, message",
    [
        ("return tf.nn.softplus(-fake_logits)", "gave shape (2, 1), expected (): one number"),
        ("return np.mean(np.log1p(np.exp(-fake_logits)))", "expected a tensor"),
        ("return tf.cast(tf.reduce_mean(fake_logits), 'float64')", "float64, expected float32"),
        ("return tf.constant([1.0, 2.0]) + tf.ones(3)", "InvalidArgumentError: Incompatible"),
        ("return tf.keras.Input((1,))", "expected a tensor"),
    ],
)
def test_a_slip_in_a_loss_gets_an_apt_message(notebook, body, message):
    out = notebook.loss(body)
    assert message in out and "{{" not in out
    assert out.count("\n") == 2


@pytest.mark.parametrize(
    "body",
    [
        "return -tf.reduce_mean(tf.math.log_sigmoid(fake_logits))",
        "return tf.keras.losses.BinaryCrossentropy(from_logits=True)"
        "(tf.ones_like(fake_logits), fake_logits)",
    ],
)
def test_other_ways_to_the_same_loss_are_right(notebook, body):
    assert notebook.loss(body).startswith("✓")


def test_a_loss_by_keras_with_a_target_of_0_9_is_right():
    import tensorflow as tf

    def smooth_real_loss(real_logits, fake_logits):
        loss = tf.keras.losses.BinaryCrossentropy(from_logits=True)
        real = loss(0.9 * tf.ones_like(real_logits), real_logits)
        return real + loss(tf.zeros_like(fake_logits), fake_logits)

    assert judge(EXERCISES["01.smooth_real_loss"], smooth_real_loss).status == "right"


def test_the_references_work_inside_a_compiled_step():
    import tensorflow as tf

    real, fake = tf.constant([[1.0], [-2.0]]), tf.constant([[0.5], [3.0]])
    for function, inputs in [
        (lesson01.generator_loss, (fake,)),
        (lesson01.smooth_real_loss, (real, fake)),
    ]:
        np.testing.assert_allclose(tf.function(function)(*inputs), function(*inputs), rtol=1e-6)


def test_smoothing_is_lowest_at_ln_9():
    import tensorflow as tf

    fake = tf.zeros((1, 1))
    losses = [
        float(lesson01.smooth_real_loss(tf.constant([[logit]], tf.float32), fake))
        for logit in (np.log(9.0) - 0.1, np.log(9.0), np.log(9.0) + 0.1)
    ]
    assert losses[1] < losses[0] and losses[1] < losses[2]


def test_a_tensor_of_pixels_is_pointed_out(notebook):
    import tensorflow as tf

    notebook.names["tf"] = tf
    out = notebook.scale_back("    return tf.cast(images, tf.uint8)")
    assert "gave a tensor, expected a NumPy array. Add .numpy()." in out


# --- Hints and ids ------------------------------------------------------------------------------


def test_hints_come_one_at_a_time_and_end_at_the_solution(notebook, fresh_hints):
    hints = find("01.scale_back").hints
    call = 'hint("01.scale_back")'
    for number, text in enumerate(hints, start=1):
        out = notebook.run(call)
        assert out.startswith(f"Hint {number} of {len(hints)}: {text}\n")
        assert ("solution" in out) == (number == len(hints))
    assert notebook.run(call).startswith("No more hints. The solution is in the collapsed cell")
    other = notebook.run('hint("01.generator_loss")')
    assert other.startswith("Hint 1 of ")


def test_all_hints_at_once(notebook, fresh_hints):
    for _ in range(2):
        out = notebook.run('hint("01.scale_back", all=True)')
        assert all(text in out for text in find("01.scale_back").hints)
        assert out.count("solution") == 1


def test_an_unknown_id_is_one_line_that_names_the_nearest():
    for use in (exercise, hint, solution_source):
        with pytest.raises(SettingError, match='"01.scaleback". Did you mean "01.scale_back"'):
            use("01.scaleback")
    with pytest.raises(SettingError, match="Name the exercise"):
        exercise(lambda images: images)


# --- A real kernel ------------------------------------------------------------------------------


def test_run_all_goes_on_and_uses_the_right_answer():
    cells = [
        "import numpy as np\nfrom ganbook.check import exercise, hint\n\ncalls = []",
        stub_source("01.scale_back"),
        "print(scale_back(np.float32([-1, 1, 2])))",
        '@exercise("01.scale_back")\ndef scale_back(images):\n    return images / "two"',
        f'@exercise("01.scale_back")\ndef scale_back(images):\n    calls.append(1){RIGHT_ANSWER}',
        "print(len(calls), scale_back(np.float32([-1, 1, 2])), len(calls))",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    assert all(len(cell.outputs) <= 1 for cell in book.cells), "something is shown twice"
    _, unsolved, by_reference, crashed, right, by_learner = (
        "".join(output.text for output in cell.outputs) for cell in book.cells
    )
    assert unsolved.startswith("○") and unsolved.count("\n") == 1
    assert by_reference == "[  0 255 255]\n"
    assert 'in the line: return images / "two"' in crashed and crashed.count("\n") == 2
    assert right.startswith("✓") and right.count("\n") == 1
    before, after = by_learner.split("[")[0], by_learner.split("]")[1]
    assert int(after) == int(before) + 1, "the learner's own function was not called"
    assert "[  0 255 255]" in by_learner


def test_a_message_names_the_call_that_went_wrong():
    answer = bench.Answer(lambda value: 2 * value, "double")
    bench.expect(answer, answer(1), 2)
    with pytest.raises(bench.Wrong, match=r"^double\(3\) gave 6, expected 7"):
        bench.expect(answer, answer(3), 7)
