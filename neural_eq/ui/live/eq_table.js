// The five bands as numbers, to read and to type.

function makeTable(root, data, {change, commit, reset}) {
  const body = root.querySelector("tbody"), message = root.querySelector(".message");
  let params;

  const shown = (number, digits) => params[number].toFixed(digits).replace(/^-(0\.?0*)$/, "$1");
  function isWrong(number, input) {
    const {minimum, maximum} = data.parameters[number], value = input.valueAsNumber;
    return !(value >= minimum && value <= maximum);
  }

  function makeField(cell, {number, digits, name, step}) {
    const {minimum, maximum} = data.parameters[number];
    const input = htmlElement("input", {type: "number", step, inputmode: "decimal",
      min: minimum, max: maximum, "aria-label": name}, cell);
    input.oninput = () => {
      if (!isWrong(number, input)) change(number, input.valueAsNumber);
    };
    input.onchange = () => {
      if (isWrong(number, input)) {
        message.textContent = `${name} is ${input.value || "no number"}; it must lie within`
          + ` ${minimum} to ${maximum}. It stays at ${shown(number, digits)}.`;
        input.value = shown(number, digits);
      } else {
        message.textContent = "";
        commit();
      }
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
        }
      });
    },
    forgive() {
      message.textContent = "";
    },
  };
}
