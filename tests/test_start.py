"""start.py, run in a folder of its own with stand-ins for streamlit and pytest; no network."""

import ast
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

START = Path(__file__).parents[1] / "start.py"

WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
STREAMLIT = """
import socket, sys
port = int(sys.argv[sys.argv.index("--server.port") + 1])
with socket.create_server(("127.0.0.1", port)) as server:
    try:
        while True:
            server.accept()[0].close()
    except KeyboardInterrupt:
        print("stand-in stops", flush=True)
"""
PYTEST = "import sys; print('stand-in got', sys.argv[1:]); sys.exit(5)"


def load_start():
    spec = importlib.util.spec_from_file_location("start", START)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


start = load_start()


def make_wheel(folder, name, code):
    info = f"{name}-1.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "")
        wheel.writestr(f"{name}/__main__.py", code)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{info}/WHEEL", WHEEL)
        wheel.writestr(f"{info}/RECORD", "")


def make_project(folder):
    folder.mkdir()
    shutil.copy(START, folder)
    make_wheel(folder, "streamlit", STREAMLIT)
    make_wheel(folder, "pytest", PYTEST)
    (folder / "requirements.txt").write_text("./streamlit-1-py3-none-any.whl\n")
    more = "-r requirements.txt\n./pytest-1-py3-none-any.whl\n"
    (folder / "requirements-test.txt").write_text(more)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder in which ``python start.py test`` has run once; its output stands in first.txt.

    It began with a .venv whose making had been cut off: a Python, but no pip and no stamp.
    """
    folder = make_project(tmp_path_factory.mktemp("start") / "a project")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    result = run(folder, "test", "-k", "some name")
    (folder / "first.txt").write_text(result.stdout)
    assert result.returncode == 5, result.stdout + result.stderr
    return folder


def environment():
    return dict(os.environ, PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1")


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "start.py", *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


class App:
    """``python start.py`` in a terminal of its own, read until it has said the address."""

    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "start.py", *arguments],
            cwd=folder, env=environment(), text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            # a shell's background job would hand down that Ctrl-C is ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        self.output = ""
        for line in self.process.stdout:
            self.output += line
            if "Neural EQ is at" in line:
                break

    def end(self, number, whole_terminal):
        (os.killpg if whole_terminal else os.kill)(self.process.pid, number)
        try:
            return self.process.wait(20)
        finally:
            self.left_a_process = True
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                self.left_a_process = False
            with self.process.stdout:
                self.output += self.process.stdout.read()


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows sends no such signals")


# Old Pythons


def test_parses_on_python_2():
    newer = (
        ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef,
        ast.YieldFrom, ast.MatMult, ast.Match,
    )  # fmt: skip
    tree = ast.parse(START.read_bytes())
    assert START.read_bytes().isascii()  # without a coding line, Python 2 takes nothing else
    for node in ast.walk(tree):
        assert not isinstance(node, newer), f"line {node.lineno}"
        if isinstance(node, ast.FunctionDef):
            plain = (*node.args.posonlyargs, *node.args.kwonlyargs, node.returns) == (None,)
            assert plain and not any(a.annotation for a in node.args.args), f"line {node.lineno}"
        if isinstance(node, ast.Raise):
            assert node.cause is None, f"line {node.lineno}"
        if isinstance(node, ast.ClassDef):
            assert not node.keywords, f"line {node.lineno}"


def test_old_python_is_told_in_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    assert start.main([]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "3.11" in message and "3.10.13" in message


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (4, 0, 0)])
def test_newer_python_is_welcome(version):
    assert start.python_fault(version) is None


# The environment


def test_first_start_says_each_step_and_hands_pytest_its_arguments(project):
    lines = (project / "first.txt").read_text().splitlines()
    assert re.fullmatch(
        r"Making \.venv with Python 3\.\S+, in place of an unfinished or outdated one\.", lines[0]
    )
    assert lines[1].startswith("Installing requirements-test.txt into .venv")
    assert re.fullmatch(r"Installed; \.venv holds \d+ packages \(\d+ s\)\.", lines[2])
    assert lines[3:] == ["Running the tests.", "stand-in got ['-k', 'some name']"]


@pytest.mark.parametrize(
    ("args", "is_parallel"), [((), True), (("--junitxml=a.xml",), True), (("tests",), False)]
)
def test_the_whole_suite_runs_over_the_cores(project, args, is_parallel):
    said = run(project, "test", *args).stdout.splitlines()[-1]
    assert ("'-n'" in said) is is_parallel
    assert all(arg in said for arg in args)


def test_second_start_runs_no_pip_and_is_quick(project, monkeypatch, capsys):
    monkeypatch.setattr(start, "pip_install", lambda *_: pytest.fail("pip ran again"))
    for requirements in ("requirements.txt", "requirements-test.txt"):
        began = time.perf_counter()
        python = start.prepare(str(project), requirements)
        assert time.perf_counter() - began < 0.1
        assert Path(python).is_relative_to(project / ".venv")
    assert capsys.readouterr().out == ".venv is ready.\n" * 2


def stamped(folder, files):
    """A folder whose environment is a stamp and little more."""
    python = Path(start.venv_python(folder / ".venv"))
    python.parent.mkdir(parents=True)
    python.touch()
    start.write_stamp(str(folder / ".venv"), files)
    return folder / ".venv"


@pytest.mark.parametrize("changed", ["requirements.txt", "requirements-test.txt"])
def test_changed_requirements_are_noticed(tmp_path, changed):
    (tmp_path / "requirements.txt").write_text("a\n")
    test_file = tmp_path / "requirements-test.txt"
    test_file.write_text("# more\n-r requirements.txt\nb\n")
    venv = stamped(tmp_path, start.fingerprints(test_file))
    assert start.is_ready(venv, start.fingerprints(test_file))
    with (tmp_path / changed).open("a") as handle:
        handle.write("c\n")
    assert not start.is_ready(venv, start.fingerprints(test_file))


def test_environment_of_another_python_or_without_its_python_is_made_anew(tmp_path, monkeypatch):
    venv = stamped(tmp_path, {})
    assert start.read_stamp(venv) is not None
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version_info", (3, 99, 0))
        assert start.read_stamp(venv) is None
    os.remove(start.venv_python(venv))
    assert start.read_stamp(venv) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\x00", b'{"python": null}'])
def test_damaged_stamp_counts_as_none(tmp_path, content):
    venv = stamped(tmp_path, {})
    (venv / start.STAMP).write_bytes(content)
    assert start.read_stamp(venv) is None


def test_lost_packages_are_noticed(project):
    venv = project / ".venv"
    wanted = start.fingerprints(project / "requirements.txt")
    lost = next(venv.rglob("streamlit-1.dist-info"))
    lost.rename(venv / "lost")
    try:
        assert not start.is_ready(venv, wanted)
    finally:
        (venv / "lost").rename(lost)
    assert start.is_ready(venv, wanted)


def test_interrupted_pip_leaves_no_stamp(tmp_path, monkeypatch):
    (tmp_path / "requirements.txt").write_text("a\n")
    venv = stamped(tmp_path, {})

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "pip_install", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start.prepare(str(tmp_path), "requirements.txt")
    assert start.read_stamp(venv) is None


def test_second_set_up_at_once_is_refused(tmp_path):
    (tmp_path / "requirements.txt").write_text("a\n")
    with (
        start.only_one(tmp_path / ".venv.lock"),
        pytest.raises(start.SetupError, match=r"Another start\.py"),
    ):
        start.prepare(str(tmp_path), "requirements.txt")


# What can go wrong


def test_failing_pip_is_told_and_spoils_nothing(project):
    good = (project / "requirements.txt").read_text()
    (project / "requirements.txt").write_text("./no/such/place\n")
    try:
        result = run(project, "--no-browser")
    finally:
        (project / "requirements.txt").write_text(good)
    assert result.returncode == 1
    first, *rest = result.stderr.splitlines()
    assert first.startswith("pip could not install requirements.txt; the whole log is in ")
    assert Path(first.split(" is in ")[1].rstrip(".")).read_text().count("no/such/place")
    assert all(line.startswith("  pip: ") for line in rest) and "no/such/place" in rest[0]
    assert start.is_ready(project / ".venv", start.fingerprints(project / "requirements-test.txt"))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("NewConnectionError('... Failed to establish a new connection", "check the network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no build for this Python"),
    ],
)
def test_reason_is_named(line, reason):
    assert reason in next(r for pattern, r in start.PIP_REASONS if re.search(pattern, line))


def test_missing_venv_module_is_told(tmp_path):
    folder = make_project(tmp_path / "p")
    (folder / "venv.py").write_text("raise ImportError(\"No module named 'ensurepip'\")")
    result = run(folder)
    assert result.returncode == 1
    assert re.fullmatch(r"Making \.venv with Python 3[\d.]+\.\n", result.stdout)
    assert "python3-venv" in result.stderr and result.stderr.count("\n") == 1


def test_missing_requirements_are_told(tmp_path):
    folder = make_project(tmp_path / "p")
    (folder / "requirements.txt").unlink()
    result = run(folder)
    assert result.returncode == 1
    assert "requirements.txt" in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--port", "x"], ["tset"], ["--nope"]])
def test_bad_arguments_exit_with_2(arguments):
    with pytest.raises(SystemExit, match="2"):
        start.parse(arguments)


def test_arguments():
    assert start.parse([]).port == 8501
    assert start.parse(["--port", "9000", "--no-browser"]).port == 9000
    options = start.parse(["--fresh", "test", "--port", "-x", "test"])
    assert options.fresh and options.command == "test" and options.port == 8501
    assert options.pytest_args == ["--port", "-x", "test"]


# pip's lines


def test_progress_follows_pip(tmp_path):
    progress = start.PipProgress(tmp_path)
    assert progress.text() == "packages found: 0; fetching their list"
    for line in (
        "Collecting torch==2.13.0 (from -r requirements.txt (line 2))",
        "  Downloading torch-2.13.0-cp311-none-any.whl.metadata (29 kB)",
        "  Downloading torch-2.13.0-cp311-none-any.whl (200.0 MB)",
    ):
        progress.read(line)
    assert progress.text() == "packages found: 1; fetching torch (200.0 MB)"
    progress.read("Progress 50000000 of 200000000")
    assert progress.text() == "packages found: 1; fetching torch (50 of 200 MB)"
    progress.read("Installing collected packages: numpy, torch")
    assert progress.text() == "0 of 2 packages installed"


# The port and the end


@needs_signals
def test_taken_port_gives_the_next_free_one(project):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        app = App(project, "--no-browser", "--port", str(port))
        code = app.end(signal.SIGINT, whole_terminal=True)
    lines = app.output.splitlines()
    assert lines[0] == ".venv is ready."
    found = re.fullmatch(rf"Port {port} is taken; using (\d+), the next free one\.", lines[1])
    assert found and int(found[1]) > port
    assert lines[3] == f"Neural EQ is at http://localhost:{found[1]} (Ctrl-C stops it)."
    assert code == 0


@needs_signals
def test_ctrl_c_stops_cleanly(project):
    port = unused_port()
    app = App(project, "--no-browser", "--port", str(port))
    assert start.answers(port)
    assert app.end(signal.SIGINT, whole_terminal=True) == 0
    assert app.output.splitlines()[-2:] == ["stand-in stops", "Stopped."]
    assert not app.left_a_process
    assert not start.answers(port) and start.is_free(port)


@needs_signals
def test_end_signal_takes_the_app_along(project):
    port = unused_port()
    app = App(project, "--no-browser", "--port", str(port))
    assert app.end(signal.SIGTERM, whole_terminal=False) == 128 + signal.SIGTERM
    assert not app.left_a_process


def test_app_that_ends_by_itself_gives_its_exit_code(project):
    main = next((project / ".venv").rglob("streamlit/__main__.py"))
    main.write_text("raise SystemExit(7)")
    try:
        result = run(project, "--no-browser", "--port", str(unused_port()))
    finally:
        main.write_text(STREAMLIT)
    assert result.returncode == 7
    assert result.stdout.splitlines()[-1].startswith("The app ended before it answered")


def test_no_port_left_is_told(monkeypatch):
    monkeypatch.setattr(start, "is_free", lambda port: False)
    with pytest.raises(start.SetupError, match=r"No port from 65500 to 65535 .* --port"):
        start.free_port(65500)


def test_port_held_without_answering_is_not_free():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(0)
        assert not start.is_free(holder.getsockname()[1])
