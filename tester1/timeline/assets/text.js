/*
 * Texts and elements: how times and lengths of time are written, and how the page's
 * elements are made. Values of a history only ever become text nodes, never markup.
 */

/* A time with as many decimals as `step` needs to tell neighbours apart. */
function timeText(ns, step = 1e3) {
  const decimals = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / 1e9) - 1e-9)));
  return `${(ns / 1e9).toFixed(decimals)} s`;
}

function durationText(ns) {
  if (!Number.isFinite(ns)) return "never returned";
  if (ns >= 1e9) return `${trimmed(ns / 1e9)} s`;
  if (ns >= 1e6) return `${trimmed(ns / 1e6)} ms`;
  if (ns >= 1e3) return `${trimmed(ns / 1e3)} µs`;
  return `${trimmed(ns)} ns`;
}

function trimmed(value) { return String(Number(value.toFixed(3))); }

function counted(count, noun) {
  const number = count.toLocaleString("en");
  return `${number} ${noun}${count === 1 ? "" : "s"}`;
}

/* An element with properties and children; text children stay text. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("aria-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function byId(id) { return document.getElementById(id); }
