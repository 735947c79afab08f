// The spectrum of what plays over a chart of curves, and the button that hides it.

function makeChartSpectrum(root) {
  const anchor = root.querySelector(".anchor"), button = root.querySelector(".spectrum");
  const canvas = root.querySelector("canvas");
  let chart = "", spectrum = null;

  // Streamlit draws a chart anew when its figure changes, so that it is looked for each time
  function area() {
    const drawn = document.querySelector(`.${chart} .js-plotly-plot`);
    const { xaxis, yaxis } = drawn?._fullLayout ?? {};
    if (!xaxis?._length || !yaxis?._length) return null;
    const box = drawn.getBoundingClientRect(), from = anchor.getBoundingClientRect();
    return { left: box.left + xaxis._offset - from.left, top: box.top + yaxis._offset - from.top,
      width: xaxis._length, height: yaxis._length };
  }
  function close() {
    spectrum?.close();
    spectrum?.clear();
    spectrum = null;
  }
  button.onclick = () => {
    spectrum?.show(!spectrum.isShown);
    button.setAttribute("aria-pressed", String(spectrum?.isShown));
  };

  return {
    update(data) {
      const frame = document.querySelector(`.${data.chart}`);
      if (!frame || (spectrum?.frame === frame && chart === data.chart)) return;
      const isShown = spectrum?.isShown ?? true;
      close();
      chart = data.chart;
      spectrum = new Spectrum(canvas, area, frame);
      spectrum.show(isShown);
    },
    close,
  };
}

export default function ({ data, parentElement }) {
  const root = parentElement;
  root.chartSpectrum ??= makeChartSpectrum(root);
  root.chartSpectrum.update(data);
  return () => {
    root.chartSpectrum?.close();
    root.chartSpectrum = null;
  };
}
