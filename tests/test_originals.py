"""The original files fetched from a server on this machine: whole, spoiled, or not at all."""

import errno
import gzip
import http.server
import re
import shutil
import socket
import ssl
import sys
import threading
import urllib.request

import pytest
from idx_files import SMALL, write_tiny_files

from ganbook import data, idx, mirrors, originals, prepared
from ganbook.data import load_data

IMAGES = "train-images-idx3-ubyte.gz"
LABELS = "train-labels-idx1-ubyte.gz"
PUBLISHED = mirrors.MIRRORS  # before a test puts others in their place
PAGE = b"<!DOCTYPE html><title>Log in to the guests' network</title>"


SPOILED = {
    "hangs": lambda content: content[:40],
    "cut off": lambda content: content[:40],
    "short": lambda content: content[:40],
    "altered": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    "packed anew": lambda content: gzip.compress(gzip.decompress(content), mtime=99),
    "a page": lambda content: PAGE,
}


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder as two mirrors, /1/ and /2/; ``faults`` says what goes wrong, and once."""

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.faults, self.asked = folder, {}, []
        self.over = threading.Event()

    def mirrors(self, name):
        return tuple(f"http://127.0.0.1:{self.server_port}/{n}/{name}/" for n in (1, 2))


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.server.asked.append(("HEAD", self.path))
        if self.server.faults.get("HEAD") == "hangs":
            self.server.over.wait()
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        self.server.asked.append(("GET", self.path))
        content = (self.server.folder / self.path[3:]).read_bytes()
        faults = self.server.faults.get(self.path[:3] + self.path.rpartition("/")[2], [])
        fault = faults.pop(0) if faults else None
        if fault == "missing":
            return self.send_error(404)
        sent = SPOILED[fault](content) if fault else content
        self.send_response(200)
        length = len(content) if fault in ("hangs", "cut off") else len(sent)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(sent)
        if fault == "hangs":
            self.server.over.wait()


def serve(folder, monkeypatch):
    server = Server(folder)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(mirrors, "MIRRORS", {name: server.mirrors(name) for name in idx.TITLES})
    return server


@pytest.fixture(autouse=True)
def nothing_at_hand(request, tmp_path, monkeypatch):
    """No folder, no TensorFlow Datasets, an empty cache, and no address outside of this machine."""
    if "data_folder" in request.fixturenames:
        request.getfixturevalue("data_folder")  # it reads the variable that is unset here
    monkeypatch.delenv("GANBOOK_DATA", raising=False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    monkeypatch.setattr(mirrors, "_questions", {})
    nowhere = ("http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/")  # the port where nothing listens
    monkeypatch.setattr(mirrors, "MIRRORS", dict.fromkeys(idx.TITLES, nowhere))
    monkeypatch.setattr(data, "TOYS", SMALL)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    return write_tiny_files(tmp_path / "files", monkeypatch)


@pytest.fixture
def server(tiny, monkeypatch):
    server = serve(tiny, monkeypatch)
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "keras" / "datasets" / "ganbook"


def from_folder(folder, name, split, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("GANBOOK_DATA", str(folder))
        return load_data(name, "folder", split=split)


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# What arrives whole


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "stacked_mnist"])
def test_fetched_once_with_one_line(server, tiny, cache, name, split, monkeypatch, capfd):
    fetched = load_data(name, split=split)
    assert fetched.source == "the original files" and not fetched.is_standin
    assert fetched.checksum == from_folder(tiny, name, split, monkeypatch).checksum
    out, err = capfd.readouterr()
    files = name.removeprefix("stacked_")
    assert out.startswith("TensorFlow Datasets cannot be imported (import of tensorflow_datasets")
    assert out.endswith(f"{idx.TITLES[files]} comes from 127.0.0.1:{server.server_port}, once, "
                        f"into {cache / files}.\n")  # fmt: skip
    assert out.count("\n") == 1 and err == ""
    wanted = [idx.file_name(split, kind) for kind in idx.KINDS]
    assert files_in(cache / files) == sorted(wanted)

    # From now on nobody is asked, and nothing is said.
    server.asked.clear()
    for source in ("auto", "originals"):
        again = load_data(name, source, split=split)
        assert again.checksum == fetched.checksum and again.source == fetched.source
    assert server.asked == [] and capfd.readouterr() == ("", "")


def test_the_original_files(data_folder, monkeypatch, capfd):
    server = serve(data_folder, monkeypatch)
    for name in ("mnist", "fashion_mnist"):
        for split in ("train", "test"):
            fetched = load_data(name, split=split)
            assert fetched.source == "the original files"
            assert fetched.checksum == from_folder(data_folder, name, split, monkeypatch).checksum
    out, err = capfd.readouterr()
    assert out.count("comes from") == out.count("\n") == 4 and err == ""
    server.shutdown()
    server.server_close()


def test_asked_for_by_name_there_is_no_reason_to_give(server, cache, capsys):
    load_data("mnist", "originals")
    assert capsys.readouterr().out.startswith("MNIST comes from 127.0.0.1:")


def test_what_is_there_comes_before_another_download(server, monkeypatch):
    load_data("mnist", "originals")
    monkeypatch.setattr(prepared, "_prepare", lambda name: pytest.fail("nothing is missing"))
    assert load_data("mnist").source == "the original files"


def test_keras_is_in_its_folder_by_default(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert originals.cache_folder() == tmp_path / ".keras" / "datasets" / "ganbook"


# What arrives spoiled

FAULTS = {
    "cut off": "retrieval incomplete: got only 40 out of .* bytes",
    "short": "it is truncated .40 bytes came.",
    "altered": "it (is truncated|is damaged|differs from the published).* bytes came",
    "packed anew": "it is packed in another way than the published file",
    "a page": f"it is a web page .{len(PAGE)} bytes came.",
    "missing": "404 Not Found",
    "hangs": "nothing came for 0.3 seconds",
}


@pytest.mark.parametrize("file", [IMAGES, LABELS])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_spoiled_download_is_named_and_comes_from_the_next_mirror(
    server, tiny, cache, fault, file, monkeypatch, capfd
):
    monkeypatch.setattr(mirrors, "STALL", 0.3)
    server.faults["/1/" + file] = [fault]
    fetched = load_data("mnist")
    assert fetched.checksum == from_folder(tiny, "mnist", "train", monkeypatch).checksum
    out, err = capfd.readouterr()
    _, line = out.splitlines()
    first, second = mirrors.MIRRORS["mnist"]
    assert line.startswith(f"{first}{file} is refused: ") and err == ""
    assert re.search(FAULTS[fault], line)
    assert [path for method, path in server.asked if path.endswith(file)] == [
        f"/1/mnist/{file}",
        f"/2/mnist/{file}",
    ]
    assert files_in(cache / "mnist") == [IMAGES, LABELS]
    assert socket.getdefaulttimeout() is None


@pytest.mark.parametrize("fault", ["cut off", "short", "altered", "a page"])
def test_what_was_spoiled_on_its_way_is_asked_for_again(server, tiny, fault, monkeypatch, capsys):
    monkeypatch.setitem(mirrors.MIRRORS, "mnist", mirrors.MIRRORS["mnist"][:1])
    server.faults["/1/" + IMAGES] = [fault]
    fetched = load_data("mnist")
    assert fetched.checksum == from_folder(tiny, "mnist", "train", monkeypatch).checksum
    assert capsys.readouterr().out.count("is refused") == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_if_no_mirror_has_it_whole_nothing_is_kept(server, cache, fault, monkeypatch, capfd):
    monkeypatch.setattr(mirrors, "STALL", 0.3)
    for mirror in ("/1/", "/2/"):
        server.faults[mirror + IMAGES] = [fault] * 9
    with pytest.raises(ValueError, match=f"has no MNIST: no mirror delivers {IMAGES} whole.$"):
        load_data("mnist", "originals")
    assert files_in(cache / "mnist") == []
    tries = 1 if fault in ("missing", "hangs") else 2  # the same would come again
    refusals = capfd.readouterr().out.count("is refused")
    assert refusals == 2 * tries == sum(path.endswith(IMAGES) for _, path in server.asked)
    assert load_data("mnist").is_standin
    lines = capfd.readouterr().out.splitlines()
    assert "no mirror delivers" in lines[-1] and lines[-1].endswith("drawn offline stand in.")


# A damaged cache


@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "is truncated"),
        (lambda path: path.write_bytes(PAGE), "is damaged or not a gzip file"),
        (
            lambda path: shutil.copy(path.with_name("t10k-images-idx3-ubyte.gz"), path),
            "holds the MNIST test images",
        ),
    ],
)
def test_a_damaged_file_in_the_cache_is_fetched_anew(server, cache, damage, trouble, capsys):
    before = load_data("mnist").checksum
    load_data("mnist", split="test")
    path = cache / "mnist" / IMAGES
    damage(path)
    server.asked.clear()
    capsys.readouterr()
    assert load_data("mnist").checksum == before
    first, _ = capsys.readouterr().out.splitlines()
    assert first == f"{path} {trouble}: it is removed and fetched again."
    assert [path for _, path in server.asked] == [f"/1/mnist/{IMAGES}"]


def test_a_damaged_file_stays_while_there_is_no_other(server, cache, monkeypatch, capsys):
    load_data("mnist")
    path = cache / "mnist" / IMAGES
    path.write_bytes(PAGE)
    capsys.readouterr()
    monkeypatch.setattr(mirrors, "trouble", lambda address, also=(): "there is no network")
    assert load_data("mnist").is_standin
    assert capsys.readouterr().out.count("\n") == 1 and path.read_bytes() == PAGE


def test_a_damaged_file_that_cannot_be_removed_is_not_said_to_be(server, cache, capsys):
    load_data("mnist")
    path = cache / "mnist" / IMAGES
    path.unlink()
    path.mkdir()
    capsys.readouterr()
    with pytest.raises(ValueError, match="ganbook/mnist cannot be written"):
        load_data("mnist", "originals")
    assert "is removed" not in capsys.readouterr().out and path.is_dir()


# Folders and disks


def test_a_cache_that_cannot_be_written(server, tmp_path, capsys):
    (tmp_path / "keras").write_text("a file, where the folder should be")
    with pytest.raises(ValueError, match=".*keras/datasets/ganbook/mnist cannot be written"):
        load_data("mnist", "originals")
    assert load_data("mnist").is_standin
    (line,) = capsys.readouterr().out.splitlines()
    assert "cannot be written (" in line


@pytest.mark.parametrize("number", originals.DISK)
def test_a_full_disk(server, cache, number, monkeypatch, capsys):
    import keras

    def fail(name, url, *, cache_dir, cache_subdir, **more):
        raise OSError(number, "the disk says no")

    monkeypatch.setattr(keras.utils, "get_file", fail)
    with pytest.raises(ValueError, match="mnist cannot be written .the disk says no.[.]$"):
        load_data("mnist", "originals")
    assert capsys.readouterr().out.count("\n") == 1  # where it comes from; no mirror is blamed
    assert files_in(cache / "mnist") == []


def test_a_connection_that_breaks_is_no_disk(server, monkeypatch, capsys):
    import keras

    real, errors = keras.utils.get_file, [ssl.SSLError(errno.EIO, "eof"), ConnectionResetError(104)]

    def fail_twice(*args, **more):
        if errors:
            raise errors.pop(0)
        return real(*args, **more)

    monkeypatch.setattr(keras.utils, "get_file", fail_twice)
    assert not load_data("mnist").is_standin
    assert capsys.readouterr().out.count("is refused") == 2


def test_an_interrupted_download_leaves_nothing_behind(server, cache, monkeypatch):
    import keras

    def interrupt(name, url, *, cache_dir, cache_subdir, **more):
        (cache / "mnist" / cache_subdir / name).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.utils, "get_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_data("mnist")
    assert files_in(cache / "mnist") == []
    assert socket.getdefaulttimeout() is None


# Hosts that don't answer


@pytest.fixture
def asked(monkeypatch):
    """The addresses that `mirrors` has opened."""
    real, addresses = urllib.request.urlopen, []

    def note(request, *args, **more):
        addresses.append(request.host)
        return real(request, *args, **more)

    monkeypatch.setattr(urllib.request, "urlopen", note)
    return addresses


def test_without_a_network_each_host_is_asked_once(asked, monkeypatch, capfd):
    nowhere = ("http://127.0.0.1:9/a/", "http://localhost:9/b/")
    monkeypatch.setitem(mirrors.MIRRORS, "mnist", nowhere)
    for _ in range(2):
        assert load_data("mnist").is_standin
        out, err = capfd.readouterr()
        assert "; 127.0.0.1:9 and localhost:9 cannot be reached): toy digits drawn" in out
        assert out.count("\n") == 1 and out.count("127.0.0.1:9") == 1 and err == ""
    assert sorted(asked) == ["127.0.0.1:9", "localhost:9"]
    # Somebody who asks for a download by name has mended the network, perhaps.
    with pytest.raises(ValueError, match="127.0.0.1:9 and localhost:9 cannot be reached"):
        load_data("mnist", "originals")
    assert len(asked) == 4


@pytest.mark.parametrize("where", ["looking up its name", "answering"])
def test_a_host_that_hangs(server, where, monkeypatch, capsys):
    """Nothing here ends by itself, so this test would hang, too."""
    monkeypatch.setattr(mirrors, "PATIENCE", 0.2)
    server.faults["HEAD"] = "hangs"
    if where != "answering":
        monkeypatch.setattr(urllib.request, "urlopen", lambda *args, **more: server.over.wait())
    for _ in range(2):
        assert load_data("mnist").is_standin
        assert capsys.readouterr().out.count("\n") == 1
    assert len(server.asked) <= 1


def test_a_host_that_answers_is_not_kept_waiting_by_another(server, monkeypatch):
    """The second host never answers, and a test that waited for it would hang."""
    monkeypatch.setattr(mirrors, "PATIENCE", 600.0)
    hanging = socket.create_server(("127.0.0.1", 0))  # takes calls, and says nothing
    silent = f"http://127.0.0.1:{hanging.getsockname()[1]}/"
    monkeypatch.setitem(mirrors.MIRRORS, "mnist", (mirrors.MIRRORS["mnist"][0], silent))
    assert not load_data("mnist").is_standin
    hanging.close()


def test_a_question_that_another_thread_finds_has_been_asked(server, monkeypatch):
    start = mirrors._Question.start

    def check(question):
        assert mirrors.host(question.address) not in mirrors._questions
        start(question)

    monkeypatch.setattr(mirrors._Question, "start", check)
    assert not load_data("mnist").is_standin and len(mirrors._questions) == 1


def test_a_silent_first_mirror_is_passed_over(server, tiny, monkeypatch, capsys):
    first = "http://127.0.0.1:9/"
    monkeypatch.setitem(mirrors.MIRRORS, "mnist", (first, mirrors.MIRRORS["mnist"][0]))
    fetched = load_data("mnist")
    assert fetched.checksum == from_folder(tiny, "mnist", "train", monkeypatch).checksum
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("127.0.0.1:9 cannot be reached: MNIST comes from 127.0.0.1:")
    assert f":{server.server_port}, once" in line


def test_the_addresses():
    assert PUBLISHED.keys() == idx.TITLES.keys()
    for addresses in PUBLISHED.values():
        assert len({mirrors.host(one) for one in addresses}) == len(addresses) == 2
        assert all(one.startswith("http") and one.endswith("/") for one in addresses)
