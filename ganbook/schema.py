"""What a JSON file must hold before anything in it is used."""

import json
from pathlib import Path

from ganbook.lines import one_line

NUMBER, TEXT = {"type": "number", "minimum": -1e300, "maximum": 1e300}, {"type": "string"}
STEP = {"type": "integer", "minimum": 0, "maximum": 10**12}
LOG = {
    "type": "object",
    "required": ["seconds", "rows"],
    "properties": {
        "seconds": {**NUMBER, "minimum": 0},
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["step", "discriminator_loss", "generator_loss"],
                "properties": {"step": STEP},
                "additionalProperties": NUMBER,
            },
        },
    },
}
RUN = {
    "type": "object",
    "required": ["lesson", "data", "seed", "steps", "precision", "batch_size", "data_checksum"],
    "properties": {
        "lesson": TEXT,
        "variant": {"type": ["string", "null"]},
        "preset": TEXT,
        "data": TEXT,
        "data_source": TEXT,
        "data_checksum": TEXT,
        "seed": {"type": "integer"},
        "batch_size": {"type": "integer", "minimum": 1},
        "precision": TEXT,
        "steps": {**STEP, "minimum": 1},
        "hardware": TEXT,
        "versions": {"type": "object"},
    },
}
DESCRIBED = {
    "type": "object",
    "required": ["keras", "gan"],
    "properties": {
        "keras": TEXT,
        "gan": {"type": "object", "required": ["generator", "discriminator", "seed"]},
    },
}


def read_json(path, schema):
    """Return what a JSON file holds, if it is what the schema says.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no JSON, or holds something else; the message says in one line what.
    """
    import jsonschema  # takes a while

    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        problem = jsonschema.exceptions.best_match(_checker()(schema).iter_errors(content))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is no text") from None
    if problem is None:
        return content
    place = one_line(".".join(str(part) for part in problem.absolute_path), most=100)
    message = problem.message if len(problem.message) < 100 else f"{problem.message[:100]} ..."
    raise ValueError(f"{place + ': ' if place else ''}{one_line(message)}")


def _checker():
    """Return the kind of validator for which 1.0 is no integer."""
    import jsonschema

    def is_integer(checker, value):
        return isinstance(value, int) and not isinstance(value, bool)

    base = jsonschema.Draft202012Validator
    return jsonschema.validators.extend(
        base, type_checker=base.TYPE_CHECKER.redefine("integer", is_integer)
    )
