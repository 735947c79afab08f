// A puck on the map: heard while it moves, told to Python when the hand lets go.

const STEP = 0.01, LEAP = 0.05; // of what is seen of the map
const COMMIT_MS = 400, CHIP_PX = 90;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
const PLAYERS_KEYS = [" ", "b", "z", "y"];

function makePuck(root) {
  const anchor = root.querySelector(".anchor"), puck = root.querySelector(".puck");
  const chip = root.querySelector(".chip"), spoken = root.querySelector(".spoken");
  let data, send, map = null, mapUrl = "", fault = "", place = null, heard = null;
  let grip = null, timer = null, sent = 0, loop = 0, drawn = "";

  async function fetchMap(url) {
    mapUrl = url;
    map = heard = null;
    fault = "";
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(await answer.text());
      const read = readSoundMap(await answer.arrayBuffer());
      if (mapUrl !== url) return;
      map = read;
      settle();
    } catch (error) {
      if (mapUrl === url) fault = "cannot be heard: reload the page";
      console.warn(`The map's sound could not be had: ${error.message}`);
    }
  }
  function settle() {
    heard = map && heardAt(map, ...place);
    speak();
  }

  // ---- where the map's axes are on the screen, whatever is drawn anew
  function axes() {
    const seen = globalThis.__neuralEqMapAxes?.();
    return seen && { x: scale(seen.x, 1), y: scale(seen.y, -1) };
  }
  function scale({ start, end, from, to }, sign) {
    if (sign < 0) [from, to] = [to, from];
    return {
      start, end, span: Math.abs(to - from),
      toPixel: (value) => start + ((value - from) / (to - from)) * (end - start),
      toValue: (pixel) => from + ((pixel - start) / (end - start)) * (to - from),
    };
  }
  const within = (axis, pixel) => Math.min(axis.end, Math.max(axis.start, pixel));

  // ---- what moves it
  function move(next) {
    if (!map) return;
    place = next;
    heard = heardAt(map, ...place);
    DOCK.set({ motion: null });
    DOCK.drive("puck", { params: heard.params, label: placeName(map, place, heard) });
  }
  function commit() {
    clearTimeout(timer);
    timer = null;
    sent = Date.now();
    send("moved", { place, revision: data.revision, n: sent });
    DOCK.release("puck");
    speak();
  }
  function commitSoon() {
    clearTimeout(timer);
    timer = setTimeout(commit, COMMIT_MS);
  }
  const commitPending = () => timer !== null && commit();

  puck.onpointerdown = (event) => {
    const seen = axes();
    if (event.button > 0 || !seen || !map) return;
    puck.setPointerCapture(event.pointerId);
    puck.focus({ preventScroll: true });
    const x = within(seen.x, seen.x.toPixel(place[0])), y = within(seen.y, seen.y.toPixel(place[1]));
    grip = { dx: x - event.clientX, dy: y - event.clientY, from: [event.clientX, event.clientY],
      moved: false };
    puck.classList.add("held");
    event.preventDefault();
  };
  puck.onpointermove = (event) => {
    const seen = grip && axes();
    if (!seen || !puck.hasPointerCapture(event.pointerId)) return;
    const { dx, dy, from } = grip;
    if (!grip.moved && Math.hypot(event.clientX - from[0], event.clientY - from[1]) < 2) return;
    grip.moved = true;
    move([seen.x.toValue(within(seen.x, event.clientX + dx)),
      seen.y.toValue(within(seen.y, event.clientY + dy))]);
  };
  puck.onpointerup = puck.onpointercancel = () => {
    const moved = grip?.moved;
    grip = null;
    puck.classList.remove("held");
    if (moved) commit();
  };
  function toNearest() {
    if (!heard) return;
    const { row } = heard;
    move(placeOf(map, [map.points[2 * row], map.points[2 * row + 1]]));
    commitSoon();
  }
  puck.ondblclick = toNearest;
  puck.onkeydown = (event) => {
    const seen = axes(), arrow = ARROWS[event.key];
    // the keys of the player are for all; the app's own shortcuts are not meant here
    if (!PLAYERS_KEYS.includes(event.key.toLowerCase())) event.stopPropagation();
    if (!seen || !map || event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow) {
      const share = event.shiftKey ? LEAP : STEP;
      const next = [seen.x, seen.y].map((axis, i) =>
        axis.toValue(within(axis, axis.toPixel(place[i] + arrow[i] * share * axis.span))));
      move(next);
      commitSoon();
    } else if (event.key === "Home") toNearest();
    else return;
    event.preventDefault();
  };
  puck.onkeyup = (event) => event.stopPropagation();
  puck.onblur = commitPending;

  // ---- words for eye and ear
  function where() {
    const word = map.words[map.word_at[heard.row]];
    return heard.distance > map.far ? "nobody has been here" : `near ${word}`;
  }
  function speak() {
    if (!heard) return;
    const word = map.words[map.word_at[heard.row]], id = map.ids[heard.row];
    const far = heard.distance > map.far ? "Nobody has been here. " : "";
    spoken.textContent = `${far}Nearest: ${word}, setting ${id}, ${(100 * heard.distance).toFixed(1)} % of the map away.`;
  }

  // ---- drawing, once a frame, since the map may move under it at any time
  function follow() {
    loop = requestAnimationFrame(follow);
    const seen = data && place && axes();
    puck.hidden = !seen;
    if (!seen) return;
    const at = anchor.getBoundingClientRect();
    const ideal = [seen.x.toPixel(place[0]), seen.y.toPixel(place[1])];
    const x = within(seen.x, ideal[0]), y = within(seen.y, ideal[1]);
    const isOutside = Math.hypot(x - ideal[0], y - ideal[1]) > 1;
    const isFar = Boolean(heard && heard.distance > map.far);
    const text = fault || (!heard ? "the sound is coming …" : isOutside ? "outside this view" : where());
    const key = [x - at.left, y - at.top, isOutside, isFar, text].join();
    if (key === drawn) return;
    drawn = key;
    puck.style.transform = `translate(${(x - at.left).toFixed(1)}px, ${(y - at.top).toFixed(1)}px)`;
    const edges = { far: isFar, outside: isOutside, left: x - seen.x.start < CHIP_PX,
      right: seen.x.end - x < CHIP_PX, above: seen.y.end - y < 60 };
    for (const [name, on] of Object.entries(edges)) puck.classList.toggle(name, on);
    chip.textContent = text;
  }

  return {
    update(given, trigger) {
      data = given;
      send = trigger;
      // what the hand does goes before what Python says
      if (!grip && timer === null && data.echo >= sent) place = data.place;
      if (data.url !== mapUrl) fetchMap(data.url);
      else if (map) settle();
      loop ||= requestAnimationFrame(follow);
    },
    close() {
      if (grip?.moved) commit();
      commitPending();
      cancelAnimationFrame(loop);
      mapUrl = "";
    },
  };
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement;
  root.puck ??= makePuck(root);
  root.puck.update(data, setTriggerValue);
  return () => { root.puck?.close(); root.puck = null; };
}
