"""What runs here stays here: who may ask the server, and what it and the pages ask of others."""

from __future__ import annotations

import ipaddress

import pytest
from playwright.sync_api import expect

from neural_eq.ui.server import exposure
from tests.browser import driver
from tests.watched_server import watched

pytestmark = pytest.mark.browser

OWN_NAMES = ("localhost", "None", "")
PAGES = ("Morph", "Audio", "Train", "Compare", "Presets", "Explore")
HANDSHAKE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


def is_own(place: str) -> bool:
    if place in OWN_NAMES:
        return True
    try:
        return ipaddress.ip_address(place.split("%")[0]).is_loopback
    except ValueError:
        return False


def asked(server) -> set[tuple[str, str]]:
    """What its processes asked of other machines until now."""
    events = server.events()
    assert any(event == "socket.bind" for event, _ in events), "the hook saw nothing"
    return {(event, place) for event, place in events if not is_own(place)}


@pytest.fixture(scope="module")
def server(browser, tmp_path_factory):
    with watched(tmp_path_factory.mktemp("watched")) as server:
        yield server


def test_a_plain_start_listens_to_this_machine_and_asks_nobody(server, new_tab):
    app = new_tab(server.address).open("/")
    sockets: list[str] = []
    app.page.on("websocket", lambda socket: sockets.append(socket.url))
    app.page.reload()
    app.drawn()
    for page in PAGES:
        app.go(page)  # a request of a page to anywhere else is a complaint: see driver.App
        expect(app.page.get_by_test_id("stException")).to_have_count(0)
    app.go("Train")
    app.button("Quick look").click()
    expect(app.page.get_by_text("filled in, with Epochs 20")).to_be_visible()
    app.button("Start training").click()
    expect(app.page.get_by_text("Finished: 20 of 20 epochs")).to_be_visible()
    assert sockets and all(url.startswith(f"ws://localhost:{server.port}/") for url in sockets)
    assert asked(server) == set()


def test_the_hook_sees_a_call_home(tmp_path):
    import subprocess
    import sys

    from tests.watched_server import HOOK

    noted = tmp_path / "sockets.txt"
    code = HOOK.format(noted=str(noted)).replace("\\\\n", "\\n")
    code += "\nimport socket\ns = socket.socket()\ns.settimeout(0.01)\n"
    code += "try:\n    s.connect(('192.0.2.1', 9))\nexcept OSError:\n    pass\n"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert noted.read_text() == "socket.connect 192.0.2.1\n"
    assert not is_own("192.0.2.1") and not is_own("example.org") and is_own("::1")


def test_a_page_of_somebody_else_gets_nothing(server):
    foreign = {"Origin": "http://elsewhere.invalid"}
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/sound/x"):
        _, headers = server.answer("GET", path, foreign)
        assert headers.get("access-control-allow-origin") is None, path
    status, _ = server.answer("GET", "/_stcore/stream", {**HANDSHAKE, **foreign})
    assert status == 403
    own = {"Origin": f"http://localhost:{server.port}"}
    assert server.answer("GET", "/_stcore/stream", {**HANDSHAKE, **own})[0] == 101
    # a name that was made to lead here is not this machine's
    named = {"Host": f"elsewhere.invalid:{server.port}"}
    for path in ("/", "/_stcore/health", "/sound/x"):
        assert server.answer("GET", path, named)[0] == 400, path
    rebound = {**named, "Origin": f"http://elsewhere.invalid:{server.port}"}
    assert server.answer("GET", "/_stcore/stream", {**HANDSHAKE, **rebound})[0] in (400, 403)
    for name in ("localhost", "127.0.0.1", "[::1]"):
        assert server.answer("GET", "/", {"Host": f"{name}:{server.port}"})[0] == 200, name
    # without the token that our own pages carry, no file is taken
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nhi\r\n--x--\r\n'
    assert server.answer("PUT", "/_stcore/upload_file/a/b", {**kind, **foreign}, body)[0] == 403
    assert asked(server) == set()  # whose page it was is found without a question


def test_who_opens_it_to_others_is_told_what_that_means(server, tmp_path):
    assert "no login" not in server.log.read_text()  # to this machine alone there is nothing to say
    with watched(tmp_path, "--server.address=0.0.0.0") as open_to_all:
        named = {"Host": "studio.invalid", "Origin": "http://studio.invalid"}
        assert open_to_all.answer("GET", "/_stcore/stream", {**HANDSHAKE, **named})[0] == 101
        foreign = {"Origin": "http://elsewhere.invalid"}
        assert open_to_all.answer("GET", "/_stcore/stream", {**HANDSHAKE, **foreign})[0] == 403
        assert asked(open_to_all) == {("socket.bind", "0.0.0.0")}
        said = open_to_all.log.read_text()
    assert "listens on 0.0.0.0, and has no login: everybody who reaches it" in said
    assert exposure(None).startswith("Neural EQ listens on every address of this machine")


def test_streamlits_own_statistics_are_off():
    config = (driver.ROOT / ".streamlit" / "config.toml").read_text("utf-8")
    assert "gatherUsageStats = false" in config and "enableXsrfProtection = true" in config
    assert "enableCORS" not in config  # on unless told otherwise
