// Making nodes, times and copies. What others wrote becomes text nodes and attributes only, never markup.

/** Return an element; `undefined` and `false` leave an attribute or a child out, a function listens to its event. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return node;
}

/** Return the element that the page's skeleton has under an id. */
function part(id) {
  return document.getElementById(id);
}

/** Return a number as people read it, and the noun that goes with it. */
function counted(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/** Return a time, given in seconds since 1970. */
function moment(seconds) {
  const written = new Date(seconds * 1000).toISOString();
  return make("time", { datetime: written }, `${written.slice(0, 10)} ${written.slice(11, 19)} UTC`);
}

/** Return a span of seconds in its two largest units. */
function span(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(left / 86400), "d"],
    [Math.floor(left / 3600) % 24, "h"],
    [Math.floor(left / 60) % 60, "min"],
    [left % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** Return a verdict's sign: a form and a colour of its own. */
function sign(verdict) {
  return make("i", { class: `sign ${verdict}` });
}

/** Say something to whoever listens to the page. */
function announce(text) {
  part("announcement").textContent = text;
}

/** Return a button that copies a text; `what` names it for those who don't see what it stands beside. */
function copyButton(text, what) {
  return make(
    "button",
    {
      type: "button",
      class: "copy",
      "aria-label": `Copy ${what}`,
      title: `Copy ${what}`,
      click: () => copy(text, what),
    },
    "copy",
  );
}

async function copy(text, what) {
  // Only a secure context has a clipboard: a page from plain HTTP has the older way alone.
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else copyBySelection(text);
  announce(`Copied ${what}`);
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = make("textarea", { class: "unseen" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  focused?.focus();
}
