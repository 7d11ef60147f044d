"""The trained generators that belong to this version: where they lie, and how they get here.

The wheel is small, so most of them are not in it. They are looked for in this package (a clone has
them all), in the second wheel ``ganbook-weights``, and, once this project has a public address, at
its release, from where they are fetched once and kept in Keras's cache. What each file must be
stands in ``weights/generators.json``: its sha256.
"""

import hashlib
import importlib.util
import json
import os
from pathlib import Path

from ganbook import __version__
from ganbook.address import REPOSITORY
from ganbook.errors import RunError
from ganbook.files import write_json

FOLDER = Path(__file__).parent / "weights"
CHECKSUMS = FOLDER / "generators.json"
SECOND_WHEEL = "ganbook_weights"


def checksums() -> dict[str, str]:
    """Return {file name: sha256} of all trained generators of this version."""
    return json.loads(CHECKSUMS.read_text(encoding="utf-8"))


def record(folder=FOLDER) -> Path:
    """Write down the checksums of the trained generators in a folder, and return the file."""
    files = sorted(Path(folder).glob("lesson*_generator.npz"))
    found = {file.name: sha256(file) for file in files}
    return write_json(Path(folder) / CHECKSUMS.name, found)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def generator_file(name: str) -> Path:
    """Return the path of a trained generator's file, such as ``lesson02_mnist_generator.npz``.

    Raises:
        RunError: there is no such generator, or it is not here and cannot be fetched.
    """
    known = checksums()
    if name not in known:
        raise RunError(f"there are no weights {name}; there are {', '.join(known)}.")
    for folder in _folders():
        if (folder / name).is_file():
            return folder / name
    if not REPOSITORY:
        raise RunError(
            f"the weights {name} are not in the small wheel: install the second one, "
            "`make wheel-weights`, beside it, or work in a clone of the project."
        )
    return _fetched(name, known[name])


def _folders():
    """Return the folders in which trained generators may lie on this machine."""
    spec = importlib.util.find_spec(SECOND_WHEEL)
    return [FOLDER, *map(Path, spec.submodule_search_locations if spec else ())]


def _fetched(name, checksum):
    """Return the file from Keras's cache, or from the release of this version."""
    import keras

    address = f"{REPOSITORY}/releases/download/v{__version__}/{name}"
    try:
        where = keras.utils.get_file(
            name,
            address,
            file_hash=checksum,
            cache_dir=os.environ.get("KERAS_HOME"),  # Keras itself reads it at its import only
            cache_subdir=f"ganbook/{__version__}",
        )
    except Exception as error:  # of the network, the disk, or of Keras for another checksum
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise RunError(f"the weights {name} cannot be fetched from {address} ({line}).") from error
    return Path(where)
