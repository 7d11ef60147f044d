"""For the notebooks that pytest runs by nbval: a red line in a lesson fails its cell.

nbval fails a cell that raises, and ignores what it writes to standard error.
"""

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Fail a notebook's cell that wrote to standard error."""
    outcome = yield
    written = [out["text"] for out in getattr(item, "test_outputs", None) or [] if is_red(out)]
    if written and outcome.excinfo is None:
        outcome.force_exception(AssertionError(f"written to standard error: {written}"))


def is_red(output) -> bool:
    """Say whether an output of a cell is text on standard error."""
    return output.get("output_type") == "stream" and output.get("name") == "stderr"
