"""``export``, ``import`` and ``formats``: presets for other software, and from it."""

from __future__ import annotations

import hashlib
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from neural_eq import __version__
from neural_eq.cli.inputs import model_file, open_model, open_table
from neural_eq.cli.output import check_output, note, plural, print_json
from neural_eq.cli.setting import DEFAULT_ROUTE, chosen_setting, named_point, print_setting
from neural_eq.data.demo import built_in_dataset
from neural_eq.eq.params import format_bands
from neural_eq.errors import ParameterError
from neural_eq.files import written_whole
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.presets.earlier import setting_values
from neural_eq.presets.formats import FORMATS, Format, check_rate, format_of, write_format
from neural_eq.presets.opening import Opened, open_preset
from neural_eq.presets.preset import Preset
from neural_eq.presets.proof import EXACT_DB, Proof, prove
from neural_eq.presets.text import MAX_BYTES, too_large
from neural_eq.presets.vocabulary import write_vocabulary

_N_SAMPLES = 8
DEFAULT_AT = 0.5
_OF_ONE_SETTING = {"--from": "start", "--to": "end", "--at": "at", "--route": "route"}


def export(args: Namespace) -> int:
    """Write one setting, or every word, in a format, and say how exactly it is held."""
    chosen = format_of(args.format_id)
    _check_rate(args.rate)
    if args.is_all:
        return _export_all(args)
    if args.start is None:
        raise ParameterError("export needs --from with a word, or --all.")
    if args.strengths is not None:
        raise ParameterError("--strengths goes with --all; --strength is that of one setting.")
    if args.at is not None and args.end is None:
        raise ParameterError(f"--at is {args.at:g}, and there is no --to; name a second word.")
    if args.output is None and chosen.media_type == "image/png":
        raise ParameterError("A picture cannot be printed; name a file with --output.")
    if args.output:
        if args.output.suffix.lower() == ".zip":
            raise ParameterError(
                f"--output is {args.output}, and one setting is no zip; end it in {chosen.suffix},"
                " or give --all."
            )
        check_output(args.output, option="--output", inputs=(args.model, args.data))
    quiet = args.output is None
    model, _ = open_model(args.model, as_json=quiet)
    preset, n_stopped = _preset(args, model)
    content = write_format(preset, chosen.id, sample_rate=args.rate)
    proof = prove(preset, chosen.id, sample_rate=args.rate)
    if args.output is None:
        print(content.decode(), end="")
    else:
        with written_whole(args.output) as file:
            file.write(content)
        print(f"EQ: {preset.name}")
        print_setting(preset.params, n_stopped)
    note(_proof_line(chosen, proof), as_json=quiet)
    note(f"To load it: {chosen.use}", as_json=quiet)
    if args.output:
        print(f"Wrote {args.output}")
    return 0


def _preset(args: Namespace, model: TrainedModel) -> tuple[Preset, int]:
    """The setting asked for with what it means, and how many gains hit 12 dB."""
    at = DEFAULT_AT if args.at is None else args.at
    quiet = args.output is None
    tables: list[Any] = []

    def table():
        tables[:] = tables or [open_table(args.data, as_json=quiet)]
        return tables[0]

    params, n_stopped = chosen_setting(
        model, start=args.start, end=args.end, at=at, strength=args.strength, route=args.route,
        open_data=table,
    )  # fmt: skip
    ends = [named_point(model, name, table) for name in (args.start, args.end) if name is not None]
    label = " → ".join(point.label for point in ends)
    meaning: dict[str, Any] = {"mode": "word" if args.end is None else "morph"}
    for letter, point in zip("ab", ends, strict=False):
        word, _, school = point.label.partition(": ")
        meaning[f"term_{letter}"] = word
        meaning |= {f"school_{letter}": school} if school else {f"n_{letter}": model.terms[word].n}
    if args.end is not None:
        label += f", {100 * at:g} %"
        meaning |= {"t": at, "route": args.route or DEFAULT_ROUTE}
    meaning["strength"] = args.strength
    if args.strength != 1:
        label += f", strength {args.strength:g}"
    preset = Preset(
        label, params, created=datetime.now(UTC).isoformat(timespec="seconds"), meaning=meaning,
        provenance=_provenance(args.model, model),
    )  # fmt: skip
    return preset, n_stopped


def _provenance(path: Path | None, model: TrainedModel) -> dict[str, Any]:
    digest = hashlib.sha256(model_file(path).read_bytes()).hexdigest()
    return {
        "app": "Neural EQ", "app_version": __version__, "model_sha256": digest,
        "dataset_sha256": model.data_fingerprint, "seed": model.config.seed,
    }  # fmt: skip


def _check_rate(rate: int) -> None:
    try:
        check_rate(rate)
    except ParameterError as error:
        raise ParameterError(f"--rate: {error}") from error


def _export_all(args: Namespace) -> int:
    for option, name in _OF_ONE_SETTING.items():
        if getattr(args, name) is not None:
            raise ParameterError(f"{option} and --all exclude each other; leave one out.")
    if args.strength != 1:
        raise ParameterError("--strength is that of one setting; give --strengths with --all.")
    if args.output is None:
        raise ParameterError("--all needs a file for its zip; name it with --output.")
    check_output(args.output, option="--output", inputs=(args.model, args.data))
    model, _ = open_model(args.model)
    data = open_table(args.data)
    hidden = not sys.stdout.isatty()
    with tqdm(total=100, unit="%", file=sys.stdout, disable=hidden, leave=False) as bar:
        made = write_vocabulary(
            model, args.output, format_id=args.format_id,
            strengths=[1.0] if args.strengths is None else args.strengths, data=data,
            provenance=_provenance(args.model, model),
            on_progress=lambda share, stage: bar.update(round(100 * share) - bar.n),
        )  # fmt: skip
    print(
        f"{plural(made.n_words, 'word')} and {plural(made.n_schools, 'school')} of them,"
        f" {plural(made.n_files, 'file')}."
    )
    for text in made.notes:
        print(f"Note: {text}")
    print(_proof_line(FORMATS[args.format_id], made.proof))
    print(f"Wrote {args.output}")
    return 0


def _proof_line(chosen: Format, proof: Proof) -> str:
    reason = f" {proof.reason}" if proof.reason else ""
    return f"Read back as {chosen.label}: {_deviation(proof.worst_db)}, 20 Hz to 20 kHz.{reason}"


def _deviation(worst_db: float) -> str:
    if worst_db < 0.001:
        return "within 0.001 dB of the setting"
    return f"{worst_db:.3f} dB from the setting at worst"


def import_(args: Namespace) -> int:
    """Read a file of any known format, say what it took, and write it if asked to."""
    chosen = format_of(args.format_id)
    _check_rate(args.rate)
    if args.output:
        check_output(args.output, option="--output", inputs=(args.file,))
    with args.file.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise too_large(args.file.name, args.file.stat().st_size, MAX_BYTES)
    opened = open_preset(content, name=args.file.name)
    if args.output:
        written = write_format(opened.preset, chosen.id, sample_rate=args.rate)
        with written_whole(args.output) as file:
            file.write(written)
    if args.json:
        print_json(
            {
                "file": str(args.file), "read_as": opened.format_label,
                "name": opened.preset.name, "worst_db": opened.worst_db,
                "notes": list(opened.notes), **setting_values(opened.preset.params),
            }
        )  # fmt: skip
    else:
        _print_opened(opened)
    if args.output:
        note(f"Wrote {args.output}, {chosen.label}", as_json=args.json)
    return 0


def _print_opened(opened: Opened) -> None:
    print(f"Read as {opened.format_label}: {opened.preset.name}")
    for line in format_bands(opened.preset.params):
        print(f"  {line}")
    if opened.worst_db:
        print(f"At most {opened.worst_db:.2f} dB from the file's curve, 20 Hz to 20 kHz.")
    elif opened.notes:
        print("The five bands are as the file has them; what else became of it:")
    else:
        print("Exact: five bands, as the file has them.")
    for text in opened.notes:
        print(f"Note: {text}")


def formats(args: Namespace) -> int:
    """List every format, with the worst deviation over some settings of the built-in set."""
    samples = [Preset("sample", params) for params in built_in_dataset().params[:_N_SAMPLES]]
    worst_db = {key: max(prove(preset, key).worst_db for preset in samples) for key in FORMATS}
    if args.json:
        print_json(
            {
                "n_settings": _N_SAMPLES,
                "formats": [
                    {
                        "id": f.id, "label": f.label, "suffix": f.suffix, "opens": f.opens,
                        "needs_rate": f.needs_rate, "worst_db": worst_db[f.id],
                        "limit": f.limit, "use": f.use,
                    }
                    for f in FORMATS.values()
                ],
            }
        )  # fmt: skip
        return 0
    width = max(map(len, FORMATS))
    label_width = max(len(f.label) for f in FORMATS.values())
    print(f"{'--format':<{width}}  {'what it is':<{label_width}}  opens here  worst deviation")
    for f in FORMATS.values():
        opens = "yes" if f.opens else "no"
        worst = worst_db[f.id]
        held = "below 0.001 dB" if worst < 0.001 else f"{worst:.3f} dB"
        limit = f"  {f.limit}" if worst > EXACT_DB else ""
        print(f"{f.id:<{width}}  {f.label:<{label_width}}  {opens:<10}  {held:<14}{limit}".rstrip())
    print(
        f"Deviations: read back and compared over {_N_SAMPLES} settings, 20 Hz to 20 kHz at 48 kHz."
    )
    return 0
