// How loud a sound is after an EQ, from what it holds in each band of each gating block: the
// gated loudness of ITU-R BS.1770, as neural_eq/eq/loudness_table.py has it.

function gatedPower(blocks) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const power = (lufs) => 10 ** ((lufs + 0.691) / 10);
  const loud = blocks.filter((block) => block > power(-70));
  if (!loud.length) return 0;
  const gate = mean(loud) / 10; // 10 LU below
  return mean(loud.filter((block) => block > gate));
}

// The gain in dB that makes a sound as loud after an EQ as before; 0 for silence. curveDb: read at
// some places within each band.
function matchingGainDb(table, curveDb) {
  const { powers, n_bands: nBands } = table;
  const nWithin = curveDb.length / nBands, weights = new Float64Array(nBands);
  curveDb.forEach((db, k) => { weights[Math.floor(k / nWithin)] += 10 ** (db / 10) / nWithin; });
  const before = [], after = [];
  for (let at = 0; at < powers.length; at += nBands) {
    let whole = 0, changed = 0;
    for (let k = 0; k < nBands; k++) {
      whole += powers[at + k];
      changed += powers[at + k] * weights[k];
    }
    before.push(whole);
    after.push(changed);
  }
  const ratio = gatedPower(before) / gatedPower(after);
  return Number.isFinite(ratio) && ratio > 0 ? 10 * Math.log10(ratio) : 0;
}
