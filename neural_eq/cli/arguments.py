"""What each command takes: names, defaults, units and help, without anything slow to import."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neural_eq import __version__
from neural_eq.cli import preset_arguments
from neural_eq.cli.parts import (
    DATA_HELP,
    DEFAULT_MODEL_NAME,
    WORD_HELP,
    Parser,
    at_least,
    batch_options,
    json_option,
    model_option,
    number,
    setting_options,
    whole_number,
)
from neural_eq.model.config import ModelConfig, Option, TrainConfig, options


def main_parser(prog: str) -> Parser:
    """The parser of all commands."""
    parser = Parser(
        prog=prog,
        description="Neural EQ: words to equalisation, learned from SAFE-DB.",
        epilog="Exit codes: 0 done, 1 some files of a batch failed,"
        " 2 bad input (one sentence says what), 130 stopped by Ctrl-C.",
    )
    parser.add_argument("--version", action="version", version=f"Neural EQ {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (describe, fill) in COMMANDS.items():
        fill(commands.add_parser(name, help=describe, description=_sentence(describe)))
    return parser


def command_parser(name: str, *, prog: str) -> Parser:
    """The parser of one command alone, for a script."""
    describe, fill = COMMANDS[name]
    parser = Parser(prog=prog, description=_sentence(describe))
    fill(parser)
    return parser


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _train(parser: Parser) -> None:
    parser.set_defaults(run="training:train", prog=parser.prog)
    parser.add_argument("--data", type=Path, metavar="CSV", help=DATA_HELP)
    parser.add_argument(
        "--output", type=Path, default=Path(DEFAULT_MODEL_NAME), metavar="FILE",
        help="where the model goes; checkpoints and training_history_v3.png go beside it"
        " (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--resume", type=Path, metavar="FILE",
        help="go on with the run of this checkpoint, with its options; only --epochs and --device"
        " may differ",
    )  # fmt: skip
    _options_of(TrainConfig, parser.add_argument_group("the run"))
    _options_of(ModelConfig, parser.add_argument_group("the model"))


def _options_of(config: type, group: Any) -> None:
    """One argument for each option; absent unless given, so that a resumed run keeps its own."""
    defaults = {f.name: f.default for f in dataclasses.fields(config)}
    for name, option in options(config).items():
        flag, default = f"--{name.replace('_', '-')}", defaults[name]
        rest: dict[str, Any] = {"default": None, "help": _help_of(option, default)}
        if isinstance(default, bool):
            rest["action"] = "store_true"
        elif option.choices:
            rest["choices"] = option.choices
        else:
            is_whole = isinstance(default, int)
            rest |= {
                "type": whole_number if is_whole else number,
                "metavar": "N" if is_whole else "X",
            }
        group.add_argument(flag, **rest)


def _help_of(option: Option, default: Any) -> str:
    notes = []
    if option.minimum is not None and option.maximum is not None:
        notes.append(f"{option.minimum:g} to {_plain(option.maximum)}")
    if option.recommended:
        notes.append(f"recommended: {option.recommended}")
    notes.append("default: off" if default is False else f"default: {default}")
    return f"{option.help} ({'; '.join(notes)})".replace("%", "%%")


def _plain(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


def _report(parser: Parser) -> None:
    parser.set_defaults(run="report:report")
    _judged(parser)


def _evaluate(parser: Parser) -> None:
    parser.set_defaults(run="evaluating:evaluate")
    _judged(parser)
    parser.add_argument(
        "--brief", action="store_true",
        help="leave out words, draws and morphs, which take some seconds",
    )  # fmt: skip
    parser.add_argument(
        "--cross-validate", action="store_true",
        help="also train anew, as the model was trained, and judge on what each training left out",
    )  # fmt: skip
    parser.add_argument(
        "--folds", type=at_least(2), default=5, metavar="N",
        help="with --cross-validate: parts of the table, each left out once (default: 5)",
    )  # fmt: skip
    parser.add_argument(
        "--seeds", type=at_least(1), default=1, metavar="N",
        help="with --cross-validate: repeats, each with folds of its own (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--by", choices=("term", "submitter"), default="term",
        help="with --cross-validate: share out word by word, or keep each person's settings"
        " together (default: term)",
    )  # fmt: skip


def _compare(parser: Parser) -> None:
    parser.set_defaults(run="comparing:compare")
    parser.add_argument("--data", type=Path, metavar="CSV", help=DATA_HELP)
    train, model = options(TrainConfig), options(ModelConfig)
    for name, option, default in (
        ("epochs", train["epochs"], TrainConfig().epochs),
        ("latent-dim", model["latent_dim"], ModelConfig().latent_dim),
        ("min-examples", train["min_examples"], TrainConfig().min_examples),
        ("seed", train["seed"], TrainConfig().seed),
    ):
        parser.add_argument(
            f"--{name}", type=whole_number, default=default, metavar="N",
            help=_help_of(option, default),
        )  # fmt: skip
    parser.add_argument(
        "--keep-junk", action="store_true", help=_help_of(train["keep_junk"], False)
    )
    json_option(parser)


def _judged(parser: Parser) -> None:
    model_option(parser)
    parser.add_argument("--data", type=Path, metavar="CSV", help=DATA_HELP)
    parser.add_argument(
        "--reference", type=Path, metavar="CSV",
        help="table whose settings vote as neighbours in knn5_accuracy_warm_bright"
        " (default: the data itself, each setting left out in turn)",
    )  # fmt: skip
    json_option(parser)


def _reconstruct(parser: Parser) -> None:
    parser.set_defaults(run="judging:reconstruct")
    model_option(parser)
    parser.add_argument("--data", type=Path, metavar="CSV", help=DATA_HELP)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.csv",
        help="table to write: id, term, the 13 parameters in dB, Hz and Q, the latent",
    )  # fmt: skip


def _terms(parser: Parser) -> None:
    parser.set_defaults(run="words:terms")
    model_option(parser)
    parser.add_argument(
        "--data", type=Path, metavar="CSV", help=f"settings that show a word's schools; {DATA_HELP}"
    )
    json_option(parser)


def _morph(parser: Parser) -> None:
    parser.set_defaults(run="words:morph")
    parser.add_argument(
        "--from", dest="start", required=True, metavar="WORD", help=f"at 0: {WORD_HELP}"
    )
    parser.add_argument(
        "--to", dest="end", required=True, metavar="WORD", help=f"at 1: {WORD_HELP}"
    )
    parser.add_argument(
        "--at", type=number, default=0.5, metavar="X",
        help="where between the words, 0 to 1, in equal steps of sound (default: %(default)s)",
    )  # fmt: skip
    setting_options(parser)
    json_option(parser)


def _render(parser: Parser) -> None:
    parser.set_defaults(run="rendering:render")
    parser.add_argument(
        "input", type=Path, metavar="IN",
        help="sound file: WAV, FLAC, OGG, MP3 or AIFF; with --batch, a folder of them",
    )  # fmt: skip
    parser.add_argument(
        "output", type=Path, metavar="OUT",
        help="sound file to write, its kind by its ending; rate, channels and bit depth of IN;"
        " with --batch, a folder",
    )  # fmt: skip
    parser.add_argument(
        "--term", required=True, metavar="WORD", help=f"how it is to sound: {WORD_HELP}"
    )
    parser.add_argument("--to", metavar="WORD", help="second word, to morph towards")
    parser.add_argument(
        "--at", type=number, metavar="X",
        help="with --to: where between the words, 0 to 1, in equal steps of sound (default: 0.5)",
    )  # fmt: skip
    parser.add_argument(
        "--over-time", action="store_true",
        help="with --to: go from the one word to the other over the length of IN",
    )  # fmt: skip
    setting_options(parser)
    parser.add_argument(
        "--no-level-match", dest="level_match", action="store_false",
        help="keep the level as the equaliser leaves it (default: brought back to IN's loudness"
        " in LUFS)",
    )  # fmt: skip
    parser.add_argument(
        "--subtype", metavar="NAME",
        help="sample format, such as PCM_16, PCM_24 or FLOAT (default: IN's, where OUT's kind"
        " has it)",
    )  # fmt: skip
    batch_options(parser)


def _data(parser: Parser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    info = actions.add_parser("info", help="say which table is in use, and what is in it")
    info.set_defaults(run="table:info")
    info.add_argument("--data", type=Path, metavar="CSV", help=DATA_HELP)
    minimum = options(TrainConfig)["min_examples"]
    info.add_argument(
        "--min-examples", type=whole_number, default=TrainConfig().min_examples, metavar="N",
        help=_help_of(minimum, TrainConfig().min_examples),
    )  # fmt: skip
    json_option(info)
    download = actions.add_parser("download", help="fetch the published SAFE-DB table to data/")
    download.set_defaults(run="table:download")


COMMANDS: dict[str, tuple[str, Callable[[Parser], None]]] = {
    "train": ("train a model on a table of settings", _train),
    "report": ("show what a model learned of each word, and how well", _report),
    "evaluate": ("judge a model on a table: errors in dB, clusters, words, morphs", _evaluate),
    "compare": ("train the reference, this model and PCA on one split, side by side", _compare),
    "reconstruct": ("write what a model makes of every setting of a table", _reconstruct),
    "terms": ("list the words that a model knows, and what people mean by them", _terms),
    "morph": ("show the equaliser setting between two words", _morph),
    "render": ("make a sound file sound like a word", _render),
    **preset_arguments.COMMANDS,
    "data": ("say which table is in use, or fetch the published one", _data),
}
"""Each command: what it does, and what fills its parser; ``run`` is the module and function."""
