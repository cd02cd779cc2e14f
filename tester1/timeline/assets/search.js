/*
 * The search box: which operations match a query.
 *
 * All words of the query must occur in the operation's description, input, output or
 * key, in any case. `client:3` and `key:x` ask for exactly that client or key, `#12`
 * for an operation by number, `is:core` for the minimal illegal sub-histories.
 */

const CORE_QUERY = "is:core";

/* The numbers of matching operations, or null for an empty query. */
function matching(history, query) {
  const words = query.trim().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return null;
  const tests = words.map((word) => wordTest(history, word));
  const matches = new Set();
  for (let i = 0; i < history.count; i++) {
    if (tests.every((test) => test(i))) matches.add(i);
  }
  return matches;
}

function wordTest(history, word) {
  const [, field, value] = /^(client|key):(.+)$/i.exec(word) ?? [null, "", ""];
  if (field.toLowerCase() === "client") return (i) => history.clientName(i) === value;
  if (field.toLowerCase() === "key") return (i) => history.part(i).name === value;
  if (word.toLowerCase() === CORE_QUERY) return (i) => history.part(i).core.has(i);
  if (/^#\d+$/.test(word)) return (i) => i === Number(word.slice(1));
  const wanted = word.toLowerCase();
  return (i) => searchText(history, i).includes(wanted);
}

function searchText(history, i) {
  return [history.text(i), history.input(i), history.output(i), history.part(i).name]
    .join("\n").toLowerCase();
}
