"""Files up to the server's limit are taken; a larger one is refused in a sentence."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.watched_server import watched

pytestmark = pytest.mark.browser

LIMIT_MB = 2
XSRF = {"Cookie": "_streamlit_xsrf=token", "X-Xsrftoken": "token"}


def wav(size_bytes: int) -> bytes:
    """Silence, 16 bit stereo at 48 kHz, of just so many bytes."""
    n_data = size_bytes - 44
    fmt = b"fmt \x10\0\0\0\1\0\2\0" + (48000).to_bytes(4, "little")
    fmt += (192000).to_bytes(4, "little") + b"\4\0\x10\0"
    head = b"RIFF" + (size_bytes - 8).to_bytes(4, "little") + b"WAVE" + fmt
    return head + b"data" + n_data.to_bytes(4, "little") + bytes(n_data)


@pytest.fixture(scope="module")
def small(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    with watched(folder, f"--server.maxUploadSize={LIMIT_MB}") as server:
        yield server


def test_a_file_just_under_the_limit_is_taken_and_one_over_it_is_refused(small, new_tab):
    app = new_tab(small.address).open("/audio")
    app.page.get_by_role("combobox", name="Sound", exact=True).click()
    app.page.get_by_role("option", name="Files of your own").click()
    app.drawn()
    chooser = app.page.locator("input[type=file][multiple]")
    limit = LIMIT_MB * 1_000_000  # as browsers count; the server itself takes 2**20 for each
    over = {"name": "over.wav", "mimeType": "audio/wav", "buffer": wav(limit + 4)}
    chooser.set_input_files([over])
    expect(app.page.get_by_text(f"File must be {LIMIT_MB}.0MB or smaller")).to_be_visible()
    app.drawn()
    expect(app.page.get_by_text("Choose one file or several to hear the EQ")).to_be_visible()
    under = {"name": "under.wav", "mimeType": "audio/wav", "buffer": wav(limit - 4)}
    chooser.set_input_files([under])
    expect(app.page.get_by_text("under.wav: 0:10.4 min, 2 channels at 48,000 Hz")).to_be_visible()


def test_a_program_that_asks_for_more_than_the_limit_gets_nothing_kept(small):
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x", **XSRF}
    over = head + bytes((LIMIT_MB << 20) + 1) + b"\r\n--x--\r\n"
    status, _ = small.answer("PUT", "/_stcore/upload_file/nobody/b", kind, over)
    assert 400 <= status < 500
