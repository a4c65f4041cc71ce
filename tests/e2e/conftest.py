"""Browser tests: Chromium from the system's packages drives the real web application (see server.py)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = "Chromium is missing, so no browser test ran. Install it: apt-get install chromium"
OWNER = ("owner@crm.example", "demo-owner-on-loopback")
VIEWER = ("viewer@crm.example", "demo-viewer-on-loopback")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Answers that tests ask for on purpose, such as a 422, are no defects of the page. Nor is it one that the frame of a
# mail runs no script: Playwright's own clock is one.
EXPECTED = (
    "Failed to load resource: the server responded with a status of 4",
    "Response Status Error Code 4",
    "Blocked script execution in ",
    # A question that a later one takes the place of; one that fails is told of as htmx:sendError, too.
    "htmx:afterRequest",
    "htmx:sendAbort",
)

Check = Callable[..., None]
Post = Callable[[str, dict[str, Any]], Any]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, where nobody overlooks it, that browser tests were left out."""
    if not CHROMIUM and any(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_sep("!", MISSING, red=True)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Name the system's Chromium; without one skip loudly, but fail where CI must not miss it."""
    if not CHROMIUM:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": options}


@pytest.fixture(scope="session")
def base_url(browser_type_launch_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web application of this run's own, which `page.goto` takes paths of."""
    environment = {**os.environ, "DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    command = [sys.executable, "-m", "tests.e2e.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout
        ready = server.stdout.readline().split()
        assert ready[:1] == ["ready"], "the server did not start; its error is above"
        yield ready[1]
        server.terminate()


def _signed_in(browser: Browser, base_url: str, account: tuple[str, str]) -> Any:
    context = browser.new_context(base_url=base_url)
    page = context.new_page()
    page.goto("/accounts/sign-in/")
    page.get_by_label("E-mail").fill(account[0])
    page.get_by_label("Password").fill(account[1])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="session")
def owner_state(browser: Browser, base_url: str) -> Any:
    """The cookies of a signed-in owner."""
    return _signed_in(browser, base_url, OWNER)


@pytest.fixture(scope="session")
def viewer_state(browser: Browser, base_url: str) -> Any:
    """The cookies of a signed-in viewer."""
    return _signed_in(browser, base_url, VIEWER)


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], owner_state: Any) -> dict[str, Any]:
    """`page` is the owner's, unless a test says otherwise."""
    return {**browser_context_args, "storage_state": owner_state, "viewport": {"width": 1440, "height": 1000}}


@pytest.fixture
def viewer_page(browser: Browser, base_url: str, viewer_state: Any) -> Iterator[Page]:
    """A page of somebody who may only look."""
    context = browser.new_context(base_url=base_url, storage_state=viewer_state)
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def no_complaints(context: BrowserContext, base_url: str) -> Iterator[None]:
    """A test fails when its page throws, breaks the content security policy, or asks another site for anything."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            complaints.append(message.text)

    context.on("console", note)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", lambda sent: None if sent.url.startswith(base_url) else complaints.append(sent.url))
    yield
    assert complaints == []


@pytest.fixture
def check_axe() -> Check:
    """Check a page by axe, WCAG 2.2 A and AA and good practice, at two widths and in both themes; nothing overflows."""

    def check(page: Page, within: str = "html") -> None:
        size = page.viewport_size or {"width": 1440, "height": 1000}
        for theme in ("light", "dark"):
            for width in (1440, 390):
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                page.set_viewport_size({"width": width, "height": 1000})
                found = Axe().run(page, within, RULES)
                assert found.violations_count == 0, f"{page.url} {theme} {width} px\n{found.generate_report()}"
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} {width} px"
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(size)

    return check


@pytest.fixture(scope="session")
def post(base_url: str) -> Post:
    """Send JSON to the API, which demo mode lets a test do without a token; return what it answered."""

    def send(path: str, body: dict[str, Any]) -> Any:
        request = Request(base_url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request) as answer:  # noqa: S310 - our own server
            return json.load(answer)

    return send
