"""Synthesise the demo clips in ``assets/clips``: ``python assets/make_clips.py [folder]``.

Every sound is placed, filtered and echoed around a circle, so that the end of a clip runs into
its start without a seam: what rings past the end is added to the beginning, and filters work on
the whole loop's spectrum. Times are in seconds, levels in dB; a loop has shape ``(n_frames,)``
or, in stereo, ``(n_frames, 2)``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

SAMPLE_RATE = 44_100
BEAT_S = 0.51  # 118 beats a minute
N_FRAMES = round(16 * BEAT_S * SAMPLE_RATE)  # four bars of four
SEED = 1967

# The level that puts each clip at -21 LUFS; tests/test_clips.py measures it.
RMS_DBFS = {
    "drums": -18.6,
    "bass_and_chords": -21.9,
    "voice": -20.5,
    "pink_noise": -21.7,
}


# A circle of samples, and what can be done on it.


def seconds(duration_s: float) -> np.ndarray:
    return np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE


def place(loop: np.ndarray, sound: np.ndarray, at_s: float) -> None:
    """Add a sound to a loop, in place; what passes the end goes on at the start."""
    frames = (np.arange(len(sound)) + round(at_s * SAMPLE_RATE)) % len(loop)
    np.add.at(loop, frames, sound)


def frequencies(sound: np.ndarray) -> np.ndarray:
    """The frequencies in Hz of a loop's spectrum; the first is raised to 1 Hz, to divide by."""
    return np.maximum(np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE), 1.0)


def filtered(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    return np.fft.irfft(np.fft.rfft(sound) * response, n=len(sound))


def low_pass(freq_hz: np.ndarray, cutoff_hz: float, order: int = 2) -> np.ndarray:
    return (1 / (1 + 1j * freq_hz / cutoff_hz)) ** order


def high_pass(freq_hz: np.ndarray, cutoff_hz: float, order: int = 2) -> np.ndarray:
    return (1 / (1 - 1j * cutoff_hz / freq_hz)) ** order


def resonance(freq_hz: np.ndarray, centre_hz: float, width_hz: float) -> np.ndarray:
    return 1 / (1 + 1j * (freq_hz**2 - centre_hz**2) / (freq_hz * width_hz))


def smoothed(steps: np.ndarray, width_s: float) -> np.ndarray:
    """Round off the corners of a loop of control values with a Gaussian."""
    freq_hz = np.fft.rfftfreq(len(steps), 1 / SAMPLE_RATE)
    return filtered(steps, np.exp(-2 * (np.pi * freq_hz * width_s) ** 2))


def room(
    loop: np.ndarray, rng: np.random.Generator, *, decay_s: float, cutoff_hz: float
) -> np.ndarray:
    """The echo of a loop alone: decaying noise, as loud as the loop."""
    t = np.arange(len(loop)) / SAMPLE_RATE
    echo = rng.standard_normal(len(loop)) * np.exp(-t / decay_s) * (1 - np.exp(-t / 0.004))
    freq_hz = frequencies(loop)
    tone = low_pass(freq_hz, cutoff_hz, 1) * high_pass(freq_hz, 250.0)
    return filtered(loop, np.fft.rfft(echo) * tone) / np.linalg.norm(echo)


def harmonics(phase: np.ndarray, amplitudes: Sequence[float | np.ndarray]) -> np.ndarray:
    """Sum the sines of 1, 2, 3 … times a phase in radians; an amplitude may change with time."""
    twice_cosine = 2 * np.cos(phase)
    before, now = np.zeros_like(phase), np.sin(phase)
    total = np.zeros_like(phase)
    for amplitude in amplitudes:
        total += amplitude * now
        before, now = now, twice_cosine * now - before  # sin((k + 1) x) from the two below it
    return total


def note_hz(midi: float) -> float:
    return 440.0 * 2 ** ((midi - 69) / 12)


# Drums.


def kick() -> np.ndarray:
    t = seconds(0.7)
    cycles = 47 * t + 1.9 * (1 - np.exp(-t / 0.022)) + 0.9 * (1 - np.exp(-t / 0.004))
    body = np.sin(2 * np.pi * cycles) * np.exp(-t / 0.17) * (1 - np.exp(-t / 0.0008))
    click = np.sin(2 * np.pi * 3100 * t) * np.exp(-t / 0.003) * (1 - np.exp(-t / 0.0004))
    return 1.1 * body + 0.25 * click


def snare(rng: np.random.Generator) -> np.ndarray:
    t = seconds(0.5)
    attack = 1 - np.exp(-t / 0.0006)
    shell = np.sin(2 * np.pi * (182 * t + 0.35 * (1 - np.exp(-t / 0.01)))) * np.exp(-t / 0.075)
    shell += 0.5 * np.sin(2 * np.pi * 331 * t) * np.exp(-t / 0.05)
    noise = rng.standard_normal(len(t))
    freq_hz = frequencies(noise)
    tone = high_pass(freq_hz, 500.0) * low_pass(freq_hz, 9000.0, 1)
    wires = filtered(noise, tone * (1 + resonance(freq_hz, 4500.0, 4000.0)))
    return attack * (0.5 * shell + 0.3 * wires * (np.exp(-t / 0.075) + np.exp(-t / 0.012)))


def hat(rng: np.random.Generator, decay_s: float) -> np.ndarray:
    """Six detuned rectangles, as in the rhythm machines of 1980, and air above them."""
    t = seconds(6 * decay_s)
    tones = (2053.0, 3042.0, 3693.0, 5225.0, 5401.0, 8003.0)
    metal = sum(np.tanh(4 * np.sin(2 * np.pi * (tone * t + rng.random()))) for tone in tones)
    sound = 0.25 * metal + 0.9 * rng.standard_normal(len(t))
    sound = filtered(sound, high_pass(frequencies(sound), 8500.0, 3))
    return sound * np.exp(-t / decay_s) * (1 - np.exp(-t / 0.0007))


def shaker(rng: np.random.Generator) -> np.ndarray:
    t = seconds(0.12)
    sound = rng.standard_normal(len(t))
    freq_hz = frequencies(sound)
    sound = filtered(sound, high_pass(freq_hz, 6000.0) * low_pass(freq_hz, 16000.0, 1))
    return sound * np.sin(np.pi * t / 0.12) ** 2


def tom(pitch_hz: float, decay_s: float) -> np.ndarray:
    t = seconds(4 * decay_s)
    cycles = pitch_hz * (t + 0.02 * (1 - np.exp(-t / 0.04)))
    skin = harmonics(2 * np.pi * cycles, (1.0, 0.3 * np.exp(-t / 0.02), 0.25 * np.exp(-t / 0.01)))
    return skin * np.exp(-t / decay_s) * (1 - np.exp(-t / 0.001))


def wood_block() -> np.ndarray:
    t = seconds(0.2)
    tones = np.sin(2 * np.pi * 910 * t) + 0.6 * np.sin(2 * np.pi * 1640 * t)
    return tones * np.exp(-t / 0.025) * (1 - np.exp(-t / 0.0006))


KICKS = (0, 7, 10, 16, 22, 23, 26, 32, 39, 42, 48, 54, 58)  # in sixteenths
SNARES = {4: 1.0, 12: 1.0, 20: 1.0, 28: 1.0, 36: 1.0, 44: 1.0, 52: 1.0, 60: 1.0}
GHOSTS = {9: 0.2, 15: 0.16, 25: 0.22, 31: 0.14, 41: 0.2, 47: 0.16, 57: 0.22}
OPEN_HATS = (14, 30, 46)
CONGAS = {3: 392.0, 6: 294.0, 13: 392.0, 19: 392.0, 21: 294.0, 29: 392.0, 35: 392.0, 38: 294.0,
          45: 392.0, 51: 392.0, 53: 294.0}  # fmt: skip
BLOCKS = (2, 5, 8, 18, 24, 27, 34, 37, 40, 50, 56, 59)
TOMS = {61: 165.0, 62: 124.0, 63: 92.0}


def drums(rng: np.random.Generator) -> np.ndarray:
    loop = np.zeros(N_FRAMES)

    def time_s(sixteenth: int) -> float:
        swing = 0.14 if sixteenth % 2 else 0.0
        return (sixteenth + swing) * BEAT_S / 4

    for step in KICKS:
        place(loop, rng.uniform(0.85, 1.0) * kick(), time_s(step))
    for step, level in (SNARES | GHOSTS).items():
        place(loop, level * snare(rng), time_s(step))
    for step in range(0, 64, 2):
        level = rng.uniform(0.85, 1.0) if step % 4 else 0.65
        decay_s = 0.11 if step in OPEN_HATS else 0.028
        place(loop, 0.24 * level * hat(rng, decay_s), time_s(step))
    for step in range(64):
        place(loop, 0.07 * rng.uniform(0.5, 1.0) * shaker(rng), time_s(step) - 0.03)
    for step, pitch_hz in CONGAS.items():
        place(loop, 0.2 * rng.uniform(0.8, 1.0) * tom(pitch_hz, 0.09), time_s(step))
    for step in BLOCKS:
        place(loop, 0.2 * rng.uniform(0.7, 1.0) * wood_block(), time_s(step))
    for step, pitch_hz in TOMS.items():
        place(loop, 0.6 * tom(pitch_hz, 0.14), time_s(step))
    loop += 0.12 * room(loop, rng, decay_s=0.08, cutoff_hz=4000.0)
    return np.tanh(1.1 * loop)


# Bass and chords.

# Bars of A minor 9, F major 9, C major 7 over E, G 6/9: a bass note and the chord above it.
CHORDS = (
    (33, (60, 64, 67, 71)),
    (29, (60, 64, 67, 69)),
    (28, (59, 64, 67, 72)),
    (31, (59, 62, 64, 69)),
)
BASS_LINE = ((0.0, 1.3, 0), (1.75, 0.2, 0), (2.0, 0.6, 12), (2.75, 0.55, 7), (3.5, 0.45, 12))
PIANO_HITS = ((0.0, 1.4, 1.0), (1.5, 0.8, 0.7), (2.75, 1.0, 0.8))  # beat, beats, level
PLUCKS = (0.0, 0.75, 1.5, 2.0, 2.5, 3.25)


def released(t: np.ndarray, length_s: float, release_s: float) -> np.ndarray:
    """One until the key is let go, then a fall."""
    return np.exp(-np.maximum(t - length_s, 0) / release_s)


def bass(midi: float, length_s: float) -> np.ndarray:
    t = seconds(length_s + 0.3)
    decays = [np.exp(-t * (0.9 + 0.55 * k)) / k**1.15 for k in range(1, 46)]
    sound = harmonics(2 * np.pi * note_hz(midi) * t, decays)
    return sound * released(t, length_s, 0.04) * (1 - np.exp(-t / 0.004)) * (t[-1] - t > 0)


def piano(midi: float, length_s: float, level: float) -> np.ndarray:
    """An electric piano: one sine bends the phase of another; a tine rings as it is struck."""
    t = seconds(length_s + 0.9)
    angle = 2 * np.pi * note_hz(midi) * t
    bend = 1.7 * level * np.exp(-t / 0.5) * np.sin(angle)
    tine = 0.35 * level**2 * np.exp(-t / 0.11) * np.sin(14 * angle)
    sound = np.sin(angle + bend + tine) * np.exp(-t / 1.6)
    return level * sound * released(t, length_s, 0.16) * (1 - np.exp(-t / 0.002))


def pluck(midi: float) -> np.ndarray:
    """A steel string: every overtone up to 18 kHz, the higher the shorter."""
    t = seconds(1.4)
    pitch_hz = note_hz(midi)
    n_partials = int(18_000 / pitch_hz)
    decays = [
        np.sin(0.37 * k) * np.exp(-t * (2.2 + 0.0014 * k * pitch_hz)) / k**0.8
        for k in range(1, n_partials + 1)
    ]
    return harmonics(2 * np.pi * pitch_hz * t, decays) * (1 - np.exp(-t / 0.0008))


def bass_and_chords(rng: np.random.Generator) -> np.ndarray:
    low, keys, strings = np.zeros((3, N_FRAMES))
    for bar, (root, chord) in enumerate(CHORDS):
        start = 4 * bar
        for beat, length, interval in BASS_LINE:
            place(low, bass(root + interval, length * BEAT_S), (start + beat) * BEAT_S)
        for beat, length, level in PIANO_HITS:
            for index, midi in enumerate(chord):
                at_s = (start + beat) * BEAT_S + 0.006 * index  # fingers never land together
                place(keys, piano(midi, length * BEAT_S, level * rng.uniform(0.85, 1)), at_s)
        for index, beat in enumerate(PLUCKS):
            midi = chord[(2 * index + bar) % len(chord)] + 12
            place(strings, rng.uniform(0.7, 1.0) * pluck(midi), (start + beat) * BEAT_S)

    tremolo = 0.25 * np.sin(2 * np.pi * 40 * np.arange(N_FRAMES) / N_FRAMES)
    wet = 0.3 * keys + 0.3 * strings
    echo = 0.2 * room(wet, rng, decay_s=0.35, cutoff_hz=2500.0)
    sides = (
        0.75 * low + 0.24 * keys * (1 + tremolo) + 0.22 * strings,
        0.75 * low + 0.24 * keys * (1 - tremolo) + 0.34 * strings,
    )
    return np.tanh(0.6 * (np.stack(sides, axis=1) + echo[:, None]))


# A voice.

# Formants of a tenor: centre in Hz, level in dB, width in Hz (Csound manual, appendix D).
FORMANTS = {
    "a": ((650, 0, 80), (1080, -6, 90), (2650, -7, 120), (2900, -8, 130), (3250, -22, 140)),
    "e": ((400, 0, 70), (1700, -14, 80), (2600, -12, 100), (3200, -14, 120), (3580, -20, 120)),
    "i": ((290, 0, 40), (1870, -15, 90), (2800, -18, 100), (3250, -20, 120), (3540, -30, 120)),
    "o": ((400, 0, 70), (800, -10, 80), (2600, -12, 100), (2800, -12, 130), (3000, -26, 135)),
    "u": ((350, 0, 40), (600, -20, 60), (2700, -17, 100), (2900, -14, 120), (3300, -26, 120)),
}
# Beat, beats, note, vowel; a gap is a breath.
MELODY = (
    (0.0, 1.5, 45, "a"), (1.5, 0.5, 47, "o"), (2.0, 1.6, 48, "a"),
    (4.0, 1.0, 48, "i"), (5.0, 0.5, 47, "e"), (5.5, 2.0, 45, "a"),
    (8.0, 1.5, 52, "o"), (9.5, 0.5, 50, "u"), (10.0, 1.6, 48, "o"),
    (12.0, 1.0, 47, "e"), (13.0, 0.5, 45, "i"), (13.5, 2.0, 43, "a"),
)  # fmt: skip
PHRASES = ((0.0, 3.6), (4.0, 7.5), (8.0, 11.6), (12.0, 15.5))


def voice(rng: np.random.Generator) -> np.ndarray:
    beat = np.arange(N_FRAMES) / (BEAT_S * SAMPLE_RATE)
    midi = np.full(N_FRAMES, float(MELODY[0][2]))
    loudness, vibrato = np.zeros((2, N_FRAMES))
    vowels = {name: np.zeros(N_FRAMES) for name in FORMANTS}
    for start, length, note, vowel in MELODY:
        midi[beat >= start] = note
        sung = (beat >= start) & (beat < start + length)
        loudness[sung] = 1 + 0.03 * (note - 45)
        vibrato[(beat >= start + 0.45) & (beat < start + length)] = 0.35
        for name in vowels:
            vowels[name][beat >= start] = float(name == vowel)
    t = np.arange(N_FRAMES) / SAMPLE_RATE
    drift = 0.12 * smoothed(rng.standard_normal(N_FRAMES), 0.03) * np.sqrt(0.03 * SAMPLE_RATE)
    wave = np.sin(2 * np.pi * 52 / (16 * BEAT_S) * t)
    pitch_hz = note_hz(smoothed(midi, 0.025) + smoothed(vibrato, 0.08) * wave + drift)
    cycles = np.cumsum(pitch_hz) / SAMPLE_RATE
    cycles *= np.round(cycles[-1]) / cycles[-1]  # whole cycles, or the loop would click
    loudness = smoothed(loudness, 0.03)

    # the brighter, the louder: overtones fall by 5 to 9 dB an octave
    tilt = 1.5 - 0.6 * loudness
    n_partials = int(19_000 / pitch_hz.min())
    partials = [k**-tilt * (k * pitch_hz < 19_000) for k in range(1, n_partials + 1)]
    glottis = harmonics(2 * np.pi * cycles, partials)
    freq_hz = frequencies(glottis)
    pulses = 0.5 + 0.5 * np.cos(2 * np.pi * cycles)
    hiss = filtered(rng.standard_normal(N_FRAMES), high_pass(freq_hz, 3000.0, 1))
    breath = 0.025 * hiss * pulses
    source = loudness * (glottis + breath)

    loop = np.zeros(N_FRAMES)
    for name, weight in vowels.items():
        tract = 0.02 * high_pass(freq_hz, 4000.0, 1)  # what passes above the formants
        for index, (centre_hz, level_db, width_hz) in enumerate(FORMANTS[name]):
            sign = -1 if index % 2 else 1  # alternating signs keep the valleys between shallow
            tract = tract + sign * 10 ** (level_db / 20) * resonance(freq_hz, centre_hz, width_hz)
        loop += smoothed(weight, 0.03) * filtered(source, tract)

    consonant = high_pass(freq_hz, 5000.0, 3) * low_pass(freq_hz, 12000.0, 2)
    inhaled = resonance(freq_hz, 1700.0, 1500.0) + 0.5 * high_pass(freq_hz, 5000.0)
    noise = rng.standard_normal(N_FRAMES)
    for start, _ in PHRASES:
        since_s = (t - start * BEAT_S + t[-1] / 2) % (N_FRAMES / SAMPLE_RATE) - t[-1] / 2
        s_shape = np.exp(-(((since_s + 0.05) / 0.035) ** 2))
        inhale_shape = np.exp(-(((since_s + 0.19) / 0.05) ** 2))
        loop += 0.25 * s_shape * filtered(noise, consonant)
        loop += 0.015 * inhale_shape * filtered(noise, inhaled)
    return loop + 0.16 * room(loop, rng, decay_s=0.3, cutoff_hz=4000.0)


# Pink noise.


def pink_noise(rng: np.random.Generator) -> np.ndarray:
    """Equal power in every octave from 20 Hz to 20 kHz; the phases alone are random."""
    n_frames = 8 * SAMPLE_RATE
    freq_hz = np.fft.rfftfreq(n_frames, 1 / SAMPLE_RATE)
    in_band = (freq_hz >= 20) & (freq_hz <= 20_000)
    magnitude = np.where(in_band, 1 / np.sqrt(np.maximum(freq_hz, 1)), 0)
    return np.fft.irfft(magnitude * np.exp(2j * np.pi * rng.random(len(freq_hz))), n=n_frames)


CLIPS = {
    "drums": drums,
    "bass_and_chords": bass_and_chords,
    "voice": voice,
    "pink_noise": pink_noise,
}


def render(name: str) -> np.ndarray:
    """One clip as 16-bit samples, shape ``(n_frames,)`` or ``(n_frames, 2)``."""
    loop = CLIPS[name](np.random.default_rng(SEED))
    loop = loop - loop.mean(axis=0)
    gain = 10 ** (RMS_DBFS[name] / 20) / np.sqrt(np.mean(loop**2))
    return np.round(32767 * gain * loop).astype(np.int16)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in CLIPS:
        samples = render(name)
        path = folder / f"{name}.flac"
        soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16", compression_level=1.0)
        peak_dbfs = 20 * np.log10(np.abs(samples.astype(float)).max() / 32768)
        duration_s = len(samples) / SAMPLE_RATE
        size_kb = path.stat().st_size / 1000
        print(f"{path}: {duration_s:.1f} s, {size_kb:.0f} kB, peak {peak_dbfs:.1f} dBFS")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "clips")
