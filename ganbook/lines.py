"""Text of any origin as one line: names and errors may hold breaks, bells, and pages."""

MOST = 600  # letters that a person reads in one go


def one_line(text, most=MOST) -> str:
    """Return text as one line that any screen can show, its middle left out if it is too long.

    What cannot be printed is written as Python writes it in a string: a line break as \\n.
    """
    text = str(text).strip()
    if len(text) > most:
        text = f"{text[: most // 2]} ... {text[-most // 2 :]}"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
