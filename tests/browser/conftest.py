"""A server and a browser for the whole session; a fresh tab, watched, for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import driver

WINDOW = {"viewport": {"width": 1280, "height": 900}, "accept_downloads": True}

expect.set_options(timeout=driver.EXPECT_MS)


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if driver.browser_path(playwright) is None:
            pytest.skip("no Chromium or Chrome on this machine's PATH, and playwright has none")
        # tabs of one person share a process, or each would read and compile all scripts anew
        browser = driver.launch(playwright, "--process-per-site")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(browser, tmp_path_factory):
    """The server most tests share; on SAFE-DB where it is to be had, else the built-in set."""
    runs = tmp_path_factory.mktemp("app") / "runs"
    data = driver.SAFE_DB if driver.SAFE_DB.exists() else None
    with driver.server(runs, data=data) as address:
        yield address


@pytest.fixture
def training_address(browser, tmp_path):
    """A server of its own for a test that trains, so that no other waits for its two cores."""
    data = driver.SAFE_DB if driver.SAFE_DB.exists() else None
    with driver.server(tmp_path / "runs", data=data) as address:
        yield address


@pytest.fixture
def faulty_address(browser, tmp_path):
    """A server of its own, whose page Compare raises."""
    root = driver.copied_app(tmp_path / "app")
    page = root / "pages" / "compare.py"
    page.write_text(page.read_text("utf-8") + "\nraise RuntimeError('a page that raises')\n")
    with driver.server(tmp_path / "runs", data=None, root=root, may_fault=True) as address:
        yield address


@pytest.fixture(scope="module")
def offline_address(browser, tmp_path_factory):
    """A server that knows of no table: a fresh clone's."""
    folder = tmp_path_factory.mktemp("clone")
    root = driver.copied_app(folder / "app")
    with driver.server(folder / "runs", data=None, root=root) as address:
        yield address


@pytest.fixture(scope="session")
def profile(browser):
    """One person's browser."""
    context = browser.new_context(**WINDOW)
    yield context
    context.close()


@pytest.fixture(scope="session")
def lasting_tab(profile, address):
    """A tab that stays, and with it the process that the others share."""
    page = profile.new_page()
    page.goto(f"{address}/_stcore/health")
    yield page
    page.close()


@pytest.fixture(scope="session")
def storage(profile, lasting_tab):
    """What can forget that which pages stored."""
    return profile.new_cdp_session(lasting_tab)


@pytest.fixture
def new_tab(browser, profile, storage):
    """Open a tab on a server; all tabs of a test must end without a complaint.

    With options (a microphone, a touch screen) it is another browser's. Nothing that a page stores
    is left for the next test.
    """
    apps, contexts = [], []

    def open_tab(address: str, *, color_scheme: str = "light", **options) -> driver.App:
        context = profile
        if options:
            context = browser.new_context(**WINDOW, **options)
            contexts.append(context)
        page = context.new_page()
        page.emulate_media(color_scheme=color_scheme)
        page.set_default_timeout(driver.EXPECT_MS)
        apps.append(driver.App(page, address))
        return apps[-1]

    yield open_tab
    complaints = [complaint for app in apps for complaint in app.complaints]
    for app in apps:
        app.page.close()
        forget = {"origin": app.address, "storageTypes": "all"}
        storage.send("Storage.clearDataForOrigin", forget)
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def app(new_tab, address):
    return new_tab(address)


@pytest.fixture
def download_to(tmp_path):
    """Press a button that downloads, and return the file."""

    def press(app: driver.App, name: str) -> Path:
        app.drawn()
        app.button(name).hover()  # which waits until it stands still
        with app.page.expect_download() as caught:
            app.button(name).click()
        path = tmp_path / caught.value.suggested_filename
        caught.value.save_as(path)
        return path

    return press
