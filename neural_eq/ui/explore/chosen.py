"""What is shown of a clicked setting, of a group that a lasso took, of where the puck was left."""

from __future__ import annotations

from collections import Counter

import numpy as np
import streamlit as st

from neural_eq.eq.response import log_frequencies, response_db
from neural_eq.ui import cached, figures, models, state
from neural_eq.ui.explore import selection
from neural_eq.ui.explore.actions import leave_button, setting_buttons
from neural_eq.ui.explore.curves import rms_db, spread_of
from neural_eq.ui.explore.map_picture import MARK_COLOUR
from neural_eq.ui.explore.view import MapView
from neural_eq.ui.explore.words import counts_of
from neural_eq.ui.figures import GREY, Curve, word_styles
from neural_eq.ui.live import curve_chart
from neural_eq.ui.markdown import escaped, heading
from neural_eq.ui.state import NamedSetting

MAX_WORDS_LISTED = 8
N_LISTED, N_WORDS = 10, 3
"""Settings and words that the puck's place is like."""


def draw_setting(view: MapView, row: int) -> None:
    """Draw one setting against its word, its bands, and its nearest in the latent."""
    rows = view.rows
    setting = selection.named(rows, row)
    word = str(rows.terms[row])
    st.subheader(heading(setting.label), anchor=False)
    st.markdown(_origin(view, row))
    curves_db = cached.all_curves(cached.data_key(rows), rows)
    curve_db = response_db(rows.params[row], log_frequencies(cached.N_FREQS))
    of_word = curves_db[rows.terms == word]
    styles = word_styles(view.words)
    colour = styles[word][0] if word in styles else MARK_COLOUR
    curves = [Curve("this setting", curve_db, colour, width=3.5)]
    if len(of_word) > 1:
        spread = spread_of(of_word)
        curves.insert(0, Curve(f"mean of {word}", spread.mean_db, GREY, "dash"))
        from_mean_db = rms_db(spread.mean_db[None], curve_db)[0]
        what = f"{from_mean_db:.1f} dB RMS from the mean of “{escaped(word)}”."
    else:
        spread, what = None, f"The only setting of “{escaped(word)}”."
    curve_chart.draw(
        curves,
        key="setting_curves",
        spoken=f"EQ curve of {setting.label} against the mean and spread of {word}",
        spread=spread.band(f"8 of 10 of {word}", colour) if spread else None,
    )
    st.caption(what)
    setting_buttons(setting, key="setting")
    st.markdown(figures.bands_markdown(rows.params[row]))
    _draw_neighbors(view, row, curves_db, curve_db)
    leave_button("Back to the words", selection.clear)


def _origin(view: MapView, row: int) -> str:
    rows = view.rows
    if rows.is_built_in:
        return "Drawn from SAFE-DB's statistics, so nobody's own."
    known = [str(rows.genres[row]), str(rows.instruments[row])]
    sound = ", ".join(escaped(text) for text in known if text) or "genre and instrument not given"
    return f"By submitter {rows.submitters[row]}: {sound}."


def _draw_neighbors(view: MapView, row: int, curves_db: np.ndarray, curve_db: np.ndarray) -> None:
    """List what the model holds to be nearest, each to be chosen in turn."""
    if view.quality is None:
        st.caption("Its nearest settings follow as soon as the map is ready.")
        return
    nearest = view.quality.neighbors[row]
    if not len(nearest):
        st.caption("It has no neighbours: it is the only setting.")
        return
    st.markdown(
        f"**Nearest {len(nearest)} by the model’s distance**, thin rings on the map; beside each,"
        " how far its curve is (dB RMS)"
    )
    if view.quality.displaced[row]:
        st.caption(":material/warning: This map shows it far from them: rings mark where they are.")
    _list_settings(view, nearest, rms_db(curves_db[nearest], curve_db))


def _list_settings(view: MapView, numbers: np.ndarray, distances_db: np.ndarray) -> None:
    """Draw settings with their distances, each to be chosen in turn."""
    with st.container(horizontal=True, gap="small", key="neighbors"):
        for number, distance_db in zip(numbers.tolist(), distances_db.tolist(), strict=True):
            name = escaped(selection.named(view.rows, number).label)
            st.button(
                f"{name} · {distance_db:.1f} dB", key=f"neighbor_{number}", type="secondary",
                on_click=selection.choose_setting, args=(number,),
            )  # fmt: skip


def draw_played(view: MapView, setting: NamedSetting) -> None:
    """Draw what the puck was let go at: its curve, and the settings and words that it is like."""
    rows, params = view.rows, np.array(setting.params)
    st.subheader(heading(setting.label), anchor=False)
    curves_db = cached.all_curves(cached.data_key(rows), rows)
    curve_db = response_db(params, log_frequencies(cached.N_FREQS))
    distances_db = rms_db(curves_db, curve_db)
    nearest = np.argsort(distances_db, kind="stable")[:N_LISTED]
    name = selection.named(rows, int(nearest[0])).label
    is_used = st.session_state[state.SOURCE] == state.DOT_SOURCE
    st.markdown(
        "This is the EQ in use: the player and the other pages have it." if is_used
        else "The puck was left here; another EQ is in use by now."
    )  # fmt: skip
    curves = [
        Curve(name, curves_db[nearest[0]].astype(np.float64), GREY, "dash"),
        Curve("the puck", curve_db, MARK_COLOUR, width=3.5),
    ]
    curve_chart.draw(
        curves,
        key="played_curves",
        spoken=f"EQ curve of {setting.label} against its nearest setting, {name}",
    )
    centres = cached.word_centres(models.model_ref().key, models.model())
    from_words_db = rms_db(np.stack(list(centres.values())), curve_db)
    words = sorted(zip(from_words_db.tolist(), centres, strict=True))[:N_WORDS]
    listed = ", ".join(f"{escaped(word)} {db:.1f} dB" for db, word in words)
    st.markdown(
        f"Nearest words: {listed}.",
        help="The RMS difference in dB from the curve of each word's centre.",
    )
    setting_buttons(setting, key="played", use="Open on Audio" if is_used else "Use as EQ")
    st.markdown(figures.bands_markdown(params))
    st.markdown(f"**Nearest {len(nearest)} by ear**, and how far their curves are (dB RMS)")
    _list_settings(view, nearest, distances_db[nearest])
    leave_button("Back to the words", selection.clear)


def draw_group(view: MapView, numbers: tuple[int, ...]) -> None:
    """Draw what settings that were taken together have in common."""
    rows, chosen = view.rows, np.array(numbers)
    terms = rows.terms[chosen]
    n_people = len(np.unique(rows.submitters[chosen]))
    st.subheader(f"{len(chosen):,} settings chosen", anchor=False)
    counts = Counter(terms.tolist()).most_common()
    listed = ", ".join(f"{escaped(word)} {n:,}" for word, n in counts[:MAX_WORDS_LISTED])
    more = len(counts) - MAX_WORDS_LISTED
    rest = f" and {more} more word{'s' * (more != 1)}" if more > 0 else ""
    st.markdown(
        f"**{counts_of((len(chosen), n_people), rows)}**, ringed on the map: {listed}{rest}."
    )
    curves_db = cached.all_curves(cached.data_key(rows), rows)[chosen]
    spread = spread_of(curves_db)
    mean_db = spread.mean_db.astype(np.float64)
    params = cached.five_bands(mean_db.tobytes(), mean_db)
    fitted_db = response_db(params, log_frequencies(cached.N_FREQS))
    curves = [
        Curve("mean of the group", mean_db, GREY, "dash"),
        Curve("five bands for it", fitted_db, MARK_COLOUR, width=3.5),
    ]
    curve_chart.draw(
        curves,
        key="group_curves",
        spoken=f"Mean EQ curve and spread of {len(chosen)} chosen settings",
        spread=spread.band("8 of 10 of them", MARK_COLOUR),
    )
    off_db = np.abs(fitted_db - mean_db)
    distances_db = rms_db(curves_db, mean_db)
    best = int(distances_db.argmin())
    middle = selection.named(rows, numbers[best])
    st.caption(
        "A mean of curves is no setting yet. What is used is the five bands that come nearest to"
        f" it: {_distance(np.sqrt((off_db**2).mean()))} RMS off, {_distance(off_db.max())} at most."
        f" The nearest of the group itself, {escaped(middle.label)}, is"
        f" {_distance(distances_db[best])} RMS off."
    )
    label = f"{middle.label}, mean with {len(chosen) - 1} other{'s' * (len(chosen) != 2)}"
    setting_buttons(NamedSetting(label, tuple(params.tolist())), key="group")
    st.markdown(figures.bands_markdown(params))
    leave_button("Back to the words", selection.clear)


def _distance(db: float) -> str:
    return "less than 0.01 dB" if db < 0.01 else f"{db:.2f} dB" if db < 0.1 else f"{db:.1f} dB"
