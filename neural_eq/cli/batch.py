"""``render --batch``: a folder of sound files in, one that sounds like a word out."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from neural_eq.cli.output import check_output, note, plural, print_json
from neural_eq.cli.rendering import check_words, print_asked, setting_asked, words_asked
from neural_eq.data.batch import check_folders, render_folder
from neural_eq.data.batch_names import REPORT_NAME, check_suffix
from neural_eq.data.batch_report import FAILED, MADE, UP_TO_DATE, WAITING, Report
from neural_eq.data.crew import cluster, n_cores, processes
from neural_eq.data.file_rendering import Treatment
from neural_eq.errors import OutputError, ParameterError
from neural_eq.jobs import lock

EXIT_SOME_FAILED = 1
LOCK_NAME = ".neural-eq-batch.lock"
MAX_SHOWN = 20


def render_batch(args: Namespace) -> int:
    """Equalise a folder's files as a word, and say what became of them."""
    check_words(args)
    suffix = f".{args.kind.lower()}" if args.kind else None
    check_suffix(suffix)
    check_folders(args.input, args.output)
    if args.scheduler and args.workers:
        raise ParameterError(
            f"--workers is {args.workers}, and a cluster has as many as it has; leave one of"
            " --workers and --scheduler out."
        )
    crew = cluster(args.scheduler) if args.scheduler else processes(args.workers or n_cores())
    params, n_stopped = setting_asked(args, as_json=args.json)
    if not args.json:
        print(f"EQ: {words_asked(args)}")
        print_asked(params, n_stopped)
    treatment = Treatment(params, label="", level_match=args.level_match, subtype=args.subtype)
    with _alone_in(args.output), _progress() as on_progress:
        report = render_folder(
            args.input,
            args.output,
            treatment,
            crew,
            suffix=suffix,
            again=args.again,
            on_progress=on_progress,
        )
    if args.json:
        print_json({"eq": words_asked(args), **report.to_dict()})
    else:
        _print(report, args.output)
    return EXIT_SOME_FAILED if report.count(FAILED) or report.count(WAITING) else 0


@contextmanager
def _alone_in(output: Path) -> Iterator[None]:
    """Let no other batch write into the folder of results; the system drops the lock at the end."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"OUT is {output}, which cannot be made: {error.strerror}.") from error
    check_output(output / REPORT_NAME, option="the report")
    with lock.held(output / LOCK_NAME, patience_s=0) as got:
        if not got:
            raise OutputError(f"Another batch is writing to {output}; wait for its end.")
        yield


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """Show how much is done and how long the rest will take, where someone watches."""
    with tqdm(
        unit="B", unit_scale=True, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False
    ) as bar:

        def on_progress(done: int, due: int, name: str) -> None:
            bar.total = due
            bar.set_postfix_str(Path(name).name[:30], refresh=False)
            bar.update(done - bar.n)

        yield on_progress


def _print(report: Report, output: Path) -> None:
    print(
        f"Made {plural(report.count(MADE), 'file')} in {report.duration_s:.1f} s;"
        f" {report.count(UP_TO_DATE):,} up to date, {report.count(FAILED):,} failed."
    )
    _print_some("Failed", [e.error for e in report.files.values() if e.state == FAILED])
    if n_waiting := report.count(WAITING):
        print(f"Not made, since the disk gives no room: {plural(n_waiting, 'file')}.")
    if report.left_aside:
        print(f"No sound that can be read here: {_counts(report.left_aside)}.")
    _print_some("Of an earlier run, with no source any more; kept", report.left_over)
    with_notes = sum(bool(e.notes) for e in report.files.values() if e.state == MADE)
    more = f", with notes on {plural(with_notes, 'file')}" if with_notes else ""
    note(f"Report: {output / REPORT_NAME}{more}")


def _print_some(title: str, lines: list[str]) -> None:
    for line in lines[:MAX_SHOWN]:
        print(f"{title}: {line}")
    if len(lines) > MAX_SHOWN:
        print(f"{title}: {len(lines) - MAX_SHOWN:,} more; the report names them.")


def _counts(by_ending: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {ending}" for ending, n in by_ending.items())
