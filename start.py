"""Set up Neural EQ and start it, with nothing but Python: ``python start.py --help``.

This file must parse on Python 2.7, so that it can say in a sentence that such a Python is too
old: no f-strings, annotations or keyword-only arguments here (tests/test_start.py holds that).
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser

OLDEST_PYTHON = (3, 11)
DEFAULT_PORT = 8501
MAX_TEST_WORKERS = 4  # each loads torch by itself
N_PORTS_TRIED = 100
ROOT = os.path.dirname(os.path.abspath(__file__))
STAMP = "neural-eq-stamp.json"
LOG = "install.log"

PIP_REASONS = (  # the first pattern found in pip's output names the cause
    (r"No space left|Errno 28|WinError 112", "the disk is full"),
    (
        r"NewConnectionError|NameResolution|getaddrinfo|timed out|ProxyError|SSLError",
        "the package index cannot be reached, so check the network",
    ),
    (
        r"No matching distribution found for torch",
        "PyTorch has no build for this Python, so try a 64-bit Python 3.11 to 3.14",
    ),
)


class SetupError(Exception):
    """Something that the user can mend; ``str(error)`` is one sentence."""


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def python_fault(version):
    """The sentence about a Python that is too old, or None; ``version`` as in sys.version_info."""
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return None
    found = ".".join(str(part) for part in version[:3])
    return (
        "Neural EQ needs Python %d.%d or newer, but this is Python %s;"
        " install a newer one and start this file with it." % (OLDEST_PYTHON + (found,))
    )


# The environment: what is installed is written in a stamp, which is missing while that changes.


def venv_python(venv):
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(venv, *parts)


def n_installed(venv):
    """How many packages are installed; cheap enough to ask at every start."""
    lib = ("Lib",) if os.name == "nt" else ("lib", "python%d.%d" % sys.version_info[:2])
    try:
        names = os.listdir(os.path.join(venv, *(lib + ("site-packages",))))
    except OSError:
        return 0
    return sum(name.endswith(".dist-info") for name in names)


def fingerprints(requirements):
    """Map the name of a requirements file, and of each file that it includes, to its SHA-256."""
    with open(requirements, "rb") as handle:
        content = handle.read()
    found = {os.path.basename(requirements): hashlib.sha256(content).hexdigest()}
    for included in re.findall(r"^-r\s+(\S+)", content.decode("utf-8"), re.MULTILINE):
        found.update(fingerprints(os.path.join(os.path.dirname(requirements), included)))
    return found


def read_stamp(venv):
    """What was installed, or None if the environment is unfinished or of another Python."""
    try:
        with open(os.path.join(venv, STAMP), "rb") as handle:
            stamp = json.loads(handle.read().decode("utf-8"))
        whole = {"python", "files", "n_installed"} <= set(stamp)
        same_python = whole and stamp["python"] == list(sys.version_info[:2])
        return stamp if same_python and os.path.exists(venv_python(venv)) else None
    except (OSError, ValueError, TypeError):
        return None


def write_stamp(venv, files):
    stamp = {"python": sys.version_info[:2], "files": files, "n_installed": n_installed(venv)}
    partial = os.path.join(venv, STAMP + ".partial")
    with open(partial, "w") as handle:
        json.dump(stamp, handle)
    os.replace(partial, os.path.join(venv, STAMP))


def is_ready(venv, wanted):
    stamp = read_stamp(venv)
    return (
        stamp is not None
        and all(stamp["files"].get(name) == digest for name, digest in wanted.items())
        and n_installed(venv) >= stamp["n_installed"]
    )


@contextlib.contextmanager
def only_one(path):
    """Hold a lock that the system releases even if this process is killed."""
    with open(path, "w") as handle:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise SetupError(
                "Another start.py is setting up .venv; wait until it has finished and start again."
            )
        except OSError:
            pass  # a file system without locks: two set-ups at once are unlikely enough
        yield


def prepare(root, requirements, fresh=False):
    """Make or mend ``root/.venv`` until it holds the requirements; quick when it already does.

    Args:
        root: The folder of the project.
        requirements: The name of a requirements file in it.
        fresh: Make the environment anew whatever it holds.

    Returns:
        The path of the environment's Python.

    Raises:
        SetupError: If Python cannot make an environment, or pip fails.
    """
    venv = os.path.join(root, ".venv")
    wanted = fingerprints(os.path.join(root, requirements))
    if not fresh and is_ready(venv, wanted):
        say(".venv is ready.")
        return venv_python(venv)
    with only_one(os.path.join(root, ".venv.lock")):
        if fresh or read_stamp(venv) is None:
            make_venv(venv)
        stamp = read_stamp(venv)
        os.remove(os.path.join(venv, STAMP))
        say("Installing %s into .venv (the first time takes some minutes)." % requirements)
        started = time.time()
        failure = pip_install(venv, os.path.join(root, requirements))
        # pip failed by itself, so it left what was there in order: the next start builds on that
        write_stamp(venv, stamp["files"] if failure else dict(stamp["files"], **wanted))
        if failure:
            raise SetupError(failure)
        took_s = time.time() - started
        say("Installed; .venv holds %d packages (%d s)." % (n_installed(venv), took_s))
    return venv_python(venv)


def make_venv(venv):
    """Make an empty environment in place of whatever is there, and stamp it as such."""
    anew = ", in place of an unfinished or outdated one" if os.path.exists(venv) else ""
    say("Making .venv with Python %d.%d.%d%s." % (sys.version_info[:3] + (anew,)))
    # the base Python: start.py may itself run on the environment that is to be replaced
    base = getattr(sys, "_base_executable", None) or sys.executable
    command = [base, "-m", "venv", "--clear", venv]
    process = start_process(command, os.path.dirname(venv), pipe=True)
    with stopped_at_the_end(process):
        output = process.communicate()[0].decode("utf-8", "replace").strip()
    if process.returncode:
        if re.search("ensurepip|No module named '?venv", output):
            raise SetupError(
                "This Python has no working venv module, which makes .venv; install it"
                " (on Debian and Ubuntu: the package python3-venv) and start again."
            )
        last_line = output.split("\n")[-1] or "Python gives no reason."
        raise SetupError(".venv could not be made: %s" % last_line)
    write_stamp(venv, {})


# pip, with its many lines turned into one that moves.


class PipProgress(object):
    """What pip is doing, gathered from its lines."""

    def __init__(self, venv):
        self.venv = venv
        self.n_before = n_installed(venv)
        self.n_found = 0
        self.n_to_install = 0
        self.detail = ""

    def read(self, line):
        collecting = re.match(r"\s*Collecting ([\w.-]+)", line)
        downloading = re.match(r"\s*Downloading ([^-\s]+)-\S+(?<!metadata) \((.+)\)", line)
        downloaded = re.match(r"Progress (\d+) of (\d+)", line)
        installing = re.match(r"Installing collected packages: (.+)", line)
        if collecting:
            self.n_found += 1
            self.detail = collecting.group(1)
        elif downloading:
            self.detail = "%s (%s)" % downloading.groups()
        elif downloaded and int(downloaded.group(2)) > 1e6:
            name = self.detail.split(" (")[0]
            n_mb = tuple(int(n_bytes) / 1e6 for n_bytes in downloaded.groups())
            self.detail = "%s (%.0f of %.0f MB)" % ((name,) + n_mb)
        elif installing:
            self.n_to_install = len(installing.group(1).split(", "))

    def text(self):
        if not self.n_to_install:
            return "packages found: %d; fetching %s" % (self.n_found, self.detail or "their list")
        n_done = min(max(n_installed(self.venv) - self.n_before, 0), self.n_to_install)
        return "%d of %d packages installed" % (n_done, self.n_to_install)


def pip_install(venv, requirements):
    """Run pip; return None, or what went wrong, as a sentence and pip's own last lines."""
    pip = [venv_python(venv), "-m", "pip"]
    folder = os.path.dirname(requirements)
    process = start_process(pip + ["--version"], folder, pipe=True)
    version = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode:
        raise SetupError(".venv has no working pip; start again, which makes .venv anew.")
    knows_raw = tuple(int(part) for part in re.findall(r"\d+", version)[:2]) >= (24, 1)
    pip += ["install", "--no-input", "--disable-pip-version-check", "--prefer-binary"]
    pip += ["--progress-bar", "raw" if knows_raw else "off", "-r", requirements]

    progress = PipProgress(venv)
    lines = []

    def read():
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            progress.read(line)
            if line and not line.startswith("Progress "):
                lines.append(line)

    process = start_process(pip, folder, pipe=True)
    reader = threading.Thread(target=read)
    reader.daemon = True
    with stopped_at_the_end(process):
        reader.start()
        show_while(process, progress.text)
        reader.join()
    process.stdout.close()
    output = "\n".join(lines)
    with open(os.path.join(venv, LOG), "w", encoding="utf-8") as log:
        log.write(output + "\n")
    if process.returncode == 0:
        return None
    reason = [sentence for pattern, sentence in PIP_REASONS if re.search(pattern, output)]
    last = [line for line in lines if line.startswith("ERROR")] or lines
    return "pip could not install %s%s; the whole log is in %s.\n%s" % (
        os.path.basename(requirements),
        ": " + reason[0] if reason else "",
        os.path.join(venv, LOG),
        "\n".join("  pip: " + line for line in last[-5:]),
    )


def show_while(process, text):
    """Show what ``text()`` says until the process ends: a moving line, or a line each 10 s."""
    moving = sys.stdout.isatty()
    started = time.time()
    next_line_s = 10
    while process.poll() is None:
        time.sleep(0.1)
        elapsed_s = time.time() - started
        line = "  %s, %d s" % (text(), elapsed_s)
        if moving:
            width = shutil.get_terminal_size().columns - 1
            sys.stdout.write("\r" + line[:width].ljust(width))
            sys.stdout.flush()
        elif elapsed_s >= next_line_s:
            say(line)
            next_line_s += 10
    if moving:
        sys.stdout.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
        sys.stdout.flush()


# The processes that this one starts, and the app and the tests among them.


def start_process(command, folder, pipe=False):
    """Start a program that sees no other Python's packages; ``pipe`` keeps its output for us."""
    environment = dict(os.environ, PYTHONUNBUFFERED="1", PIP_USER="0")
    for name in ("PYTHONHOME", "PYTHONPATH"):
        environment.pop(name, None)
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if pipe else {}
    return subprocess.Popen(command, cwd=folder, env=environment, **output)


@contextlib.contextmanager
def stopped_at_the_end(process):
    """Leave no process behind, however the block ends."""
    try:
        yield
    except KeyboardInterrupt:
        # the terminal has told the child too: give it the time to end by itself
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
        raise
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(port):
    """Whether something listens on a port of this machine."""
    for host in ("127.0.0.1", "::1"):  # a browser may try either for "localhost"
        with contextlib.suppress(OSError):
            # Windows takes 2 s to refuse, while a listener here is reached at once
            socket.create_connection((host, port), 0.1).close()
            return True
    return False


def is_free(port):
    """Whether the app can listen on a port of this machine, and nothing else does."""
    if answers(port):
        return False
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        if os.name == "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # as the server does, or a port just left would count as taken for a minute
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(port):
    """The first free port from ``port`` on.

    Raises:
        SetupError: If none of the next hundred is free.
    """
    last = min(port + N_PORTS_TRIED - 1, 65535)
    for candidate in range(port, last + 1):
        if is_free(candidate):
            return candidate
    raise SetupError(
        "No port from %d to %d can be used; choose another with --port." % (port, last)
    )


def serve(python, root, port, may_open_browser):
    """Run the app until it ends or Ctrl-C; return its exit code."""
    chosen = free_port(port)
    if chosen != port:
        say("Port %d is taken; using %d, the next free one." % (port, chosen))
    say("Starting the app.")
    command = [python, "-m", "streamlit", "run", "app.py", "--server.address", "localhost"]
    command += ["--server.port", str(chosen), "--server.headless", "true"]
    process = start_process(command + ["--logger.hideWelcomeMessage", "true"], root)
    try:
        with stopped_at_the_end(process):
            while process.poll() is None and not answers(chosen):
                time.sleep(0.1)
            if process.poll() is not None:
                say("The app ended before it answered; its own messages stand above.")
                return process.returncode
            url = "http://localhost:%d" % chosen
            say("Neural EQ is at %s (Ctrl-C stops it)." % url)
            if may_open_browser and has_desktop():
                webbrowser.open(url)
            return process.wait()
    except KeyboardInterrupt:
        say("Stopped.")
        return process.returncode


def has_desktop():
    """Whether someone sits at this terminal with a screen on which a browser can open."""
    on_x = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.stdout.isatty() and bool(on_x or os.name == "nt" or sys.platform == "darwin")


def run_tests(python, root, pytest_args):
    """Run pytest, over the cores unless tests are chosen; return its exit code."""
    say("Running the tests.")
    command = [python, "-m", "pytest"] + pytest_args
    if all(arg.startswith("--") for arg in pytest_args):
        n_workers = min(os.cpu_count() or 1, MAX_TEST_WORKERS)
        # tests/conftest.py keeps the browser's tests together; they take longest and go first
        command += ["-n", str(n_workers), "--no-loadscope-reorder"]
        # each worker has a core: threads of its arithmetic would only wait for one another's
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    process = start_process(command, root)
    try:
        with stopped_at_the_end(process):
            return process.wait()
    except KeyboardInterrupt:
        return process.returncode


def port_number(text):
    if text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError("port is %s; it must be a number from 1 to 65535" % text)


def parse(argv):
    """Read the command line; whatever follows ``test`` is pytest's."""
    parser = argparse.ArgumentParser(
        usage="python start.py [--port N] [--no-browser] [--fresh]\n"
        "       python start.py [--fresh] test [pytest's arguments ...]",
        description="Set up Neural EQ in .venv where that is not done yet, and start it.",
    )
    parser.add_argument(
        "command", nargs="?", choices=["test"], help="run every test instead of the app"
    )
    parser.add_argument(
        "--port", type=port_number, default=DEFAULT_PORT, metavar="N",
        help="port of the app, 1 to 65535; if taken, the next free one (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--fresh", action="store_true", help="make .venv anew first")
    end = argv.index("test") + 1 if "test" in argv else len(argv)
    options = parser.parse_args(argv[:end])
    options.pytest_args = argv[end:]
    return options


def end_by_signal(number, frame):
    sys.exit(128 + number)


def main(argv):
    fault = python_fault(sys.version_info)
    if fault:
        sys.stderr.write(fault + "\n")
        return 1
    options = parse(argv)
    sys.stdout.reconfigure(errors="replace")
    sys.stderr.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, end_by_signal)
    try:
        requirements = "requirements-test.txt" if options.command else "requirements.txt"
        python = prepare(ROOT, requirements, options.fresh)
        if options.command:
            code = run_tests(python, ROOT, options.pytest_args)
        else:
            code = serve(python, ROOT, options.port, not options.no_browser)
        return code if code >= 0 else 128 - code
    except SetupError as error:
        sys.stderr.write("%s\n" % error)
    except OSError as error:
        sys.stderr.write("Set-up failed: %s.\n" % error)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped during the set-up; the next start does it anew.\n")
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
