"""What the address carries of settings: the one in use, those from files at the ends of the morph,
the chosen dot, and the words looked for."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.ui import cached
from neural_eq.ui.state import (
    DATA,
    DOT,
    DOT_SOURCE,
    DOTS,
    FIRST_VALUES,
    FOUND_WORDS,
    FOURTH,
    FROM,
    FROM_FILE,
    SOURCE,
    THIRD,
    TO,
    USED_DOT,
    Edit,
    NamedSetting,
    dot_of,
    from_file,
)

EQ, EQ_NAME, PICKED = "eq", "eq_name", "dot"
MAX_NAME_CHARS, MAX_FOUND, MAX_DIGITS = 60, 5, 12
ENDS = (FROM, TO, THIRD, FOURTH)
FROM_LINK = "From a link: "
"""How the name of a setting begins that only the address vouches for."""


def take(state: MutableMapping[Any, Any], params: dict[str, str]) -> list[str]:
    """Take over what is valid; return sentences on what is not."""
    refused = []
    rows, _ = cached.shown_rows(state[DATA])
    if params.get(EQ):
        found = Edit.from_address(params[EQ])
        if found is None:
            refused.append("The EQ is no setting that could be played.")
        else:
            name = params.get(EQ_NAME, "")
            state[USED_DOT], state[SOURCE] = _named(rows, name, found.params), DOT_SOURCE
    refused += _take_ends(state, params)
    if params.get(PICKED):
        row, _, setting_id = params[PICKED].partition("-")
        is_row = row.isascii() and row.isdigit() and len(row) <= MAX_DIGITS
        # of another table, a row of that number would be another setting
        is_known = is_row and int(row) < len(rows) and str(rows.setting_ids[int(row)]) == setting_id
        state[DOT] = int(row) if is_known else None
        if not is_known:
            refused.append("The chosen setting is none of the data in use.")
    words = [word for word in params.get(FOUND_WORDS, "").split("|") if word]
    if known := [word for word in words if word in rows.terms]:
        state[FOUND_WORDS] = known[:MAX_FOUND]
    if unknown := [word for word in words if word not in rows.terms]:
        refused.append(f"{unknown[0][:20]!r} is no word of the data in use.")
    return refused


def _take_ends(state: MutableMapping[Any, Any], params: dict[str, str]) -> list[str]:
    """Take settings from files that are ends of the morph or further words of it."""
    refused = []
    for key in ENDS:
        if not params.get(f"{key}_{EQ}"):
            continue
        found = Edit.from_address(params[f"{key}_{EQ}"])
        if found is None:
            refused.append(f"The setting at {key!r} is none that could be played.")
            state[key] = FIRST_VALUES[key]
            continue
        name = _printable(params.get(key, "").removesuffix(FROM_FILE)) or "a setting"
        dot = from_file(name, found.params, state.get(DOTS) or {})
        state[DOTS] = {**(state.get(DOTS) or {}), dot.label: dot}
        state[key] = dot.label
    return refused


def _named(rows: Dataset, name: str, params: tuple[float, ...]) -> NamedSetting:
    """Name a setting as the map does if it is the map's, else say that the name came along."""
    setting_id = name.rpartition(", setting ")[2]
    if setting_id.isascii() and setting_id.isdigit():
        known = dot_of(rows, int(setting_id[:MAX_DIGITS]))
        if known and known.label == name and np.allclose(known.params, params, rtol=1e-6):
            return known
    return NamedSetting(f"{FROM_LINK}{_printable(name) or 'a setting'}", params)


def _printable(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:MAX_NAME_CHARS].strip()


def for_address(state: MutableMapping[Any, Any]) -> dict[str, str]:
    """Return what the address is to carry of them."""
    params = {}
    used, row = state.get(USED_DOT), state.get(DOT)
    if state.get(SOURCE) == DOT_SOURCE and used is not None:
        params[EQ] = Edit(used.params).for_address()
        params[EQ_NAME] = used.label.removeprefix(FROM_LINK)[:MAX_NAME_CHARS]
    for key in ENDS:
        dot = (state.get(DOTS) or {}).get(state.get(key))
        if dot is not None and dot.label.endswith(FROM_FILE):
            params[key] = dot.label.removesuffix(FROM_FILE)[:MAX_NAME_CHARS] + FROM_FILE
            params[f"{key}_{EQ}"] = Edit(dot.params).for_address()
    rows, _ = cached.shown_rows(state[DATA])
    if row is not None and row < len(rows):
        params[PICKED] = f"{row}-{rows.setting_ids[row]}"
    words = state.get(FOUND_WORDS) or []
    if words and len(words) <= MAX_FOUND and len("|".join(words)) <= 2 * MAX_NAME_CHARS:
        params[FOUND_WORDS] = "|".join(words)
    return params
