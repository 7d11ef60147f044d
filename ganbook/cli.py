"""The command line: ``python -m ganbook doctor | train | sample | evaluate | scoreboard``.

Whatever a person can get wrong ends in one line on standard error and a status that is not 0.
TensorFlow is imported by the command that needs it, so that a wrong flag is answered at once.
"""

import argparse
import errno
import os
import sys
from pathlib import Path

from ganbook.errors import GanbookError, RunError, SettingError
from ganbook.lines import one_line
from ganbook.places import own_scoreboard, runs_folder

IMAGES = ("mnist", "fashion_mnist", "toy_digits", "toy_garments")
DATA_SETS = (*IMAGES, "stacked_mnist", "ring", "grid")
MOST_STEPS = 900_000_000  # a checkpoint's name has nine digits
# Bytes of a name and of a whole path: what the systems allow, less what is written beside them.
LONGEST_NAME, LONGEST_PATH = 240, 4_000


class OneLineParser(argparse.ArgumentParser):
    """Report a wrong argument in one line, without the usage above it."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {one_line(message)} (see {self.prog} --help)\n")

    def parse_known_args(self, args=None, namespace=None):
        for argument in sys.argv[1:] if args is None else args:
            if argument.startswith("--") and argument.endswith("=--"):  # argparse would lose it
                self.error(f"{argument} has -- as its value")
        return super().parse_known_args(args, namespace)


def positive(text, most=MOST_STEPS):
    """Read a whole number of at least 1."""
    digits = text.isascii() and text.isdigit()
    if not digits or not text.strip("0"):
        raise argparse.ArgumentTypeError(f"{_short(text)} is not a whole number of 1 or more")
    if len(text.lstrip("0")) > len(str(most)) or int(text) > most:
        raise argparse.ArgumentTypeError(f"{_short(text)} is too many; {most:,} is the most")
    return int(text)


def count(text):
    """Read how many samples are drawn: as many as a memory may hold."""
    return positive(text, most=10**7)


def whole(text):
    """Read any whole number."""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 1000:
        raise argparse.ArgumentTypeError(f"{_short(text)} is not a whole number")
    return int(text)


def name(text):
    """Read a name or a path: some text, without what no file's name can hold."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is empty")
    if any(ord(letter) < 32 for letter in text):
        raise argparse.ArgumentTypeError(f"{_short(text)} holds a character that is no letter")
    return text


def path(text):
    """Read a path that a system may have; whether it has it is for the command to say."""
    name(text)
    try:
        encoded = os.fsencode(text)
        os.stat(text)
    except ValueError:  # a letter that has no bytes
        raise argparse.ArgumentTypeError(f"{_short(text)} is no path") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise argparse.ArgumentTypeError(f"{_short(text)} is a link to itself") from None
    longest = max(map(len, encoded.split(os.fsencode(os.sep))))
    if longest > LONGEST_NAME or len(encoded) > LONGEST_PATH:
        raise argparse.ArgumentTypeError(
            f"{_short(text)} is too long; {LONGEST_NAME} letters of a name are the most, and "
            f"{LONGEST_PATH:,} of a path"
        )
    return text


def folder(text):
    """Read the path of a folder in which TensorFlow can write."""
    try:
        path(text).encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(
            f"{_short(text)} is not in UTF-8, as TensorFlow needs it"
        ) from None
    return text


def _short(text):
    return repr(text) if len(text) < 100 else f"{text[:100]!r}..."


def build_parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m ganbook", description="Train, sample and measure.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=OneLineParser)

    doctor = commands.add_parser("doctor", help="check that the lessons can run on this machine")
    doctor.set_defaults(run=run_doctor)

    train = commands.add_parser("train", help="train a lesson's main run")
    train.add_argument("lesson", type=name, help='a lesson, such as "01"')
    train.add_argument(
        "--variant", type=name, help="another way that a lesson trains, such as clip for 04"
    )
    train.add_argument("--preset", type=name, help="quick, standard or full (default: by hardware)")
    train.add_argument(
        "--data", type=name, help=f"one of {', '.join(DATA_SETS)} (default: the lesson's own)"
    )
    train.add_argument("--steps", type=positive, help="adversarial steps (default: the preset's)")
    train.add_argument(
        "--out", type=folder, help="the run folder (default: LESSON, in GANBOOK_RUNS or runs)"
    )
    train.add_argument("--seed", type=whole, help="any whole number (default: 0)")
    train.add_argument(
        "--precision",
        type=name,
        help="float32, mixed_bfloat16 or mixed_float16 (default: by hardware)",
    )
    train.add_argument(
        "--resume",
        action="store_true",
        help="go on from the newest checkpoint, with the settings of the run",
    )
    train.set_defaults(run=run_train)

    sample = commands.add_parser("sample", help="draw images from shipped weights or a run")
    sample.add_argument("source", type=path, metavar="LESSON_OR_RUN", help='"01", or a run folder')
    sample.add_argument("--count", type=count, default=64, help="how many (default: 64)")
    sample.add_argument("--seed", type=whole, default=0, help="any whole number (default: 0)")
    sample.add_argument("--out", type=path, required=True, help="the .npz file to write")
    sample.add_argument("--data", type=name, help="for a lesson with weights for several data sets")
    sample.set_defaults(run=run_sample)

    evaluate = commands.add_parser("evaluate", help="measure samples; prints one JSON object")
    evaluate.add_argument("samples", type=path, metavar="FILE.npz", help='with an array "images"')
    evaluate.add_argument("--data", type=name, required=True, help=f"one of {', '.join(DATA_SETS)}")
    evaluate.set_defaults(run=run_evaluate)

    board = commands.add_parser("scoreboard", help="show the rows of all lessons, and your own")
    board.add_argument(
        "files", type=path, nargs="*", metavar="FILE.jsonl", help="rows to show (default: all)"
    )
    board.add_argument("--data", type=name, help=f"only rows of one of {', '.join(IMAGES)}")
    board.add_argument(
        "--add", type=path, metavar="RUN", help="measure a run folder and add its row first"
    )
    board.add_argument(
        "--out", type=path, metavar="FILE.png", help="also draw the largest block of rows"
    )
    board.set_defaults(run=run_scoreboard)
    return parser


def run_doctor(arguments):
    from ganbook.doctor import examine

    return examine()


def run_train(arguments):
    from ganbook import lesson, runs
    from ganbook.data import load_data
    from ganbook.recipes import recipe_of

    recipe = recipe_of(arguments.lesson, arguments.variant)
    folder = Path(arguments.out or runs_folder() / recipe.name)
    # A run goes on as it began, unless another setting is asked for (and can be had).
    began = runs.read_settings(folder) if arguments.resume and runs.is_run(folder) else {}
    recipe = recipe_of(arguments.lesson, arguments.variant or began.get("variant"))
    preset = lesson.preset(arguments.preset or began.get("preset"))
    name = arguments.data or began.get("data") or recipe.data
    check_data(name)
    steps = arguments.steps or (not arguments.preset and began.get("steps")) or recipe.steps[preset]
    seed = began.get("seed", 0) if arguments.seed is None else arguments.seed
    precision = arguments.precision or began.get("precision")
    recipe.precision(precision)  # asked before a folder is made
    data = load_data(name, size=recipe.size)
    print(f"Lesson {recipe.lesson}: {recipe.title}, {data.caption}, preset {preset}.", flush=True)
    gan = runs.train(
        recipe,
        data,
        preset=preset,
        steps=steps,
        folder=folder,
        seed=seed,
        resume=arguments.resume,
        precision=precision,
    )
    if gan.trouble:
        return 1
    if gan.step > steps:
        print(f"{steps:,} steps became {gan.step:,}: {gan.steps_per_call} are made in each call.")
    print(f"Results are in {folder}.")
    return 0


def run_sample(arguments):
    from ganbook import runs
    from ganbook.recipes import RECIPES
    from ganbook.sampling import check_memory, sample_from, write_samples

    out = Path(arguments.out)
    check_file(out, ".npz")
    if arguments.data:
        check_data(arguments.data)
    if arguments.source in RECIPES:
        generator, record = runs.shipped_generator(arguments.source, arguments.data)
    elif os.path.isdir(arguments.source):
        if arguments.data:
            raise SettingError(
                f"--data is {arguments.data}, but {arguments.source} is a run, which has its own; "
                "leave it out."
            )
        generator, record = runs.generator_of_run(arguments.source)
    else:
        raise SettingError(
            f"{arguments.source!r} is neither a lesson ({', '.join(RECIPES)}) nor a run folder."
        )
    check_memory(generator, arguments.count)
    write_samples(out, sample_from(generator, arguments.count, arguments.seed))
    print(f"{arguments.count:,} samples of {record['data']} after {record['steps']:,} steps: {out}")
    return 0


def run_evaluate(arguments):
    import contextlib
    import json

    from ganbook.data import load_data
    from ganbook.evaluation import measure
    from ganbook.sampling import read_samples

    check_data(arguments.data)
    images = read_samples(arguments.samples)
    # Standard output is for the JSON object; what is said about a stand-in goes beside it.
    with contextlib.redirect_stdout(sys.stderr):
        measures = measure(load_data(arguments.data), images)
    print(json.dumps({"file": arguments.samples, **measures}, indent=2))
    return 0


def run_scoreboard(arguments):
    from ganbook import plots, scoreboard

    # All is looked at before a run is measured and its row written.
    if arguments.data:
        check_data(arguments.data)
    if arguments.out:
        check_file(Path(arguments.out), ".png")
    for file in arguments.files:
        if not os.path.isfile(file):
            raise RunError(f"there is no scoreboard {file}; it is made by the lessons' last cells.")
    if arguments.add:
        from ganbook import runs

        scoreboard.append(runs.measured_row(arguments.add))
    # The notebooks run in their own folder, and leave their rows there.
    own = {own_scoreboard(), "notebooks" / own_scoreboard()}
    rows, problems = scoreboard.read(*(arguments.files or (scoreboard.SHIPPED, *sorted(own))))
    for problem in problems:
        print(f"ganbook scoreboard: {problem}", file=sys.stderr)
    rows = [row for row in rows if arguments.data in (None, row["data"])]
    print(scoreboard.as_text(rows))
    if arguments.out and rows:
        block = max(scoreboard.blocks(rows), key=len)
        plots.save_figure(plots.scoreboard(block, scoreboard.title_of(block)), arguments.out)
    return 0


def check_file(path, ending):
    """Raise SettingError unless ``--out`` is the path of a file of this kind, or may become it."""
    if path.suffix != ending:
        raise SettingError(f"--out is {path}; name a file that ends in {ending}.")
    if os.path.isdir(path):
        raise SettingError(f"--out is {path}, which is a folder; name a file.")


def check_data(name):
    """Raise SettingError unless a data set has a command for it."""
    if name not in DATA_SETS:
        raise SettingError(f"unknown data set {name!r}; choose one of {', '.join(DATA_SETS)}.")


def main(arguments=None) -> int:
    """Run one command; return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a file's name may hold what no terminal can show
            stream.reconfigure(errors="backslashreplace")
    parsed = build_parser().parse_args(arguments)
    try:
        if parsed.command != "doctor":
            from ganbook import keras_setup, quiet

            keras_setup.check()
            quiet.import_tensorflow()
        status = parsed.run(parsed)
        if sys.stdout:  # None without a terminal
            sys.stdout.flush()
        return status
    except (GanbookError, OSError, MemoryError) as error:  # a full disk, a folder that went away
        print(f"ganbook {parsed.command}: {one_line(_reason(error))}", file=sys.stderr)
        _let_go_of_output()
        return 1
    except KeyboardInterrupt:
        print(f"ganbook {parsed.command}: stopped; --resume goes on.", file=sys.stderr)
        return 130


def _reason(error):
    """Return what to say of an error; of those of the system, in words."""
    if isinstance(error, MemoryError):
        return "the memory is too small for that; ask for less."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    return error


def _let_go_of_output():
    """Keep Python from failing once more, at its end, on a pipe or disk that takes nothing."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
