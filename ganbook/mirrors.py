"""Where the original files are published, and which of these hosts answer.

Every host is asked once in a process, all those of a data set at the same time and for a few
seconds at most: without a network, a lesson shall not wait for each of them in turn.
"""

import threading
import time
import urllib.error
import urllib.request

# In the order they are tried; TensorFlow Datasets fetches from the first one.
MIRRORS = {
    "mnist": (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    "fashion_mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
}
SMALLEST = "t10k-labels-idx1-ubyte.gz"  # asked for its header only
PATIENCE = 4.0  # seconds until a host counts as out of reach
STALL = 15.0  # seconds without a byte until a download is given up

_questions = {}


def first_trouble(name: str) -> str | None:
    """Return why nothing can be fetched from a data set's first address, or None if it can."""
    return trouble(MIRRORS[name][0], also=MIRRORS[name])


def trouble(address: str, also: tuple[str, ...] = ()) -> str | None:
    """Return why a host is out of reach in a few words that name it, or None if it answers.

    Args:
        address: a folder of original files on the web, with a slash at its end.
        also: other addresses, to be asked meanwhile; they are not waited for.
    """
    for one in (address, *also):
        if host(one) not in _questions:
            question = _Question(one)
            question.start()  # before another thread can find it, and wait for it
            _questions[host(one)] = question
    return _questions[host(address)].wait()


def host(address: str) -> str:
    """Return the name of the host in an address, with its port if it has one."""
    return urllib.request.Request(address).host


def forget():
    """Ask every host anew, as when somebody asks for a download by name."""
    _questions.clear()


class _Question(threading.Thread):
    """One host asked, in a thread: to look up a name may take longer than any time-out."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address = address
        self.answer = f"{host(address)} cannot be reached"
        self.deadline = time.monotonic() + PATIENCE

    def run(self):
        request = urllib.request.Request(self.address + SMALLEST, method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=PATIENCE).close()
        except urllib.error.HTTPError as error:  # it answers; what, the download will say
            error.close()
        except Exception:  # of the network, and whatever else an answer can set off
            return
        self.answer = None

    def wait(self):
        """Return the answer, or what stands for it when the time is over."""
        self.join(max(0.0, self.deadline - time.monotonic()))
        return self.answer
