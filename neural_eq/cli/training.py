"""``train``: a table in; a model, its checkpoints and a picture of the run out."""

from __future__ import annotations

import dataclasses
import shlex
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from neural_eq.cli.history_figure import history_png
from neural_eq.cli.inputs import open_table, tables_in_reach
from neural_eq.cli.judging import print_held_out
from neural_eq.cli.output import check_output, plural, set_aside_lines
from neural_eq.data.safe_db import Dataset, select
from neural_eq.eq.params import FIXED_BOUNDS, PARAMETERS
from neural_eq.errors import ParameterError
from neural_eq.files import written_whole
from neural_eq.model import checkpoint
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.model.config import ModelConfig, TrainConfig, options
from neural_eq.model.training import EpochReport
from neural_eq.model.training import train as train_model

FIGURE_NAME = "training_history_v3.png"
EXIT_INTERRUPTED = 130


def train(args: Namespace) -> int:
    """Train, saving what was learned even if Ctrl-C ends it early."""
    resumed = checkpoint.load(args.resume) if args.resume else None
    config = _config(args, resumed.config if resumed else TrainConfig())
    if resumed and len(resumed.history) >= config.epochs:
        raise ParameterError(
            f"epochs is {config.epochs}, and {args.resume} has had {len(resumed.history)}"
            " already; ask for more with --epochs."
        )
    output: Path = args.output
    figure = output.with_name(FIGURE_NAME)
    check_output(output, option="--output", inputs=tables_in_reach(args.data))
    check_output(figure, option="the picture of the run", inputs=tables_in_reach(args.data))

    print(f"{'=' * 60}\nNeural EQ V3: train on words and their equaliser settings\n{'=' * 60}")
    _say_bounds(config)
    dataset = open_table(args.data)
    _say_selection(dataset, config)
    _say_config(config)
    if resumed:
        print(f"Going on with {args.resume} after {plural(len(resumed.history), 'epoch')}.")
    print(f"Output: {output}\n", flush=True)

    started = time.perf_counter()
    with _stop_asked() as should_stop, _progress(config, resumed) as on_epoch:
        model = train_model(
            dataset,
            config,
            on_epoch,
            should_stop,
            on_checkpoint=lambda snapshot: _save_on_the_way(snapshot, output, config.save_every),
            resume_from=resumed,
        )
        elapsed_s = time.perf_counter() - started
        checkpoint.save(model, output)
        picture = history_png(model.history)
        with written_whole(figure) as file:
            file.write(picture)

    done = len(model.history)
    first = len(resumed.history) if resumed else 0
    print(f"\nTrained {plural(done - first, 'epoch')} in {elapsed_s:.1f} s.")
    print_held_out(model)
    print(f"Model saved to {output}")
    print(f"Training history saved to {figure}")
    if done == config.epochs:
        return 0
    print(f"Stopped after {done} of {plural(config.epochs, 'epoch')}. Go on with:")
    print(f"  {_command_to_go_on(args)}")
    return EXIT_INTERRUPTED


def _config(args: Namespace, start: TrainConfig) -> TrainConfig:
    """``start`` with the options that were given; each is checked by the config itself."""

    def given(config: type) -> dict[str, Any]:
        values = {name: getattr(args, name) for name in options(config)}
        return {name: value for name, value in values.items() if value is not None}

    model = dataclasses.replace(start.model, **given(ModelConfig))
    return dataclasses.replace(start, model=model, **given(TrainConfig))


def _command_to_go_on(args: Namespace) -> str:
    """What to type; the checkpoint itself knows every option of the run."""
    words = ["--resume", str(args.output), "--output", str(args.output)]
    words += ["--data", str(args.data)] if args.data else []
    return f"{args.prog} {shlex.join(words)}"


def _save_on_the_way(model: TrainedModel, output: Path, save_every: int) -> None:
    epoch = len(model.history)
    if save_every and epoch % save_every == 0:
        path = output.with_name(f"{output.stem}_epoch_{epoch}{output.suffix}")
        checkpoint.save(model, path)
        tqdm.write(f"Checkpoint saved to {path}", file=sys.stdout)


@contextmanager
def _stop_asked() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a question that training asks; the second one ends at once."""
    asked = threading.Event()

    def on_interrupt(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(
    config: TrainConfig, resumed: TrainedModel | None
) -> Iterator[Callable[[EpochReport], None]]:
    """Print a line an epoch, above a progress bar where someone watches."""
    done = len(resumed.history) if resumed else 0
    hidden = not sys.stdout.isatty()
    with tqdm(
        total=config.epochs,
        initial=done,
        unit="epoch",
        file=sys.stdout,
        disable=hidden,
        leave=False,
    ) as bar:

        def on_epoch(report: EpochReport) -> None:
            tqdm.write(_epoch_line(report), file=sys.stdout)
            sys.stdout.flush()
            bar.update()

        yield on_epoch


def _epoch_line(report: EpochReport) -> str:
    line = (
        f"Epoch {report.epoch}/{report.epochs}: Recon Loss={report.reconstruction_loss:.6f},"
        f" Contrast Loss={report.contrastive_loss:.4f}, Total={report.total_loss:.6f}"
    )
    if report.held_out_curve_db is not None:
        line += f", Held-out Curve Error={report.held_out_curve_db:.4f} dB"
    return line


def _say_bounds(config: TrainConfig) -> None:
    """What V3 changes, read from the bounds themselves."""
    print("What V3 changes: the normalisation bounds are fixed, where V2 took them from the data.")
    kinds = {p.kind: i for i, p in enumerate(PARAMETERS)}
    for kind, scale in (("gain", "linear"), ("frequency", "logarithmic"), ("q", "logarithmic")):
        index, unit = kinds[kind], PARAMETERS[kinds[kind]].unit
        low, high = FIXED_BOUNDS.minimum[index], FIXED_BOUNDS.maximum[index]
        name = kind.upper() if kind == "q" else kind.capitalize()
        print(f"  {name + ':':<10} {low:,g} to {high:,g}{' ' * bool(unit)}{unit}, {scale}")
    if config.bounds == "data":
        print("  This run takes V2's bounds, from the data (--bounds data).")


def _say_selection(dataset: Dataset, config: TrainConfig) -> None:
    """Say which settings teach what, and which rows are of no use."""
    chosen = select(dataset, min_examples=config.min_examples, keep_junk=config.keep_junk)
    counts = chosen.term_counts()
    print(f"Words to learn: {plural(len(counts), 'word')} with {plural(len(chosen), 'setting')}.")
    print("  " + ", ".join(f"{word} {count}" for word, count in counts.items()))
    left_out = {k: n for k, n in chosen.set_aside.items() if k not in dataset.set_aside}
    if left_out:
        total = plural(sum(left_out.values()), "setting")
        print(f"Without a word to learn: {total}; they teach reconstruction only.")
        for reason, count in left_out.items():
            print(f"  {plural(count, 'setting')}: {reason}")
    for line in set_aside_lines(dataset.set_aside):
        print(line)


def _say_config(config: TrainConfig) -> None:
    print("Configuration:")
    for part in (config, config.model):
        for name, option in options(type(part)).items():
            print(f"  {option.label + ':':<26} {getattr(part, name)}")
