// Shows the setting that one points at on the map, and says it.
const WIDTH = 232, HEIGHT = 76, N_FREQS = 72, SPAN_DB = 15;

const unpack = (text, Kind) =>
  new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);

function decode(content) {
  const said = JSON.parse(content);
  said.params = unpack(said.params, Float32Array);
  said.submitters = unpack(said.submitters, Int32Array);
  for (const name of ["words", "genres", "instruments"])
    said[name].at = unpack(said[name].at, Int32Array);
  return said;
}

// The analog prototypes of the RBJ cookbook at the warped frequency, as in eq/response.py
function curveDb(said, params, freqHz) {
  const tan2 = Math.tan((Math.PI * freqHz) / said.sample_rate) ** 2;
  let power = 1;
  for (const band of said.bands) {
    const bandHz = params[band.freq];
    if (bandHz >= said.sample_rate / 2) continue;
    const x = tan2 / Math.tan((Math.PI * bandHz) / said.sample_rate) ** 2;
    const a = 10 ** (params[band.gain] / 40);
    if (band.shape === "peaking") {
      const core = (1 - x) ** 2, middle = x / params[band.q] ** 2;
      power *= (core + middle * a * a) / (core + middle / (a * a));
    } else {
      const middle = (x * a) / said.shelf_q ** 2;
      const near = (a - x) ** 2 + middle, far = (1 - a * x) ** 2 + middle;
      power *= a * a * (band.shape === "low_shelf" ? near / far : far / near);
    }
  }
  return 10 * Math.log10(power);
}

const hz = (f) => (f >= 1000 ? `${+(f / 1000).toPrecision(3)} kHz` : `${Math.round(f)} Hz`);
const db = (g) => `${g < 0 ? "−" : "+"}${Math.abs(g).toFixed(1)} dB`;

function drawing(said, params) {
  const at = [...Array(N_FREQS).keys()].map((i) => 20 * 1000 ** (i / (N_FREQS - 1)));
  const y = (gainDb) => HEIGHT / 2 - (gainDb / SPAN_DB) * (HEIGHT / 2 - 2);
  const x = (freqHz) => (Math.log10(freqHz / 20) / 3) * WIDTH;
  const curve = at.map((f) => curveDb(said, params, f));
  const line = curve.map((g, i) => `${i ? "L" : "M"}${x(at[i]).toFixed(1)} ${y(g).toFixed(1)}`);
  const grid = [100, 1000, 10000].map((f) => `M${x(f)} 0V${HEIGHT}`).join("");
  const scale = [100, 1000, 10000].map(
    (f) => `<text x="${x(f) + 2}" y="${HEIGHT - 3}">${f >= 1000 ? f / 1000 + "k" : f + " Hz"}</text>`);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"
    data-curve-db="${curve.map((g) => g.toFixed(2)).join(" ")}">
    <path class="grid" d="${grid}M0 ${y(0)}H${WIDTH}"/>${scale.join("")}
    <text x="2" y="9">±${SPAN_DB} dB</text><path class="curve" d="${line.join("")}"/></svg>`;
}

function write(tip, said, row) {
  const params = said.params.subarray(13 * row, 13 * row + 13);
  const named = (list) => said[list].names[said[list].at[row]];
  tip.innerHTML = `<b></b> <span class="of"></span><div class="who"></div>
    ${drawing(said, params)}<table>${said.bands.map((b) => `<tr><td>${b.name}</td>
      <td>${db(params[b.gain])}</td><td>${hz(params[b.freq])}</td>
      <td>${b.q === null ? "" : "Q " + params[b.q].toFixed(2)}</td></tr>`).join("")}</table>`;
  // what people typed goes in as text, never as HTML
  tip.querySelector("b").textContent = named("words");
  tip.querySelector(".of").textContent = `setting ${said.ids[row]}`;
  const sound = [named("genres"), named("instruments")].filter(Boolean).join(", ");
  const by = said.invented
    ? "drawn from SAFE-DB’s statistics" : `by submitter ${said.submitters[row]}`;
  tip.querySelector(".who").textContent = sound ? `${by} · ${sound}` : by;
}

function place(tip, x, y) {
  const { width, height } = tip.getBoundingClientRect();
  const left = x + 18 + width < innerWidth ? x + 18 : x - 18 - width;
  tip.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 4))}px`;
  tip.style.top = `${Math.max(4, Math.min(y - height / 2, innerHeight - height - 4))}px`;
}

function spoken(said, row) {
  const params = said.params.subarray(13 * row, 13 * row + 13);
  const gains = said.bands.map((b) => `${b.name} ${db(params[b.gain])}`).join(", ");
  return `${said.words.names[said.words.at[row]]}, setting ${said.ids[row]}: ${gains}`;
}

function makeReader(tip) {
  let content = "", said = null;
  return {
    update(given) {
      if (given === content) return;
      content = given;
      said = decode(content);
      tip.hidden = true;
    },
    // Shows a setting beside a place of the screen; returns it in words.
    show(row, x, y) {
      write(tip, said, row);
      tip.hidden = false;
      place(tip, x, y);
      return spoken(said, row);
    },
    hide() { tip.hidden = true; },
  };
}

export default function ({ data, parentElement }) {
  const root = parentElement;
  root.reader ??= makeReader(root.querySelector(".reading"));
  root.reader.update(data.content);
  globalThis.__neuralEqMapReader = root.reader;
  return () => {
    if (globalThis.__neuralEqMapReader === root.reader) globalThis.__neuralEqMapReader = null;
    root.reader = null;
  };
}
