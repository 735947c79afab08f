// What a place of the map sounds like: the same sums as SoundMap.heard of
// neural_eq/latent/playing.py, which also says how the bytes lie.

function readSoundMap(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const take = (n) => new Float32Array(buffer, (at += 4 * n) - 4 * n, n);
  const { n, n_nodes, n_params } = head;
  return { ...head, nodes: take(n_nodes * n_nodes * n_params), points: take(2 * n),
    own: take(n * n_params), reach: take(n) };
}

const sharesOf = ({ low, high }, place) =>
  place.map((value, i) => (value - low[i]) / (high[i] - low[i]));
const placeOf = ({ low, high }, share) =>
  share.map((value, i) => low[i] + value * (high[i] - low[i]));

function nearestDot({ n, points }, x, y) {
  let row = 0, least = Infinity;
  for (let i = 0; i < n; i++) {
    const dx = points[2 * i] - x, dy = points[2 * i + 1] - y, square = dx * dx + dy * dy;
    if (square < least) [row, least] = [i, square];
  }
  return [row, Math.sqrt(least)];
}

function heardAt(map, x, y) {
  const { n_nodes, n_params, nodes, own } = map, last = n_nodes - 1;
  const share = sharesOf(map, [x, y]);
  const step = share.map((value) => last * Math.min(1, Math.max(0, value)));
  const [column, line] = step.map((value) => Math.min(Math.floor(value), last - 1));
  const right = step[0] - column, up = step[1] - line;
  const [row, distance] = nearestDot(map, ...share), reach = map.reach[row];
  const toOwn = distance < reach ? (1 - (distance / reach) ** 2) ** 2 : 0;
  const beyond = Math.min(1, Math.max(0, distance / map.far - 1));
  const presence = 1 - beyond ** 2 * (3 - 2 * beyond);
  const params = new Array(n_params), corner = (line * n_nodes + column) * n_params;
  for (let k = 0; k < n_params; k++) {
    const a = corner + k, b = a + n_nodes * n_params;
    const below = nodes[a] + right * (nodes[a + n_params] - nodes[a]);
    const above = nodes[b] + right * (nodes[b + n_params] - nodes[b]);
    const norm = below + up * (above - below);
    params[k] = norm + toOwn * (own[row * n_params + k] - norm);
  }
  const isLog = new Set(map.logs);
  for (let k = 0; k < n_params; k++) {
    const from = map.norm_low[k], to = map.norm_high[k];
    params[k] = isLog.has(k) ? from * (to / from) ** params[k] : from + params[k] * (to - from);
  }
  for (const k of map.gains) params[k] *= presence;
  for (let k = 0; k < n_params; k++) {
    params[k] = Math.min(map.maximum[k], Math.max(map.minimum[k], params[k]));
  }
  return { params, row, distance, presence };
}

// What the setting is called, as puck.py has it.
function placeName(map, place, heard) {
  const word = map.words[map.word_at[heard.row]];
  const [across, up] = sharesOf(map, place).map((value) => (100 * value).toFixed(1));
  return `map, ${heard.distance > map.far ? "far from" : "near"} ${word} (${across}, ${up})`;
}
