"""The command line: ``python -m neural_eq``, and the guide's three scripts.

What a command needs (torch, scipy, matplotlib) is imported when it runs, so that help is quick.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import shlex
import sys
from collections.abc import Sequence

from neural_eq.cli.arguments import command_parser, main_parser
from neural_eq.cli.parts import Parser
from neural_eq.errors import NeuralEqError

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m neural_eq`` and return its exit code.

    Args:
        argv: What follows the program's name; the process's own arguments otherwise.
    """
    return _run(main_parser("python -m neural_eq"), argv)


def script(command: str) -> int:
    """Run one command as a script of its own, named as it was typed; return its exit code."""
    return _run(command_parser(command, prog=f"python {shlex.quote(sys.argv[0])}"), None)


def _run(parser: Parser, argv: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console of few letters is no reason to fail
            stream.reconfigure(errors="replace")
    try:
        args = parser.parse_args(argv)
        module, function = args.run.split(":")
        code = getattr(importlib.import_module(f"neural_eq.cli.{module}"), function)(args)
        sys.stdout.flush()
        return code
    except NeuralEqError as error:
        return _fail(str(error))
    except BrokenPipeError:  # whoever read our output has enough; the last flush must not complain
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except OSError as error:
        return _fail(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return EXIT_INTERRUPTED


def _fail(message: str) -> int:
    print("Error:", " ".join(message.split()), file=sys.stderr)
    return EXIT_BAD_INPUT
