"""The command line: ``python -m ganbook doctor | train | sample | evaluate | scoreboard``.

Whatever a person can get wrong ends in one line on standard error and a status that is not 0.
TensorFlow is imported by the command that needs it, so that a wrong flag is answered at once.
"""

import argparse
import sys
from pathlib import Path

from ganbook.errors import GanbookError, RunError, SettingError
from ganbook.places import own_scoreboard, runs_folder

IMAGES = ("mnist", "fashion_mnist", "toy_digits", "toy_garments")
DATA_SETS = (*IMAGES, "stacked_mnist", "ring", "grid")


class OneLineParser(argparse.ArgumentParser):
    """Report a wrong argument in one line, without the usage above it."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {' '.join(message.splitlines())} (see {self.prog} --help)\n")


def positive(text, most=10**12):
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
        "--out", type=name, help="the run folder (default: LESSON, in GANBOOK_RUNS or runs)"
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
    sample.add_argument("source", type=name, metavar="LESSON_OR_RUN", help='"01", or a run folder')
    sample.add_argument("--count", type=count, default=64, help="how many (default: 64)")
    sample.add_argument("--seed", type=whole, default=0, help="any whole number (default: 0)")
    sample.add_argument("--out", type=name, required=True, help="the .npz file to write")
    sample.add_argument("--data", type=name, help="for a lesson with weights for several data sets")
    sample.set_defaults(run=run_sample)

    evaluate = commands.add_parser("evaluate", help="measure samples; prints one JSON object")
    evaluate.add_argument("samples", type=name, metavar="FILE.npz", help='with an array "images"')
    evaluate.add_argument("--data", type=name, required=True, help=f"one of {', '.join(DATA_SETS)}")
    evaluate.set_defaults(run=run_evaluate)

    board = commands.add_parser("scoreboard", help="show the rows of all lessons, and your own")
    board.add_argument(
        "files", type=name, nargs="*", metavar="FILE.jsonl", help="rows to show (default: all)"
    )
    board.add_argument("--data", type=name, help=f"only rows of one of {', '.join(IMAGES)}")
    board.add_argument(
        "--add", type=name, metavar="RUN", help="measure a run folder and add its row first"
    )
    board.add_argument(
        "--out", type=name, metavar="FILE.png", help="also draw the largest block of rows"
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
        precision=arguments.precision or began.get("precision"),
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
    from ganbook.sampling import sample_from, write_samples

    out = Path(arguments.out)
    if out.suffix != ".npz":
        raise SettingError(f"--out is {out}; name a file that ends in .npz.")
    if arguments.source in RECIPES:
        generator, record = runs.shipped_generator(arguments.source, arguments.data)
    elif Path(arguments.source).is_dir():
        generator, record = runs.generator_of_run(arguments.source)
    else:
        raise SettingError(
            f"{arguments.source!r} is neither a lesson ({', '.join(RECIPES)}) nor a run folder."
        )
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

    if arguments.data:
        check_data(arguments.data)
    if arguments.add:
        from ganbook import runs

        scoreboard.append(runs.measured_row(arguments.add))
    for name in arguments.files:
        if not Path(name).is_file():
            raise RunError(f"there is no scoreboard {name}; it is made by the lessons' last cells.")
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
        return parsed.run(parsed)
    except (GanbookError, OSError) as error:  # a full disk, a folder that went away
        print(f"ganbook {parsed.command}: {' '.join(str(error).splitlines())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"ganbook {parsed.command}: stopped; --resume goes on.", file=sys.stderr)
        return 130
