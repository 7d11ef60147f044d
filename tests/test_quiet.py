"""TensorFlow's lines that tell a reader nothing stay away, and nothing else does."""

import os
import subprocess
import sys
import threading

import nbformat
import pytest
from nbclient import NotebookClient

from ganbook import quiet

NOTE = (
    b"I0000 00:00:1795608816.725022   23487 device_compiler.h:196] Compiled cluster using XLA!  "
    b"This line is logged at most once for the lifetime of the process.\n"
)
REMAPPER = (
    b"E0000 00:00:1795608816.725022   23487 meta_optimizer.cc:967] remapper failed: "
    b"INVALID_ARGUMENT: Mutation::Apply error: fanout 'gradients/x' exist for missing node 'y'.\n"
)
REMARK = b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
SECOND = (
    b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with "
    b"the appropriate compiler flags.\n"
)
REAL = b"E0000 00:00:1795608816.725022   23487 cuda_dnn.cc:522] Loaded runtime CuDNN library: 8\n"


@pytest.mark.parametrize("line", [NOTE, REMAPPER, REMARK, SECOND])
def test_known_lines_are_dropped_and_the_others_kept_in_their_order(line):
    assert quiet.sift(b"before\n" + line + b"after\n") == (b"before\nafter\n", b"")


@pytest.mark.parametrize(
    "text",
    [
        REAL,
        b"Traceback (most recent call last):\n",
        b"WARNING: All is lost\n",
        b"I am your own line\n",
        b"I2024 was a good year\n",
        b"E1234 is the number of this order: remapper failed: Mutation::Apply error\n",
        b"I0000 00:00:1795608816.7 without a thread and a place\n",
        b"Fatal Python error: Segmentation fault\n",
        b"  50%|#####     | 5/10\r",
        b"W0000 00:00:1795608816.7  1 op_requires.cc:1] RESOURCE_EXHAUSTED: out of memory\n",
    ],
)
def test_everything_else_passes_at_once(text):
    kept, rest = quiet.sift(text)
    assert kept + rest == text
    assert not rest or quiet.BEGINNING.match(rest)


def test_a_line_may_come_in_pieces():
    kept, rest = quiet.sift(b"x\n" + NOTE[:30])
    assert (kept, rest) == (b"x\n", NOTE[:30])
    assert quiet.sift(rest + NOTE[30:]) == (b"", b"")


def test_the_thread_passes_on_what_is_left_when_the_writer_ends():
    (source, writer), (reader, onward) = os.pipe(), os.pipe()
    thread = threading.Thread(target=quiet._pass_on, args=(source, onward))
    thread.start()
    for piece in (b"one\n", NOTE[:10], NOTE[10:], REMAPPER, b"I am", b" yours\n", b"no end"):
        os.write(writer, piece)
    os.close(writer)
    thread.join(10)
    os.close(onward)
    with open(reader, "rb") as file:
        assert file.read() == b"one\nI am yours\nno end"
    os.close(source)


def test_a_writer_does_not_wait_where_the_other_end_is_gone():
    (source, writer), (reader, onward) = os.pipe(), os.pipe()
    os.close(reader)
    thread = threading.Thread(target=quiet._pass_on, args=(source, onward))
    thread.start()
    for _ in range(3):  # more than a pipe holds
        assert os.write(writer, b"x" * quiet.SIZE) == quiet.SIZE
    os.close(writer)
    thread.join(10)
    assert not thread.is_alive()
    os.close(onward)
    os.close(source)


FILTERED = """
import os, sys, time
from ganbook import quiet
quiet.leave_out_noise()
quiet.leave_out_noise()
os.write(2, {note!r})
print("mine", file=sys.stderr, flush=True)
os.write(2, {real!r})
time.sleep(0.5)
"""


@pytest.mark.skipif(os.name != "posix", reason="elsewhere kernels leave descriptor 2 alone")
def test_a_process_loses_the_notes_and_nothing_else():
    code = FILTERED.format(note=NOTE + REMAPPER, real=REAL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr == b"mine\n" + REAL


IN_A_KERNEL = """
import os, sys, time
import ganbook.arrays
for line in {lines!r}:
    os.write(2, line)
sys.stderr.write("said\\n")  # at once: print ends its line later, and others may come between
time.sleep(0.5)
"""


@pytest.mark.skipif(os.name != "posix", reason="elsewhere kernels leave descriptor 2 alone")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Colab's old client of kernels has some
def test_a_cell_shows_no_notes_whichever_module_was_imported_first():
    lines = [NOTE, b"my own\n", REMARK, REMAPPER, REAL]
    cell = nbformat.v4.new_code_cell(IN_A_KERNEL.format(lines=lines))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    # A kernel that finds itself in a test leaves descriptor 2 alone.
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute(env=env)
    # What Python prints and what arrives at the descriptor go two ways.
    red = "".join(output.text for output in cell.outputs if output.get("name") == "stderr")
    assert sorted(red.splitlines()) == sorted(["my own", REAL.decode().strip(), "said"])


WITHOUT = {
    "stderr None": "sys.stderr = None",
    "stdout None, too": "sys.stderr = sys.stdout = None",
    "stderr closed": "sys.stderr.close()",
    "descriptor closed": "os.close(2)",
    "all closed": "os.close(2); os.close(1); os.close(0)",
    "something else": "sys.stderr = object()",
}


@pytest.mark.parametrize("damage", WITHOUT.values(), ids=WITHOUT)
def test_it_imports_without_a_standard_error(damage, tmp_path):
    # A stub in TensorFlow's place: what matters is what stands around the import.
    (tmp_path / "tensorflow.py").write_text(
        "import os\ntry:\n    os.write(2, b'start')\nexcept OSError:\n    pass\n"
    )
    code = (
        f"import os, sys; from pathlib import Path; from ganbook import quiet; {damage}\n"
        "quiet.import_tensorflow(); quiet.leave_out_noise()\n"
        "Path('done').write_text(str('tensorflow' in sys.modules))"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(tmp_path), os.path.dirname(os.path.dirname(quiet.__file__))]
            ),
        },
        cwd=tmp_path,
        timeout=60,
        capture_output=True,
    )
    # Python itself may complain at its end; what counts is that it came so far.
    assert (tmp_path / "done").read_text() == "True"


def test_what_a_failed_import_wrote_is_shown(tmp_path):
    (tmp_path / "tensorflow.py").write_text("import os\nos.write(2, b'why')\nraise ImportError\n")
    place = os.path.dirname(os.path.dirname(quiet.__file__))
    done = subprocess.run(
        [sys.executable, "-c", "from ganbook.quiet import import_tensorflow as i; i()"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), place])},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1 and done.stderr.startswith(b"why")
