"""The player in a real browser: it plays on, follows the hand, and sounds as Python does."""

from __future__ import annotations

import base64
import json
import math
import re
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from neural_eq.eq.gliding import render_along
from neural_eq.eq.loudness import integrated_loudness_lufs
from neural_eq.eq.params import DEFAULT, GAIN_COLUMNS, LOG_COLUMNS, PARAMETERS
from neural_eq.eq.render import filter_audio
from neural_eq.latent.morphing import morph
from neural_eq.latent.terms import word_point
from neural_eq.model.checkpoint import load
from neural_eq.ui.sound import scripts
from tests.browser.driver import ROOT

pytestmark = pytest.mark.browser

# A second worklet at the output writes down where it was silent, from the first sound on; only
# what a constant beside it did come through counts, so that a browser out of breath does not
TAP = """
class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    Object.assign(this, { n: 0, quiet: 0, silences: [] });
    this.port.onmessage = () => this.port.postMessage({ n: this.n, silences: this.silences });
  }
  process([[heard], [constant]]) {
    if (!constant?.[0] || (!this.n && !heard?.some((value) => value !== 0))) return true;
    for (let i = 0; i < 128; i++) {
      this.n += 1;
      this.quiet = heard && heard[i] !== 0 ? 0 : this.quiet + 1;
      if (this.quiet === 64) this.silences.push([this.n, heard ? "silence" : "no input"]);
    }
    return true;
  }
}
registerProcessor("tap", Tap);
"""
START_TAP = """async (source) => {
  const {engine} = __neuralEqDock1;
  const {context, voice: {node}} = engine;
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  await context.audioWorklet.addModule(url);
  window.tap = new AudioWorkletNode(context, "tap", {numberOfInputs: 2, numberOfOutputs: 0});
  node.connect(window.tap, 0);
  const constant = new ConstantSourceNode(context);
  constant.connect(window.tap, 0, 1);
  constant.start();
  window.tapped = {context, node, constant};
}"""
READ_TAP = """() => new Promise((resolve) => {
  window.tap.port.onmessage = ({data}) => resolve(data);
  window.tap.port.postMessage("read");
})"""
IS_TAPPED = """() => window.tapped?.context === __neuralEqDock1.engine.context
  && window.tapped.node === __neuralEqDock1.engine.voice.node"""


def choose_clip(app, name: str) -> None:
    app.page.get_by_role("combobox", name="Sound that plays").select_option(label=name)
    app.page.wait_for_function(
        "key => __neuralEqDock1.engine.sound.key.startsWith(key)",
        arg=name.lower().replace(" ", "_"),
    )


def drag(app, slider, to: float, *, steps: int = 20, while_s: float = 0.0) -> None:
    """Drag a slider from where it is to a share of its width, and let go.

    Args:
        steps: Moves on the way there.
        while_s: How long to go to and fro before.
    """
    app.drawn()
    slider.hover()  # which waits until it stands still
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    low, high, now = (float(slider.get_attribute(k) or 0) for k in ("min", "max", "value"))
    now = float(slider.input_value())
    start = (now - low) / (high - low)
    mouse = app.page.mouse
    mouse.move(box["x"] + 8 + start * (box["width"] - 16), y)
    mouse.down()
    ends = time.monotonic() + while_s
    while time.monotonic() < ends:
        share = 0.5 + 0.5 * math.sin(2 * (ends - time.monotonic()))
        mouse.move(box["x"] + 8 + share * (box["width"] - 16), y)
    for k in range(1, steps + 1):
        share = start + (to - start) * k / steps
        mouse.move(box["x"] + 8 + share * (box["width"] - 16), y)
    mouse.up()


COUNT_CONTEXTS = """window.nContexts = 0;
window.AudioContext = class extends AudioContext {
  constructor(...given) { super(...given); window.nContexts += 1; }
};"""
DRAG_S = 30


def test_the_music_plays_on_through_everything(new_tab, faulty_address):
    app = new_tab(faulty_address)
    app.page.add_init_script(COUNT_CONTEXTS)
    app.open("/")
    choose_clip(app, "Pink noise")
    app.play()
    app.page.evaluate(START_TAP, TAP)
    app.go("Morph")
    slider = app.page.get_by_role("slider", name="Morph")
    drag(app, slider, 0.9, while_s=DRAG_S)
    app.drawn()
    app.page.get_by_role("button", name="Swap").click()
    app.drawn()
    app.go("Audio")
    note = app.page.get_by_text("Level-matched: the EQ")
    expect(note).to_be_visible()
    app.page.get_by_text("Level-matched", exact=True).click()
    expect(note).to_have_count(0)  # a page that is still asked for would make a step of its own
    app.drawn()
    for move, title in (("go_back", "Morph"), ("go_forward", "Audio")):
        getattr(app.page, move)()
        expect(app.title()).to_have_text(title)
        app.drawn()
    app.go("Train")
    field = app.page.get_by_role("spinbutton", name="Epochs")
    field.fill("3")
    field.press("Tab")
    app.drawn()
    app.page.get_by_role("button", name="Start training").click()
    app.page.go_back()
    expect(app.title()).to_have_text("Audio")
    app.page.emulate_media(color_scheme="dark")
    app.go("Compare")
    expect(app.page.get_by_text("RuntimeError")).to_be_visible()
    app.go("Presets")
    app.go("Explore")
    app.plays()
    assert app.page.evaluate(IS_TAPPED), "the context or the source was made anew"
    assert app.page.evaluate("nContexts") == 1
    heard = app.page.evaluate(READ_TAP)
    assert heard["n"] > DRAG_S * 44100
    assert heard["silences"] == [], "the sound stopped for a while"


def test_a_drag_is_heard_before_python_hears_of_it(app):
    app.open("/morph")
    app.play()
    slider = app.page.get_by_role("slider", name="Morph")
    app.hears("warm → bright, 50 %, strength 1.00")
    app.drawn()
    slider.hover()
    box = slider.bounding_box()
    app.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2, steps=5)
    app.hears("warm → bright, 100 %, strength 1.00")
    expect(app.page.get_by_role("heading", level=3).first).to_contain_text("50 %")
    app.page.mouse.up()
    expect(app.page.get_by_role("heading", level=3).first).to_contain_text("100 %")
    app.hears("warm → bright, 100 %, strength 1.00")
    # the curve, the bands and the gauge went along
    gain = app.page.get_by_role("spinbutton", name="High Shelf gain in dB")
    bright = word_point(load(ROOT / "assets" / "neural_eq_32.pt"), "bright").params
    expect(gain).to_have_value(f"{bright[11]:.1f}")
    drag(app, app.page.get_by_role("slider", name="Strength"), 0.0)
    app.hears("warm → bright, 100 %, strength -1.00")


def test_a_band_is_heard_while_it_is_dragged_and_undone(app):
    app.open("/morph")
    app.play()
    app.hears("warm → bright, 50 %, strength 1.00")
    node = app.page.get_by_role("slider", name="High Shelf")
    before = app.page.evaluate("__neuralEqDock1.state.eq.params[11]")
    node.press("Shift+ArrowUp")
    app.hears("warm → bright, 50 %, strength 1.00, edited")
    assert app.page.evaluate("__neuralEqDock1.state.eq.params[11]") == pytest.approx(before + 1)
    expect(app.page.get_by_text("Edited: High Shelf.")).to_be_visible()
    app.page.get_by_role("button", name="Undo the last change of the EQ").click()
    app.hears("warm → bright, 50 %, strength 1.00")
    expect(app.page.get_by_text("Edited: High Shelf.")).to_have_count(0)
    app.page.get_by_role("button", name="Redo the change of the EQ").click()
    app.hears("warm → bright, 50 %, strength 1.00, edited")


def test_bypass_snapshots_and_keys(app):
    app.open("/morph?at=0")
    app.play()
    app.hears("warm → bright, 0 %, strength 1.00")
    player = app.page.get_by_role("region", name="Player")
    app.page.get_by_role("heading", level=1).click()  # no field has the focus
    app.page.keyboard.press("b")
    expect(player.locator(".heard")).to_have_text(
        "Original, EQ off (warm → bright, 0 %, strength 1.00)"
    )
    app.page.keyboard.press("b")
    player.get_by_role("button", name="Keep A").click()
    drag(app, app.page.get_by_role("slider", name="Morph"), 1.0)
    app.hears("warm → bright, 100 %, strength 1.00")
    player.get_by_role("radio", name="Snapshot A").click()
    app.hears("A: warm → bright, 0 %, strength 1.00")
    player.get_by_role("radio", name="Live").click()
    app.hears("warm → bright, 100 %, strength 1.00")
    app.page.get_by_role("heading", level=1).click()
    app.page.keyboard.press("Space")
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    app.page.wait_for_function("() => !__neuralEqDock1.engine.status.isPlaying")
    expect(player.locator(".heard")).to_have_text("Ready: warm → bright, 100 %, strength 1.00")
    app.page.keyboard.press("Space")
    app.plays()
    expect(player.locator(".heard")).to_have_text("Heard: warm → bright, 100 %, strength 1.00")


def test_a_loop_is_drawn_over_the_wave_and_stays_in_it(app):
    app.open("/morph")
    app.play()
    wave = app.page.get_by_role("region", name="Player").locator(".wave")
    box = wave.bounding_box()
    y = box["y"] + box["height"] / 2
    app.page.mouse.move(box["x"] + 0.5 * box["width"], y)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=5)
    app.page.mouse.up()
    n = app.engine("sound.n_frames")
    loop = app.page.evaluate("__neuralEqDock1.state.loop")
    assert (loop["from"] / n, loop["to"] / n) == pytest.approx((0.5, 0.6), abs=0.01)
    frames = app.page.evaluate(
        """() => new Promise((resolve) => {
          const found = [];
          const end = __neuralEqDock1.engine.subscribe(({frame}) => {
            found.push(frame);
            if (found.length > 60) { end(); resolve(found); }
          });
        })"""
    )
    outside = [f for f in frames[5:] if not loop["from"] <= f <= loop["to"]]
    assert not outside, (loop, frames)
    assert max(np.diff(frames)) > 0 > min(np.diff(frames)), "it went round"
    wave.dblclick()
    assert app.page.evaluate("__neuralEqDock1.state.loop") is None


@pytest.mark.parametrize(("path", "place"), [("/morph", "eq_editor"), ("/", "explore_curves")])
def test_the_spectrum_lies_behind_the_curves_and_costs_nothing_when_hidden(app, path, place):
    app.open(path)
    app.drawn()
    app.play()
    part = app.page.locator(f".st-key-{place}")
    canvas = part.locator("canvas").element_handle()
    drawn = """canvas => canvas.width > 0 && canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data.some(value => value)"""
    app.page.wait_for_function(drawn, arg=canvas)
    assert canvas.bounding_box()["width"] > 200
    assert app.engine("isTapped") is True
    part.get_by_role("button", name="Spectrum").click()
    app.page.wait_for_function(f"canvas => !({drawn})(canvas)", arg=canvas)
    assert app.engine("isTapped") is False
    app.plays()


def test_the_slider_swings_by_itself_while_the_music_plays(app):
    app.open("/morph")
    app.play()
    app.page.get_by_role("button", name="Swing").click()
    seen = app.page.evaluate(
        """() => new Promise((resolve) => {
          const found = [];
          const end = __neuralEqDock1.subscribe(({eq}, part) => {
            if (part.eq) found.push(eq.at);
            if (found.length > 90) { end(); resolve(found); }
          });
        })"""
    )
    assert np.ptp(seen) > 5
    assert max(np.abs(np.diff(seen))) < 5, "it leaps"
    stop_by_hand(app)


def stop_by_hand(app) -> None:
    """Let the slider stand still: what is heard, shown and in use is where it stopped."""
    app.page.get_by_role("button", name="By hand").click()
    at = int(float(app.page.get_by_role("slider", name="Morph").input_value()))
    app.hears(f"warm → bright, {at} %, strength 1.00")
    expect(app.page.get_by_role("heading", level=3).first).to_contain_text(f"{at} %")
    app.drawn()
    app.hears(f"warm → bright, {at} %, strength 1.00")
    assert app.page.evaluate("() => __neuralEqDock1.state.base.label").startswith(
        f"warm → bright, {at} %"
    )


def test_bands_and_a_slider_that_moves_by_itself_end_in_one_eq(app):
    app.open("/morph")
    app.play()
    gain = app.page.get_by_role("spinbutton", name="Peak 1 gain in dB")
    edited = app.page.get_by_text(re.compile("^Edited: "))
    gain.fill("-6")
    gain.press("Enter")
    expect(edited).to_have_text("Edited: Peak 1.")
    # an edit is one of a morph that stands still: it is left, and offered again
    app.page.get_by_role("button", name="Swing").click()
    expect(app.page.get_by_text("Your edit of warm → bright, 50 % was left.")).to_be_visible()
    app.drawn()
    stop_by_hand(app)

    # a band that is turned meanwhile stops it, and is the only one edited
    app.page.get_by_role("button", name="Swing").click()
    app.page.wait_for_function("() => __neuralEqDock1.state.eq?.at > 60")
    gain.fill("-6")
    gain.press("Enter")
    expect(edited).to_have_text("Edited: Peak 1.")
    at = int(app.page.get_by_role("slider", name="Morph").input_value())
    app.hears(f"warm → bright, {at} %, strength 1.00, edited")
    heard = "() => [__neuralEqDock1.heard().params[2], __neuralEqDock1.state.base.params[2]]"
    app.drawn()
    assert app.page.evaluate(heard) == [-6, -6]

    # a snapshot stops it, and is heard
    app.button("Keep A").click()
    app.page.get_by_role("button", name="Swing").click()
    app.page.wait_for_function("() => __neuralEqDock1.state.hand === 'motion'")
    app.page.get_by_role("radio", name="Snapshot A").click()
    expect(app.page.get_by_text(re.compile(r"^(Heard|Ready): A: .*, edited$"))).to_be_visible()

    # another page is left with the EQ in use
    app.page.get_by_role("button", name="Swing").click()
    app.page.wait_for_function("() => __neuralEqDock1.state.hand === 'motion'")
    app.go("Presets")
    app.page.wait_for_function(
        "() => { const {motion, eq, base} = __neuralEqDock1.state;"
        " return !motion && eq.label === base.label; }"
    )


def test_the_players_keys_work_wherever_no_text_is_typed(app):
    app.open("/morph")
    app.play()
    app.drawn()
    drag(app, app.page.get_by_role("slider", name="Morph"), 1.0)
    app.hears("warm → bright, 100 %, strength 1.00")
    app.drawn()
    app.page.keyboard.press("Control+z")
    app.hears("warm → bright, 50 %, strength 1.00")
    app.page.keyboard.press("b")
    expect(app.button("EQ off")).to_be_visible()
    app.page.get_by_role("slider", name="High Shelf").focus()
    app.page.keyboard.press("b")
    expect(app.button("EQ on")).to_be_visible()
    app.page.keyboard.press(" ")
    app.page.wait_for_function("() => !__neuralEqDock1.engine.isWanted")
    app.page.get_by_role("spinbutton", name="Peak 1 gain in dB").press("b")
    expect(app.button("EQ on")).to_be_visible()


RELEASE_AND_UNDO = """slider => {
  slider.value = 100;
  slider.dispatchEvent(new Event("input", {bubbles: true}));
  slider.dispatchEvent(new Event("change", {bubbles: true}));
  document.dispatchEvent(new KeyboardEvent("keydown", {key: "z", ctrlKey: true}));
}"""


def test_an_undo_in_the_moment_of_letting_go_is_not_lost(app):
    app.open("/morph")
    app.play()
    app.drawn()
    app.page.get_by_role("slider", name="Morph").evaluate(RELEASE_AND_UNDO)
    app.hears("warm → bright, 50 %, strength 1.00")
    app.drawn()
    app.hears("warm → bright, 50 %, strength 1.00")
    expect(app.page.get_by_role("slider", name="Morph")).to_have_value("50")
    app.page.keyboard.press("Control+y")
    app.hears("warm → bright, 100 %, strength 1.00")


RENDER = """async ({source, layout, rate, frames, sent, events, settings, messages, given}) => {
  // as base64, since the driver takes longer for numbers one by one than all else does
  const channels = sent.map((text) =>
    new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer));
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const context = new OfflineAudioContext(channels.length, frames, rate);
  await context.audioWorklet.addModule(url);
  const sound = {n_frames: channels[0].length, n_channels: channels.length,
    piece_frames: channels[0].length, ...given};
  const node = new AudioWorkletNode(context, "neural-eq", {numberOfInputs: 0, numberOfOutputs: 3,
    outputChannelCount: [channels.length, channels.length, channels.length],
    processorOptions: {sound, layout, values: settings[0]}});
  node.connect(context.destination, 0);
  const told = () => new Promise((resolve) => {
    node.port.onmessage = ({data}) => data.type === "answer" && resolve();
    node.port.postMessage({type: "ask", id: 1});
  });
  node.port.postMessage({type: "piece", index: 0,
    channels: channels.map((one) => one.slice())});
  node.port.postMessage({type: "loop", loop: null, isLooped: Boolean(given.is_looped)});
  node.port.postMessage({type: "play"});
  await told();
  events.forEach((frame, n) => context.suspend(frame / rate).then(async () => {
    node.port.postMessage({type: "values", values: settings[n + 1]});
    await told();
    context.resume();
  }));
  messages.forEach(([frame, message]) => context.suspend(frame / rate).then(async () => {
    node.port.postMessage(message);
    await told();
    context.resume();
  }));
  const made = await context.startRendering();
  return channels.map((_, c) => {
    const bytes = new Uint8Array(made.getChannelData(c).buffer), parts = [];
    for (let i = 0; i < bytes.length; i += 8192)
      parts.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
    return btoa(parts.join(""));
  });
}"""
DELAY = 75  # LOOKAHEAD − 1 + DELAY of limiter.js
FADE_S = 0.01


def values_of(params, level_db=0.0):
    """What the audio thread is told: frequencies and Q as logarithms, then the level."""
    values = np.array(params, dtype=np.float64)
    values[list(LOG_COLUMNS)] = np.log(values[list(LOG_COLUMNS)])
    return [*values.tolist(), float(level_db)]


@pytest.fixture(scope="module")
def blank(browser):
    """A page of nothing, where worklets are allowed."""
    page = browser.new_page()
    page.route(
        "http://localhost/**", lambda route: route.fulfill(body="<p>", content_type="text/html")
    )
    page.goto("http://localhost/")
    yield page
    page.close()


def rendered(blank, samples, rate, settings, events=(), messages=(), n_frames=None, **given):
    """What the audio thread makes of samples, shape ``(n_frames, n_channels)``."""
    made = blank.evaluate(
        RENDER,
        {
            "source": scripts.processor(), "layout": scripts.LAYOUT, "rate": rate,
            "frames": (n_frames or len(samples)) + DELAY,
            "sent": [
                base64.b64encode(channel.astype(np.float32).tobytes()).decode()
                for channel in samples.T
            ],
            "events": list(events), "settings": settings, "messages": list(messages),
            "given": given,
        },
    )  # fmt: skip
    channels = [np.frombuffer(base64.b64decode(one), np.float32) for one in made]
    return np.array(channels, dtype=np.float64).T[DELAY:]


def random_settings(n, seed=0):
    random = np.random.default_rng(seed)
    share = random.uniform(size=(n, len(PARAMETERS)))
    low = np.array([p.minimum for p in PARAMETERS])
    high = np.array([p.maximum for p in PARAMETERS])
    logs = np.array([p.is_log for p in PARAMETERS])
    plain = low + share * (high - low)
    return np.where(logs, np.abs(low) * np.abs(high / low) ** share, plain)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_the_audio_thread_filters_as_python_does(blank, rate):
    # quiet, so that no setting wakes the limiter
    noise = np.random.default_rng(1).uniform(-0.004, 0.004, (rate // 8, 2)).astype(np.float32)
    worst = -np.inf  # dBFS
    for params in random_settings(50, seed=rate):
        made = rendered(blank, noise, rate, [values_of(params)])
        wanted = filter_audio(noise * faded_in(len(noise), rate), params, rate).samples
        worst = max(worst, 20 * np.log10(np.abs(made - wanted).max()))
    assert worst < -120


def test_a_morph_sounds_as_python_renders_it(blank):
    rate, step = 48000, 256
    model = load(ROOT / "assets" / "neural_eq_32.pt")
    path = morph(model, word_point(model, "warm"), word_point(model, "bright"))
    levels_db = np.linspace(0.5, -4, len(path.params))
    noise = np.random.default_rng(5).uniform(-0.05, 0.05, (step * 110, 1)).astype(np.float32)
    settings = [values_of(*both) for both in zip(path.params, levels_db, strict=True)]
    events = [step * (k + 1) for k in range(len(settings) - 1)]
    made = rendered(blank, noise, rate, settings, events)
    wanted = render_along(
        noise * faded_in(len(noise), rate), path.params, rate, step_frames=step, level_db=levels_db
    )
    assert 20 * np.log10(np.abs(made - wanted).max()) < -120


def test_matching_levels_are_pythons(app, blank):
    """Every word on a demo clip: the gain of the browser against loudness measured in full."""
    import soundfile

    model = load(ROOT / "assets" / "neural_eq_32.pt")
    app.open("/morph")
    app.play()
    for clip in ("Bass and chords", "Drums", "Pink noise", "Voice"):
        choose_clip(app, clip)
        app.page.wait_for_function("() => __neuralEqDock1.engine.table")
        name = clip.lower().replace(" ", "_")
        samples, rate = soundfile.read(ROOT / "assets" / "clips" / f"{name}.flac", always_2d=True)
        before = integrated_loudness_lufs(samples, rate)
        for word in model.terms:
            params = word_point(model, word).params
            gain_db = app.page.evaluate(
                "params => __neuralEqDock1.engine.levelDb({params})", params.tolist()
            )
            after = integrated_loudness_lufs(filter_audio(samples, params, rate).samples, rate)
            assert after + gain_db == pytest.approx(before, abs=0.2), word


def test_a_drag_and_a_jump_do_not_click(blank):
    rate, n = 48000, 48000
    t = np.arange(n) / rate
    sine = (0.05 * np.sin(2 * np.pi * 997 * t))[:, None].astype(np.float32)
    flat = DEFAULT
    low, high = np.array(flat), np.array(flat)
    low[list(GAIN_COLUMNS)], high[list(GAIN_COLUMNS)] = -6, 6
    jump = rendered(blank, sine, rate, [values_of(low), values_of(high)], [n // 2 // 128 * 128])
    drag_events = [k * 128 for k in range(100, 250)]
    shares = np.linspace(0, 1, len(drag_events) + 1)
    way = [values_of(low + share * (high - low)) for share in shares]
    dragged = rendered(blank, sine, rate, way, drag_events)
    assert click_db(jump, rate) < -85
    assert click_db(dragged, rate) < -100


def steep_settings():
    """EQs that ring and lift where the tones of the test below lie."""
    for band, gain_db, freq_hz, q in ((0, 6, 100, None), (0, 12, 22, None), (1, 12, 100, 10)):
        params = np.array(DEFAULT)
        at = 0 if band == 0 else 2
        params[at], params[at + 1] = gain_db, freq_hz
        if q:
            params[at + 2] = q
        yield params


@pytest.mark.parametrize(
    ("messages", "most_db"),
    [
        pytest.param([{"type": "seek", "frame": 10001}], -85, id="seek"),
        pytest.param([{"type": "bypass", "isBypassed": True}], -85, id="bypass"),
        pytest.param([{"type": "volume", "gain": 0.3}], -85, id="volume"),
        pytest.param([{"type": "pause"}], -85, id="pause"),
        pytest.param([{"type": "pause"}, {"type": "play"}], -85, id="pause and play"),
        pytest.param([{"type": "seek", "frame": 9}, {"type": "play"}], -85, id="seek and play"),
        pytest.param(
            [{"type": "volume", "gain": 1 - k / 100} for k in range(100)], -100, id="volume drag"
        ),
    ],
)
def test_no_hand_on_the_player_clicks(blank, messages, most_db):
    rate, n = 48000, 48000
    tone = (0.05 * np.sin(2 * np.pi * 100 * np.arange(n) / rate))[:, None].astype(np.float32)
    when = [(24064 + 128 * k, message) for k, message in enumerate(messages)]
    for params in steep_settings():
        made = rendered(blank, tone, rate, [values_of(params)], messages=when)
        assert click_db(made, rate) < most_db


def test_the_end_of_a_loop_does_not_click(blank):
    rate, n = 48000, 40000
    tone = 0.05 * np.sin(2 * np.pi * 100.3 * np.arange(n) / rate + 1)[:, None].astype(np.float32)
    flat = [values_of(DEFAULT)]
    loops = [(128, {"type": "loop", "loop": {"from": 9001, "to": 30000}, "isLooped": True})]
    left = [*loops, (29824, {"type": "loop", "loop": None, "isLooped": False})]
    for messages in ((), loops, left):
        made = rendered(
            blank, tone, rate, flat, messages=messages, n_frames=64000,
            is_looped=messages is not left,
        )  # fmt: skip
        assert click_db(made[:56000], rate) < -85
    # what was made to go round goes round as it is
    whole = 0.05 * np.sin(2 * np.pi * 100 * np.arange(n) / rate)[:, None].astype(np.float32)
    made = rendered(blank, whole, rate, flat, n_frames=80000, is_looped=True, is_seamless=True)
    np.testing.assert_array_equal(made[1000:n, 0], whole[1000:, 0])
    np.testing.assert_array_equal(made[n : 2 * n, 0], whole[:, 0])


def test_a_late_piece_fades_out_and_in(blank):
    rate, n = 48000, 48000
    tone = (0.05 * np.sin(2 * np.pi * 100 * np.arange(n) / rate))[:, None].astype(np.float32)
    late = {"type": "piece", "index": 1, "channels": [tone[24000:, 0].tolist()]}
    messages = [(0, {"type": "drop", "index": 1}), (32000, late)]
    first = {"piece_frames": 24000}
    made = rendered(
        blank, tone, rate, [values_of(DEFAULT)], messages=messages, n_frames=56000, **first
    )
    assert np.abs(made[24100:31000]).max() == 0
    assert np.abs(made[33000:40000]).max() > 0.049
    assert click_db(made[:54000], rate) < -85


def faded_in(n_frames, rate):
    """The gain of a start, shape ``(n_frames, 1)``."""
    share = np.minimum(1, np.arange(1, n_frames + 1) / (FADE_S * rate))[:, None]
    return share**3 * (share * (6 * share - 15) + 10)


def click_db(samples, rate):
    """The loudest of what lies above 8 kHz, against the tone: a click is wide, a glide is not."""
    from scipy.signal import butter, sosfiltfilt

    high = sosfiltfilt(butter(8, 8000, "highpass", fs=rate, output="sos"), samples[:, 0])
    return 20 * np.log10(np.abs(high[4000:-4000]).max() / np.abs(samples).max())


def test_peaks_are_kept_below_the_ceiling_and_the_rest_is_left_alone(blank):
    from neural_eq.eq.true_peak import true_peak_dbtp

    rate = 48000
    noise = np.random.default_rng(3).uniform(-0.9, 0.9, (rate, 2)).astype(np.float32)
    loud = np.array(DEFAULT)
    loud[list(GAIN_COLUMNS)] = 9.0
    assert true_peak_dbtp(filter_audio(noise.astype(float), loud, rate).samples, rate) > 6
    made = rendered(blank, noise, rate, [values_of(loud)])
    assert true_peak_dbtp(made[2000:], rate) < 0.05
    quiet = rendered(blank, noise * np.float32(0.5), rate, [values_of(DEFAULT)])
    np.testing.assert_array_equal(quiet[1000:], 0.5 * noise[1000:])


def test_where_worklets_are_forbidden_the_browsers_filters_play(new_tab, address):
    app = new_tab(address)
    app.page.add_init_script(
        "Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', {value: undefined})"
    )
    app.open("/morph")
    app.play()
    expect(app.page.get_by_text("This browser allows no audio worklet here")).to_be_visible()
    drag(app, app.page.get_by_role("slider", name="Morph"), 1.0)
    app.hears("warm → bright, 100 %, strength 1.00")
    wanted = json.loads(app.page.evaluate("JSON.stringify(__neuralEqDock1.state.eq.params)"))
    app.page.wait_for_function(
        "gain => Math.abs(__neuralEqDock1.engine.voice.filters[4].gain.value - gain) < 0.01",
        arg=wanted[11],
    )


FADED = """async ({script, layout, values}) => {
  const rate = 48000, sound = {sample_rate: rate, n_frames: 48000, n_channels: 1,
    piece_frames: 48000}, context = new OfflineAudioContext(1, 36000, rate);
  const FilterVoice = new Function(script + "; return FilterVoice;")();
  const voice = new FilterVoice(context, sound, layout, values, () => {});
  voice.post({type: "loop", loop: null, isLooped: true});
  voice.post({type: "piece", index: 0, channels: [new Float32Array(48000).fill(0.5)]});
  const steps = {0.1: {type: "play", n: 1}, 0.3: {type: "seek", frame: 20000},
    0.5: {type: "pause"}};
  for (const [at, message] of Object.entries(steps))
    context.suspend(Number(at)).then(() => { voice.post(message); context.resume(); });
  const made = (await context.startRendering()).getChannelData(0);
  clearInterval(voice.timer);
  return Array.from(made);
}"""


def test_the_browsers_filters_start_jump_and_stop_without_a_click(blank):
    script = (ROOT / "neural_eq" / "ui" / "sound" / "engine" / "voices.js").read_text("utf-8")
    made = np.array(
        blank.evaluate(
            FADED, {"script": script, "layout": scripts.LAYOUT, "values": values_of(DEFAULT)}
        )
    )
    assert np.abs(made[:4800]).max() == 0 and made[14000] == pytest.approx(0.5, abs=1e-3)
    assert made[23000] == pytest.approx(0.5, abs=1e-3) and np.abs(made[26500:]).max() < 1e-3
    # without a fade each would be a step of 0.5
    assert np.abs(np.diff(made)).max() < 0.005
