import hashlib
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from neural_eq.data import sources
from neural_eq.data.sources import ADDRESSES, SHA256, SIZE_BYTES, download, open_dataset
from neural_eq.eq.params import DEFAULT
from neural_eq.errors import DataError, DownloadError, OutputError

CONTENT = np.random.default_rng(0).bytes(100_000)
PUBLISHED = {"size_bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
ROW = ",".join(["1", "warm", "x", "2", "2", *map(str, DEFAULT.tolist()), *[""] * 7]) + "\n"


class Server:
    """A local web server; ``answer(handler, n_before)`` is what it does, and it remembers."""

    def __init__(self, answer):
        self.requests = []
        self.answer = answer
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                n_before = len(server.requests)
                server.requests.append((self.path, self.headers.get("Range")))
                with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
                    server.answer(self, n_before)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_port}/table.csv"

    def ranges(self):
        return [wanted for _, wanted in self.requests]


@contextmanager
def serving(answer):
    server = Server(answer)
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()


def send(handler, content, *, status=200, headers=None, announced=None):
    handler.send_response(status)
    length = len(content) if announced is None else announced
    if length >= 0:
        handler.send_header("Content-Length", str(length))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


def whole(handler, _):
    send(handler, CONTENT)


def with_ranges(handler, _, content=CONTENT):
    wanted = handler.headers.get("Range")
    if wanted is None:
        return send(handler, content)
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    place = f"bytes {start}-{len(content) - 1}/{len(content)}"
    send(handler, content[start:], status=206, headers={"Content-Range": place})


def breaking_once(handler, n_before):
    """Announce all, send 40,000 bytes, hang up; go on properly afterwards."""
    if n_before == 0:
        send(handler, CONTENT[:40_000], announced=len(CONTENT))
    else:
        with_ranges(handler, n_before)


@pytest.fixture(autouse=True)
def no_proxy_and_no_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv(sources.ENVIRONMENT_NAME, raising=False)
    monkeypatch.setattr(sources, "DATA_PATH", tmp_path / "project" / "data" / "table.csv")


@pytest.fixture
def to(tmp_path):
    return tmp_path / "data" / "table.csv"


def fetch(to, *servers, **rest):
    addresses = [server if isinstance(server, str) else server.address for server in servers]
    options = {"timeout_s": 5.0, "deadline_s": 30.0, **PUBLISHED, **rest}
    return download(to, addresses=addresses, **options)


def nowhere():
    """An address of this machine where no one listens."""
    with serving(whole) as server:
        return server.address


def assert_only(to, content=CONTENT):
    assert to.read_bytes() == content
    assert list(to.parent.iterdir()) == [to]


def assert_nothing(to):
    assert not to.parent.exists() or list(to.parent.iterdir()) == []


def test_the_file_arrives_with_progress(to):
    seen = []
    with serving(whole) as server:
        assert fetch(to, server, on_progress=lambda *numbers: seen.append(numbers)) == to
    assert_only(to)
    assert seen == sorted(seen) and len(seen) > 3
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert server.ranges() == [None]


def test_a_file_that_is_here_is_not_fetched_again(to):
    with serving(whole) as server:
        fetch(to, server)
        fetch(to, server)
    assert len(server.requests) == 1


def test_a_wrong_file_that_is_here_is_replaced_only_by_the_right_one(to):
    to.parent.mkdir()
    to.write_bytes(b"old")
    with pytest.raises(DownloadError):
        fetch(to, nowhere())
    assert_only(to, b"old")
    with serving(whole) as server:
        fetch(to, server)
    assert_only(to)


def test_the_second_address_helps_when_the_first_is_down(to):
    with serving(whole) as server:
        fetch(to, nowhere(), server)
    assert_only(to)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_the_second_address_helps_when_the_first_refuses(to, status):
    with serving(lambda h, _: send(h, b"no", status=status)) as bad, serving(whole) as good:
        fetch(to, bad, good)
    assert_only(to)
    assert len(bad.requests) == 1


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("content", [CONTENT[:-1], b"<html>archived?</html>"])
def test_a_shorter_file_is_refused_and_not_kept(to, content, announced):
    with (
        serving(lambda h, _: send(h, content, announced=None if announced else -1)) as server,
        pytest.raises(DownloadError, match=r"answered with \d+ bytes|broke off after"),
    ):
        fetch(to, server)
    assert_nothing(to)


def test_of_a_longer_file_no_more_is_read_than_is_due(to):
    sent = []

    def endless(handler, _):
        send(handler, b"", announced=-1)
        for _ in range(10_000):
            handler.wfile.write(b"x" * 10_000)
            sent.append(1)

    seen = []
    with (
        serving(endless) as server,
        pytest.raises(DownloadError, match="not the published one"),
    ):
        fetch(to, server, on_progress=lambda *numbers: seen.append(numbers))
    assert_nothing(to)
    assert max(seen) == (len(CONTENT), len(CONTENT))
    assert len(sent) < 10_000
    with (
        serving(lambda h, _: send(h, CONTENT + b"x")) as server,
        pytest.raises(DownloadError, match="answered with 100001 bytes where 100,000 are due"),
    ):
        fetch(to, server)
    assert_nothing(to)


def test_a_wrong_file_of_the_right_length_is_refused_and_not_kept(to):
    wrong = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with serving(lambda h, _: send(h, wrong)) as server:
        with pytest.raises(DownloadError, match="not the published one"):
            fetch(to, server)
        assert_nothing(to)
        with serving(whole) as good:
            fetch(to, server, good)
    assert_only(to)


def test_a_redirect_is_followed_and_a_loop_is_left(to):
    def once(handler, n_before):
        if n_before == 0:
            send(handler, b"", status=302, headers={"Location": "/elsewhere"})
        else:
            send(handler, CONTENT)

    with serving(once) as server:
        fetch(to, server)
    assert_only(to)
    to.unlink()

    def loop(handler, n_before):
        send(handler, b"", status=302, headers={"Location": f"/{n_before}"})

    with serving(loop) as server, pytest.raises(DownloadError, match="redirect"):
        fetch(to, server)
    assert len(server.requests) <= 7
    assert_nothing(to)


@pytest.mark.parametrize("location", ["file:///etc/hostname", "ftp://127.0.0.1:1/table.csv"])
def test_a_redirect_to_another_kind_of_address_is_not_followed(to, location):
    headers = {"Location": location}
    with (
        serving(lambda h, _: send(h, b"", status=302, headers=headers)) as server,
        pytest.raises(DownloadError, match="not allowed|another kind of address"),
    ):
        fetch(to, server)
    assert_nothing(to)


def drip(handler, _):
    send(handler, b"", announced=len(CONTENT))
    for byte in CONTENT:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.02)


def drip_header(handler, _):
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 2000:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.02)


def drip_chunk_length(handler, _):
    """A chunk's length, which has no end of its own, byte by byte."""
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for byte in b"1;" + b"x" * 2000:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.02)


def silence_after_a_start(handler, _):
    """Bytes, and then none, for longer than the deadline and shorter than the time-out."""
    send(handler, CONTENT[:10], announced=len(CONTENT))
    time.sleep(4)


@pytest.mark.parametrize("slow", [drip, drip_header, drip_chunk_length, silence_after_a_start])
def test_a_drip_ends_at_the_deadline(to, slow):
    started = time.monotonic()
    with serving(slow) as server, pytest.raises(DownloadError, match="was too slow"):
        fetch(to, server, deadline_s=1.0)
    assert 0.9 < time.monotonic() - started < 4


def test_after_a_drip_the_next_address_gets_its_share_and_goes_on(to):
    with serving(drip) as slow, serving(with_ranges) as good:
        fetch(to, slow, good, deadline_s=4.0)
    assert_only(to)
    assert good.ranges()[0].startswith("bytes=")


def test_silence_ends_at_the_time_out(to):
    released = threading.Event()
    started = time.monotonic()
    with (
        serving(lambda *_: released.wait(20)) as server,
        pytest.raises(DownloadError, match="did not answer in time"),
    ):
        try:
            fetch(to, server, timeout_s=0.3)
        finally:
            released.set()
    assert time.monotonic() - started < 5


def test_what_breaks_off_is_resumed_by_range(to):
    with serving(breaking_once) as server:
        fetch(to, server)
    assert_only(to)
    assert server.ranges() == [None, "bytes=40000-"]


def test_what_broke_off_is_resumed_by_the_next_call(to):
    with (
        serving(lambda h, _: send(h, CONTENT[:40_000], announced=100_000)) as server,
        pytest.raises(DownloadError, match="broke off after 40,000 of 100,000 bytes"),
    ):
        fetch(to, server)
    assert [path.name for path in to.parent.iterdir()] == ["table.csv.part"]
    seen = []
    with serving(with_ranges) as server:
        fetch(to, server, on_progress=lambda done, _: seen.append(done))
    assert_only(to)
    assert server.ranges() == ["bytes=40000-"]
    assert seen[0] > 40_000


def test_a_server_that_ignores_ranges_starts_again(to):
    to.parent.mkdir()
    (to.parent / "table.csv.part").write_bytes(CONTENT[:40_000])
    with serving(whole) as server:
        fetch(to, server)
    assert_only(to)
    assert server.ranges() == ["bytes=40000-"]


@pytest.mark.parametrize("part", [b"junk" * 100, CONTENT + b"x", b"x" * len(CONTENT), CONTENT, b""])
def test_a_wrong_part_does_not_speak_against_the_server(to, part):
    to.parent.mkdir()
    (to.parent / "table.csv.part").write_bytes(part)
    with serving(with_ranges) as server:
        fetch(to, server)
    assert_only(to)


@pytest.mark.parametrize(
    "place", ["bytes 0-99999/100000", "bytes 40000-99999/123456", "nonsense", ""]
)
def test_a_part_that_was_not_asked_for_is_not_taken(to, place):
    to.parent.mkdir()
    (to.parent / "table.csv.part").write_bytes(CONTENT[:40_000])

    def other(handler, _):
        send(handler, CONTENT[40_000:], status=206, headers={"Content-Range": place})

    with serving(other) as server, pytest.raises(DownloadError):
        fetch(to, server)
    assert not to.exists()
    with serving(with_ranges) as server:
        fetch(to, server)
    assert_only(to)


def test_offline_it_says_all_that_helps(to):
    with pytest.raises(DownloadError) as caught:
        fetch(to, nowhere(), nowhere())
    message = str(caught.value)
    assert message.count("127.0.0.1") == 2 and message.count("refused the connection") == 2
    assert "The built-in set keeps working" in message
    assert f"put SAFEEqualiserUserData.csv into {to.parent}" in message
    assert_nothing(to)
    with pytest.raises(DownloadError, match="nowhere.invalid could not be reached"):
        fetch(to, "http://nowhere.invalid/table.csv")


def test_it_stops_when_told_and_goes_on_later(to):
    seen = []
    with serving(whole) as server, pytest.raises(DownloadError, match="stopped"):
        fetch(
            to,
            server,
            on_progress=lambda done, _: seen.append(done),
            should_stop=lambda: bool(seen),
        )
    assert len(seen) == 1 and not to.exists()
    with serving(with_ranges) as server:
        fetch(to, server)
    assert_only(to)
    assert server.ranges() == [f"bytes={seen[0]}-"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(tmp_path / "data" / "table.csv", nowhere())
    with pytest.raises(OutputError, match="cannot be written"):
        fetch(tmp_path / "data" / "table.csv", nowhere())  # the first did not block the second


def test_two_downloads_do_not_write_into_one_part(to):
    arrived, released = threading.Event(), threading.Event()

    def held(handler, n_before):
        arrived.set()
        released.wait(10)
        whole(handler, n_before)

    with serving(held) as server:
        first = threading.Thread(target=fetch, args=(to, server))
        first.start()
        assert arrived.wait(10)
        with pytest.raises(DownloadError, match="already"):
            fetch(to, server)
        released.set()
        first.join()
    assert_only(to)


def test_the_published_file_is_the_one_the_project_knows():
    assert SIZE_BYTES == 479_130 and len(SHA256) == 64
    assert [a.split("/")[2] for a in ADDRESSES] == [
        "web.archive.org",
        "raw.githubusercontent.com",
    ]


def write(path, term="warm"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ROW.replace("warm", term))
    return path


def test_the_given_table_comes_first_then_the_environment_then_data_then_built_in(
    tmp_path, monkeypatch
):
    assert open_dataset().is_built_in
    write(sources.DATA_PATH, "from data")
    assert open_dataset().terms.tolist() == ["from data"]
    monkeypatch.setenv("NEURAL_EQ_DATA", str(write(tmp_path / "env.csv", "from environment")))
    assert open_dataset().terms.tolist() == ["from environment"]
    assert open_dataset().origin == "env.csv"
    given = open_dataset(write(tmp_path / "mine.csv", "given"))
    assert given.terms.tolist() == ["given"] and given.origin == "mine.csv"
    upload = open_dataset(ROW.encode(), name="upload.csv")
    assert upload.origin == "upload.csv" and not upload.is_built_in


def test_a_table_that_was_asked_for_is_never_silently_replaced(tmp_path, monkeypatch):
    write(sources.DATA_PATH)
    with pytest.raises(DataError, match="cannot be read"):
        open_dataset(tmp_path / "gone.csv")
    monkeypatch.setenv("NEURAL_EQ_DATA", str(tmp_path / "gone.csv"))
    with pytest.raises(DataError, match=r"NEURAL_EQ_DATA is .*gone\.csv, and no file is there"):
        open_dataset()
    monkeypatch.setenv("NEURAL_EQ_DATA", "  ")
    assert open_dataset().terms.tolist() == ["warm"]


def test_the_published_file_is_called_by_its_name_and_no_other_is(tmp_path, monkeypatch):
    path = write(tmp_path / "SAFEEqualiserUserData.csv")
    assert open_dataset(path).origin == "SAFEEqualiserUserData.csv"
    content = path.read_bytes()
    monkeypatch.setattr(sources, "SIZE_BYTES", len(content))
    monkeypatch.setattr(sources, "SHA256", hashlib.sha256(content).hexdigest())
    assert open_dataset(path).origin == "SAFE-DB"
    assert open_dataset(content, name="x.csv").origin == "SAFE-DB"
    path.write_bytes(content.replace(b"warm", b"dull"))
    assert open_dataset(path).origin == "SAFEEqualiserUserData.csv"
