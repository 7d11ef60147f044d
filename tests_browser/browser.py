"""A reader's hands: open a page of JupyterLab, run its cells, click, and read what is there."""

import shutil
from collections.abc import Callable
from pathlib import Path

from checks import local_path

# Read by name from the page: JupyterLab's own object, which --expose-app-in-browser lends out.
APP = "window.jupyterapp"
CURRENT = f"{APP}.shell.currentWidget"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VARIABLE = "GANBOOK_BROWSER"
# No window, no talk with the world outside; Chromium's sandbox does not work in a container.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
READER = (Path(__file__).parent / "read_page.js").read_text(encoding="utf-8")
SECOND = 1000  # Playwright counts milliseconds
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


def find_browser(environment: dict, which: Callable = shutil.which) -> str:
    """Return the program of a Chromium or Chrome that is installed.

    Args:
        environment: Variables; GANBOOK_BROWSER names the program, else it is looked for on PATH.
        which: Finds a program by name, as `shutil.which` does.

    Raises:
        FileNotFoundError: If there is none. The message says how to get one.
    """
    named = environment.get(VARIABLE)
    if named and not which(named):
        raise FileNotFoundError(f"{VARIABLE} is {named!r}, which is no program that can be run.")
    for name in (named,) if named else NAMES:
        if found := which(name):
            return found
    raise FileNotFoundError(
        "make test-browser needs Chromium or Chrome, and none is on PATH. On Debian: sudo apt "
        f"install chromium. If yours has another name or place, set {VARIABLE} to it."
    )


def finish(page, promise: str):
    """Wait for a promise of the page. What it holds, JupyterLab's own objects, stays there."""
    page.evaluate(f"async () => {{ await {promise} }}")


def visit(page, address: str):
    """Go to a page of JupyterLab and wait until its first document or its file browser is there."""
    page.goto(address)
    page.wait_for_function(f"{APP}?.restored", timeout=90 * SECOND)
    finish(page, f"{APP}.restored")
    page.wait_for_selector(".jp-DirListing-content", timeout=90 * SECOND)


def wait_for_document(page, path: str):
    """Wait until the document at `path` (from the server's folder) is in front, and is read."""
    page.wait_for_function(
        f"path => {CURRENT}?.context?.path === path && {CURRENT}.context.isReady",
        arg=path,
        timeout=60 * SECOND,
    )
    finish(page, f"Promise.all([{CURRENT}.revealed, {CURRENT}.content.ready])")


def show_text(page, path: str):
    """Open a Markdown file as the page that it describes, as a click on a link to it does."""
    finish(page, f"{APP}.commands.execute('markdownviewer:open', {{ path: '{path}' }})")
    wait_for_document(page, path)
    settle(page)


def open_notebook(page, address: str, path: str):
    """Open a notebook and wait until its kernel is idle and its text is drawn."""
    visit(page, address)
    wait_for_document(page, path)
    page.wait_for_function(
        f"{CURRENT}.sessionContext?.session?.kernel?.status === 'idle'"
        f" && {CURRENT}.content.widgets.every(c => c.model.type !== 'markdown' || c.rendered)",
        timeout=90 * SECOND,
    )


def run_all(page, seconds: float):
    """Run every cell and wait until the kernel is idle.

    A cell that fails ends the run: what follows stays unexecuted, which `checks.not_run` reports.

    Raises:
        playwright.sync_api.TimeoutError: If it takes longer than `seconds`.
    """
    page.evaluate(
        f"() => {{ {APP}.commands.execute('notebook:run-all-cells')"
        ".finally(() => { window.allCellsDone = true }) }"
    )
    page.wait_for_function("window.allCellsDone === true", timeout=seconds * SECOND, polling=500)
    page.wait_for_function(
        f"{CURRENT}.sessionContext.session?.kernel?.status === 'idle'", timeout=60 * SECOND
    )


def read(page) -> list[dict]:
    """Return the cells of the notebook in front, as `read_page.js` describes them."""
    settle(page)
    return page.evaluate(READER)["cells"]


def settle(page):
    """Wait until the document in front no longer changes: its text, then formulas and widgets."""
    page.wait_for_function(
        f"""() => {{
          const node = {CURRENT}.content.node;
          const parts = node.querySelectorAll('mjx-container, .jupyter-widgets, img');
          const now = `${{{CURRENT}.id}} ${{node.textContent.length}} ${{parts.length}}`;
          const calm = node.textContent.trim() && now === window.lastSeen;
          window.lastSeen = now;
          return calm;
        }}""",
        polling=700,
        timeout=30 * SECOND,
    )


def set_theme(page, theme: str):
    """Give JupyterLab the theme "light" or "dark", and wait until the page has it."""
    finish(page, f"{APP}.commands.execute('apputils:change-theme', {{ theme: '{THEMES[theme]}' }})")
    page.wait_for_function(
        "name => document.body.dataset.jpThemeName === name",
        arg=THEMES[theme],
        timeout=30 * SECOND,
    )


def text_links(page) -> dict[str, str]:
    """Return {path from the server's folder: address} of the links in the document in front."""
    addresses = page.evaluate(
        f"[...{CURRENT}.node.querySelectorAll('.jp-RenderedMarkdown a[href]')].map(a => a.href)"
    )
    return {local_path(a): a for a in addresses if local_path(a)}


def follow(page, address: str, path: str) -> str:
    """Click the link with this address in the document in front; return the text that it opens.

    Raises:
        playwright.sync_api.TimeoutError: If the click does not bring the document at `path`.
    """
    here = page.evaluate(f"{CURRENT}.id")
    page.locator(f"#{here} .jp-RenderedMarkdown a[href='{address}']").first.click()
    wait_for_document(page, path)
    settle(page)
    return page.evaluate(f"{CURRENT}.content.node.innerText")


def close_all_but(page, path: str | None = None):
    """Close every document but the one at `path`, without saving, and end the kernels of them."""
    page.evaluate(
        f"""async path => {{
          for (const widget of [...{APP}.shell.widgets('main')]) {{
            if (widget.context?.path === path) continue;
            await widget.sessionContext?.shutdown?.();
            widget.dispose();
          }}
        }}""",
        path,
    )
    if path is not None:
        wait_for_document(page, path)


def open_details(page, cell: int) -> list[bool]:
    """Click every summary of a cell's folded parts; return which of them then show their text."""
    node = page.evaluate_handle(f"index => {CURRENT}.content.widgets[index].node", cell)
    shown = []
    for details in node.as_element().query_selector_all(".jp-RenderedHTMLCommon details"):
        before = details.bounding_box()["height"]
        details.query_selector("summary").click()
        after = details.bounding_box()["height"]
        shown.append(details.evaluate("d => d.open") and after > before)
    return shown


def move_slider(page, cell: int) -> tuple[dict, dict]:
    """Move a cell's slider by one place with a key; return its picture before and after it.

    Returns:
        Two dicts with "address" and "alt". They are equal if nothing moved within ten seconds.
    """
    view = f"{CURRENT}.content.widgets[{cell}].node.querySelector('.jupyter-widgets')"
    look = f"(({{ src, alt }}) => ({{ address: src, alt }}))({view}.querySelector('img'))"
    before = page.evaluate(look)
    page.evaluate_handle(f"{view}.querySelector('.noUi-handle')").as_element().focus()
    page.keyboard.press("ArrowRight")
    from playwright.sync_api import TimeoutError

    try:
        page.wait_for_function(
            f"before => {view}.querySelector('img').src !== before",
            arg=before["address"],
            timeout=10 * SECOND,
        )
    except TimeoutError:
        pass  # the caller compares
    return before, page.evaluate(look)
