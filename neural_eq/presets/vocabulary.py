"""The whole vocabulary as presets: every word, and every way people mean it, in one zip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neural_eq import __version__
from neural_eq.data.safe_db import Dataset
from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.errors import ParameterError, TermError
from neural_eq.files import written_whole
from neural_eq.latent.terms import Point, describe_word, stopped_gains, with_strength, word_point
from neural_eq.model.checkpoint import TrainedModel
from neural_eq.presets.archive import write_zip, written
from neural_eq.presets.formats import RATES, Format, format_of
from neural_eq.presets.preamp import preamp_db
from neural_eq.presets.preset import Preset
from neural_eq.presets.proof import EXACT_DB, Proof, prove

README_NAME = "README.txt"
BY_HAND = "by hand"
"""What a format says of its preamp where the user must turn the level down."""

MAX_STRENGTHS = 12

OnProgress = Callable[[float, str], None]
"""Called with the share that is done, 0 to 1, and what is being done; may raise to end it."""


@dataclass(frozen=True)
class Vocabulary:
    """What was written.

    Attributes:
        n_words: Words of the model.
        n_schools: Schools of them.
        n_files: Files of presets in the zip.
        proof: The worst of all of them.
        notes: One sentence for each thing that is not as one might think.
    """

    n_words: int
    n_schools: int
    n_files: int
    proof: Proof
    notes: tuple[str, ...]


def write_vocabulary(
    model: TrainedModel, path: Path, *, format_id: str, strengths: Sequence[float],
    data: Dataset | None = None, provenance: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
) -> Vocabulary:  # fmt: skip
    """Write every word of a model as presets into one zip, with a text that says what it is.

    Args:
        model: Whose words are written.
        path: Of the zip; an earlier one stays as it was until this one is whole.
        format_id: One of ``FORMATS``.
        strengths: One or more, -1 to 2; 1 is a word as people use it.
        data: Settings in which the schools of each word are sought; none are without it.
        provenance: What else the presets are to say of model and data.
        on_progress: Hears how far it is.

    Raises:
        ParameterError: If there is no such format, no strength, or one is out of range.
        OutputError: If the zip cannot be written.
    """
    format_ = format_of(format_id)
    chosen = _checked(strengths)
    hear = on_progress or _silent
    points, notes = _points(model, data, hear)
    presets = [
        _preset(model, point, meaning, strength=strength, provenance=provenance or {})
        for point, meaning in points
        for strength in chosen
    ]
    n_stopped = sum(
        stopped_gains(point.params, strength) > 0 for point, _ in points for strength in chosen
    )
    if n_stopped:
        notes.append(
            f"In {n_stopped} of {len(presets)} presets a gain would pass 12 dB at its strength and"
            " stops there."
        )
    if format_.preamp == BY_HAND:
        notes.append(f"The files hold no preamp: {README_NAME} says how far to turn each down.")
    worst = _worst(presets, format_, hear)
    hear(0.9, "Writing the zip")
    readme = _readme(model, presets, points, format_, chosen, worst, notes)
    with written_whole(Path(path)) as file:
        # a mark at the start, so that every editor reads it as UTF-8
        first = [(README_NAME, readme.encode("utf-8-sig"))]
        n_files = write_zip(file, _chained(first, written(presets, format_id))) - 1
    hear(1.0, "Done")
    n_words = len(model.terms)
    return Vocabulary(n_words, len(points) - n_words, n_files, worst, tuple(notes))


def _worst(presets: Sequence[Preset], format_: Format, hear: OnProgress) -> Proof:
    """Read every file back; what a single one asks of its user is said elsewhere."""
    worst_db = 0.0
    for done, preset in enumerate(presets):
        hear(0.5 + 0.4 * done / len(presets), f"Checking {preset.name}")
        proofs = [prove(preset, format_.id, sample_rate=rate) for rate in _rates(format_)]
        worst_db = max(worst_db, *(proof.worst_db for proof in proofs))
    return Proof(worst_db, format_.limit if worst_db > EXACT_DB else "")


def _rates(format_: Format) -> Sequence[int]:
    return RATES if format_.needs_rate else (REFERENCE_SAMPLE_RATE,)


def _silent(share: float, stage: str) -> None:
    return None


def _chained(
    first: Iterable[tuple[str, bytes]], then: Iterable[tuple[str, bytes]]
) -> Iterable[tuple[str, bytes]]:
    yield from first
    yield from then


def _checked(strengths: Sequence[float]) -> list[float]:
    chosen = list(dict.fromkeys(float(strength) for strength in strengths))
    if not 1 <= len(chosen) <= MAX_STRENGTHS:
        raise ParameterError(
            f"There are {len(chosen)} strengths; give one to {MAX_STRENGTHS}, such as 0.5 and 1."
        )
    for strength in chosen:
        if not -1 <= strength <= 2 or not math.isfinite(strength):
            raise ParameterError(f"strength is {strength:g}; it must lie within -1 to 2.")
    return chosen


def _points(
    model: TrainedModel, data: Dataset | None, hear: OnProgress
) -> tuple[list[tuple[Point, dict[str, Any]]], list[str]]:
    """Every word, each followed by its schools, with what a preset of it means."""
    points: list[tuple[Point, dict[str, Any]]] = []
    lacking = []
    for done, (word, summary) in enumerate(model.terms.items()):
        hear(0.5 * done / len(model.terms), f"Looking at “{word}”")
        meaning = {"mode": "word", "term_a": word, "n_a": int(summary.n)}
        points.append((word_point(model, word), meaning))
        if data is None:
            continue
        try:
            schools = describe_word(model, data, word).schools
        except TermError:
            lacking.append(word)
            continue
        if len(schools) > 1:
            points += [
                (school.centre, {**meaning, "school_a": school.name, "n_a": school.n})
                for school in schools
            ]
    notes = []
    if lacking and data is not None:
        notes.append(
            f"{data.origin} has no setting of {', '.join(lacking)}, so no school of"
            f" {'it' if len(lacking) == 1 else 'them'} is here."
        )
    return points, notes


def _preset(
    model: TrainedModel, point: Point, meaning: Mapping[str, Any], *, strength: float,
    provenance: Mapping[str, Any],
) -> Preset:  # fmt: skip
    name = point.label if strength == 1 else f"{point.label}, strength {strength:g}"
    origin = {"app": "Neural EQ", "app_version": __version__}
    origin["dataset_sha256"] = model.data_fingerprint
    return Preset(
        name=name,
        params=with_strength(point.params, strength),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        meaning={**meaning, "strength": strength, "latent": point.latent.tolist()},
        provenance={**origin, **provenance},
    )


def _readme(
    model: TrainedModel, presets: Sequence[Preset],
    points: Sequence[tuple[Point, Mapping[str, Any]]], format_: Format,
    strengths: Sequence[float], worst: Proof, notes: Sequence[str],
) -> str:  # fmt: skip
    n_words = len(model.terms)
    n_schools = len(points) - n_words
    what = f"{n_words} word{'s' * (n_words != 1)}"
    if n_schools:
        what += f" and {n_schools} ways in which people mean them"
    named = ", ".join(f"{strength:g}" for strength in strengths)
    lines = [
        "Neural EQ: words as equaliser presets",
        "",
        f"{len(presets)} presets for {format_.label}: {what}, at strength {named}.",
        "Strength 1 is a word as people use it on average, 0.5 half its gain in dB, 2 twice it,"
        " -1 the opposite.",
        *(["There is one file for each sample rate; take your device's."] * format_.needs_rate),
        "",
        f"To load one: {format_.use}",
        "",
        f"Every file was read back by the rules of {format_.label}: at worst"
        f" {'< 0.001' if worst.worst_db < 0.001 else f'{worst.worst_db:.3f}'} dB from what"
        " Neural EQ plays, 20 Hz to 20 kHz.",
        *([worst.reason] * bool(worst.reason)),
        *notes,
        "",
        f"Learned from {model.data_origin}; the words and how many settings each rests on:",
        "",
        *(
            f"  {'  ' if 'school_a' in meaning else ''}{point.label}: {meaning['n_a']}"
            for point, meaning in points
        ),
        "",
        *preamps(presets, format_),
    ]
    return "\r\n".join(lines)


def preamps(presets: Sequence[Preset], format_: Format) -> list[str]:
    """How far each preset is to be turned down, where its file cannot say it."""
    if format_.preamp != BY_HAND:
        return []
    lines = ["Turn the level down by this before the equaliser, so that nothing clips:", ""]
    for preset in presets:
        level_db = min(preamp_db(preset.params, rate) for rate in _rates(format_))
        lines.append(f"  {preset.name}: {level_db:.1f} dB")
    return [*lines, ""]
