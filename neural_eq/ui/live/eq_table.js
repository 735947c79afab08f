// The five bands as numbers, to read and to type.

// "440", "0,7", "−3.5", "1.2k": a number as people type it, or NaN.
function typed(text) {
  const found = /^([+-]?)(\d+[.,]?\d*|[.,]\d+)\s*(k?)(?:db|hz)?$/i.exec(
    text.trim().replace("−", "-"));
  if (!found) return NaN;
  const [, sign, digits, kilo] = found;
  return Number(`${sign}${digits.replace(",", ".")}`) * (kilo ? 1000 : 1);
}

function makeTable(root, data, {change, commit, commitSoon, reset}) {
  const body = root.querySelector("tbody"), message = root.querySelector(".message");
  let params;

  const shown = (number, digits) => params[number].toFixed(digits).replace(/^-(0\.?0*)$/, "$1");
  function makeField(cell, {number, digits, name, step}) {
    const {minimum, maximum} = data.parameters[number];
    const input = htmlElement("input", {type: "text", role: "spinbutton", inputmode: "decimal",
      autocomplete: "off", "aria-valuemin": minimum, "aria-valuemax": maximum,
      "aria-label": name}, cell);
    // half of a number is another number: what is typed counts when it is left, or at Enter
    input.onchange = () => {
      const value = typed(input.value);
      if (value >= minimum && value <= maximum) {
        message.textContent = "";
        change(number, value);
        commit();
      } else {
        const given = input.value.trim().slice(0, 20) || "empty";
        const said = (value) => value.toLocaleString("en-US").replace("-", "−");
        message.textContent = `${name} is ${given}; it must be a number from ${said(minimum)} to`
          + ` ${said(maximum)}. It stays at ${shown(number, digits).replace("-", "−")}.`;
      }
      input.value = shown(number, digits);
    };
    input.onkeydown = (event) => {
      const up = {ArrowUp: 1, ArrowDown: -1}[event.key];
      if (!up) return;
      event.preventDefault();
      message.textContent = "";
      change(number, params[number] + up * step * (event.shiftKey ? 10 : 1));
      input.value = shown(number, digits);
      commitSoon();
    };
    return {input, number, digits};
  }

  function makeRow(band) {
    const row = htmlElement("tr", {}, body);
    htmlElement("th", {scope: "row"}, row, band.name);
    const fields = [
      {number: band.gain, digits: 1, name: `${band.name} gain in dB`, step: 0.1},
      {number: band.freq, digits: 0, name: `${band.name} frequency in Hz`, step: 1},
      {number: band.q, digits: 2, name: `${band.name} Q`, step: 0.01},
    ].map((field) => {
      const cell = htmlElement("td", {}, row);
      if (field.number !== null) return makeField(cell, field);
      cell.textContent = data.shelf_q.toFixed(2);
      return null;
    });
    const button = htmlElement("button", {type: "button", "aria-label": `Put ${band.name} back`,
      title: `Put ${band.name} back to the morph`}, htmlElement("td", {}, row), "↺");
    button.onclick = () => reset(band);
    return {fields: fields.filter(Boolean), button, row};
  }

  const rows = data.bands.map(makeRow);
  return {
    // What is being typed stays as it is typed.
    show(given, isEdited) {
      params = given;
      const focused = root.getRootNode().activeElement;
      data.bands.forEach((band, i) => {
        rows[i].row.classList.toggle("edited", isEdited(band));
        rows[i].button.disabled = !isEdited(band);
        for (const {input, number, digits} of rows[i].fields) {
          if (input !== focused) input.value = shown(number, digits);
          input.setAttribute("aria-valuenow", shown(number, digits));
        }
      });
    },
    forgive() {
      message.textContent = "";
    },
  };
}
