/*
 * The address of a moment: what follows `#` in the page's address. It names times and
 * numbers, so it leads to the same moment on the page of every run of the same seed.
 *
 *     #t=3.214&s=2&f=123&w=3.1..3.4
 *
 * `t` is the cursor's time in seconds, `s` the chosen server's number (its name, where
 * there are several groups), `f` the number of the selected fact, `w` the time in sight.
 */

/*
 * What an address says: {time, server, number, window}, null for what it does not, and
 * as `wrong` what it names though there is no such thing.
 */
function readAddress(hash, run) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const seconds = (text) => {
    const time = /^-?\d+(\.\d+)?$/.test(text ?? "") ? Number(text) * 1e9 : Infinity;
    return Number.isFinite(time) ? time : null;
  };
  const server = fields.get("s");
  const found = server === null ? NONE
    : run.programs.findIndex((_, i) => i < run.servers && serverKey(run, i) === server);
  const [first, last] = (fields.get("w") ?? "").split("..").map(seconds);
  const number = fields.get("f");
  const isNumber = /^\d+$/.test(number ?? "");
  return {
    wrong: [
      ...server !== null && found === NONE ? [`no server “${server}”`] : [],
      ...number !== null && !isNumber ? [`no fact “${number}”`] : [],
    ],
    time: seconds(fields.get("t")),
    server: found === NONE ? null : found,
    number: isNumber ? Number(number) : null,
    window: first !== null && last !== undefined && last !== null && last > first
      ? { first, last } : null,
  };
}

/* The address of a moment; the same fields, null for what it leaves out. */
function addressOf({ time, server, number, window: sight }, run) {
  const fields = [`t=${secondsText(time)}`];
  if (server !== null) fields.push(`s=${serverKey(run, server)}`);
  if (number !== null) fields.push(`f=${number}`);
  // No finer than a thousandth of what is in sight.
  const rounded = (at) => {
    const step = 10 ** Math.max(0, Math.floor(Math.log10(sight.last - sight.first)) - 3);
    return secondsText(Math.round(at / step) * step);
  };
  fields.push(`w=${rounded(sight.first)}..${rounded(sight.last)}`);
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
