"""Settings that every test shares: a quiet TensorFlow, no windows, nothing written to the tree."""

import os
import sys
from pathlib import Path

import pytest

# Read when TensorFlow, Keras and matplotlib are imported, so set before any test module is.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["MPLBACKEND"] = "Agg"
# No test reaches the network, also where there is one: nothing listens at this proxy.
for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
    os.environ[name] = "http://127.0.0.1:9"
os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"

# Tests move to another folder (see `elsewhere`), so a relative folder would be lost.
if os.environ.get("GANBOOK_DATA"):
    os.environ["GANBOOK_DATA"] = str(Path(os.environ["GANBOOK_DATA"]).resolve())


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Run each test in an empty folder, without the caller's preset."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GANBOOK_PRESET", raising=False)


@pytest.fixture(autouse=True)
def leave_no_trace():
    """Undo the settings that Keras and matplotlib keep for the whole process."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].config.set_dtype_policy("float32")
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def data_folder():
    """The folder with the original files of MNIST and Fashion-MNIST, from GANBOOK_DATA."""
    folder = os.environ.get("GANBOOK_DATA")
    if not folder:
        pytest.skip("GANBOOK_DATA names no folder with the original files")
    if not Path(folder).is_dir():
        pytest.fail(f"GANBOOK_DATA is {folder!r}, which is not a folder")
    return Path(folder)
