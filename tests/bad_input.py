"""What every kind of bad input must end in: one line, no traceback, and nothing half-written."""

from pathlib import Path

from ganbook import cli

LONGEST = 2_000  # letters of a line that a person can still read


def answer(capsys, *arguments):
    """Run one command in this process; return its status, output and lines on standard error."""
    try:
        status = cli.main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        status = exit_.code
    printed = capsys.readouterr()
    return status, printed.out, printed.err.removesuffix("\n").split("\n") if printed.err else []


def is_line(line):
    """Say whether this is one line for a person, of a command, and printable."""
    return line.startswith(("ganbook ", "python -m ganbook")) and (
        line.isprintable() and len(line) < LONGEST and "Traceback" not in line
    )


def refusal(capsys, *arguments):
    """Run a command that must fail; return its line, having checked that it left nothing."""
    before = everything_here()
    status, _, lines = answer(capsys, *arguments)
    assert status in (1, 2), f"{arguments} ended with {status}: {lines}"
    assert len(lines) == 1 and is_line(lines[0]), lines
    assert everything_here() == before
    return lines[0]


def everything_here():
    """Return all that is in the working folder, a fresh one for each test, with its content."""
    paths = Path().rglob("*")
    return {path: path.read_bytes() if path.is_file() else None for path in paths}
