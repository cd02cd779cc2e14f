/*
 * The address of a place on the page: what follows `#` in the page's address.
 *
 *     #t=3.214&s=2&f=123&w=3.1..3.4    on the page of a run
 *     #o=12&k=x&w=1.2..3.4             on any page with operations
 *
 * `t` is the cursor's time in seconds, `s` the chosen server's number (its name, where
 * there are several groups), `f` the number of the selected fact, `o` that of the
 * selected operation or `a` of the annotation, `k` the key on show, `w` the time in
 * sight. It names times and numbers, so it leads to the same place on the page of every
 * run of the same seed, and of the same history.
 */

const ADDRESS_OF_RUN = ["t", "s", "f"];
const ADDRESS_OF_ALL = ["o", "a", "k", "w"];

/*
 * What an address says: {time, server, number, operation, annotation, key, window}, null
 * for what it does not, and as `wrong` what it names though there is no such thing. A
 * key is its number. `run` is null on a page without one.
 */
function readAddress(hash, history, run) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const wrong = [];
  for (const [name, text] of fields) {
    if (ADDRESS_OF_RUN.includes(name)) {
      if (run === null) wrong.push(`no run, as “${name}=${text}” needs`);
    } else if (!ADDRESS_OF_ALL.includes(name)) wrong.push(`nothing that “${name}” names`);
  }
  const read = (name, what, meaning) => {
    const text = fields.get(name);
    if (text === null || (run === null && ADDRESS_OF_RUN.includes(name))) return null;
    const value = meaning(text);
    if (value === null) wrong.push(`no ${what} “${text}”`);
    return value;
  };
  return {
    wrong,
    time: read("t", "time", readSeconds),
    server: read("s", "server", (text) => placeIn(run.programs, (_, i) =>
      i < run.servers && serverKey(run, i) === text)),
    number: read("f", "fact", (text) => readNumber(text, Infinity)),
    operation: read("o", "operation", (text) => readNumber(text, history.count)),
    annotation: read("a", "annotation", (text) =>
      readNumber(text, history.annotations.length)),
    key: read("k", "key", (text) => placeIn(history.parts, ({ name }) => name === text)),
    window: read("w", "stretch of time", readWindow),
  };
}

function readSeconds(text) {
  const time = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1e9 : Infinity;
  return Number.isFinite(time) ? time : null;
}

function readWindow(text) {
  const [first, last, ...more] = text.split("..").map(readSeconds);
  const isWindow = first !== null && (last ?? null) !== null && more.length === 0;
  return isWindow && last > first ? { first, last } : null;
}

/* A number from 0 below `end`, or null. */
function readNumber(text, end) {
  return /^\d+$/.test(text) && Number(text) < end ? Number(text) : null;
}

function placeIn(list, test) {
  const found = list.findIndex(test);
  return found < 0 ? null : found;
}

/* The address of a place; the same fields, null for what it leaves out, a key by name. */
function addressOf(place, run) {
  const { time = null, server = null, number = null, window: sight } = place;
  const fields = [];
  const add = (name, value) => { if (value !== null) fields.push(`${name}=${value}`); };
  add("t", time === null ? null : secondsText(time));
  add("s", server === null ? null : serverKey(run, server));
  add("f", number);
  add("o", place.operation);
  add("a", place.annotation);
  add("k", place.key === null ? null : encodeURIComponent(place.key));
  // No finer than a thousandth of what is in sight.
  const rounded = (at) => {
    const step = 10 ** Math.max(0, Math.floor(Math.log10(sight.last - sight.first)) - 3);
    return secondsText(Math.round(at / step) * step);
  };
  add("w", `${rounded(sight.first)}..${rounded(sight.last)}`);
  return `#${fields.join("&")}`;
}

function serverKey(run, server) { return run.name(server).replace(/^S(?=\d+$)/, ""); }

/* Copies a text; resolves to whether that was possible. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not every browser lets a page from disk do so.
    return false;
  }
}
