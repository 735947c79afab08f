// The keys of the whole page that mean the player: Space, B, and undo and redo.

// Where a key is typed, and where Space presses something
const FIELDS = "textarea, select, [contenteditable=true], [role=combobox], [role=grid], [role=option],"
  + " input:not([type=range], [type=checkbox], [type=radio], [type=button])";
const PRESSED_BY_SPACE = "button, summary, label, input[type=checkbox], input[type=radio],"
  + " [role=button], [role=tab], [role=radio], [role=checkbox], [role=switch], [role^=menuitem]";

// Hears them until what it returns is called.
function listenForKeys({ toggle, step, bypass }) {
  // What was pressed with the pointer has the focus too, but Space is then meant for the player.
  let isByPointer = false, isSpaceTaken = false;
  function pressed(event) {
    const path = event.composedPath(), target = path[0], key = event.key.toLowerCase();
    if (key === "tab" || key.startsWith("arrow")) isByPointer = false;
    if (target.closest?.(FIELDS) || event.altKey) return;
    if (path.some((part) => part.dataset?.ownKeys?.includes(key))) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && (key === "z" || key === "y")) {
      step(key === "y" || event.shiftKey ? "redo" : "undo");
    } else if (isCommand || event.shiftKey) return;
    else if (key === " " && (isByPointer || !target.closest?.(PRESSED_BY_SPACE))) {
      isSpaceTaken = true;
      if (!event.repeat) toggle();
    } else if (key === "b") {
      if (!event.repeat) bypass();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
  const keys = {
    keydown: pressed,
    // some browsers press a button as Space is let go
    keyup: (event) => {
      if (event.key !== " " || !isSpaceTaken) return;
      isSpaceTaken = false;
      event.preventDefault();
      event.stopPropagation();
    },
    pointerdown: () => { isByPointer = true; },
  };
  for (const [kind, hear] of Object.entries(keys)) document.addEventListener(kind, hear, true);
  return () => {
    for (const [kind, hear] of Object.entries(keys)) document.removeEventListener(kind, hear, true);
  };
}
