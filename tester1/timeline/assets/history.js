/*
 * The history: the page's JSON as arrays, and the questions the page asks of it.
 *
 * An operation or annotation is a number everywhere on the page. Times are
 * nanoseconds after the page's origin. Nothing here changes after loading.
 */

const NONE = -1;

class History {
  constructor(page) {
    const columns = page.operations;
    this.page = page;
    this.columns = columns;
    this.count = columns.call.length;
    this.call = runningSum(columns.call);
    this.ret = columns.duration.map((length, i) =>
      length < 0 ? Infinity : this.call[i] + length);
    this.annotations = page.annotations;
    this.parts = page.parts.map((part) => new Part(part));
    this.span = this.spanOfEverything();
    this.kinds = new Kinds(this);
  }

  client(i) { return this.columns.client[i]; }
  clientName(i) { return String(this.page.clients[this.client(i)]); }
  part(i) { return this.parts[this.columns.part[i]]; }
  text(i) { return this.page.strings[this.columns.text[i]]; }
  input(i) { return this.page.strings[this.columns.input[i]]; }
  output(i) {
    const number = this.columns.output[i];
    return number === NONE ? "unknown" : this.page.strings[number];
  }
  string(number) { return this.page.strings[number]; }

  /* The finite times there are; operations that never returned reach beyond. */
  spanOfEverything() {
    let first = Infinity;
    let last = -Infinity;
    const include = (time) => {
      if (time === null || !Number.isFinite(time)) return;
      first = Math.min(first, time);
      last = Math.max(last, time);
    };
    for (let i = 0; i < this.count; i++) { include(this.call[i]); include(this.ret[i]); }
    for (const note of this.annotations) { include(note.start); include(note.end); }
    if (this.page.run) { include(this.page.run.start); include(this.page.run.end); }
    return first <= last ? { first, last: Math.max(last, first + 1) }
      : { first: 0, last: 1e9 };
  }

  /* The first part that is not linearizable, else the first undecided one, or NONE. */
  worstPart() {
    const illegal = this.parts.findIndex((part) => part.verdict === "illegal");
    return illegal >= 0 ? illegal
      : this.parts.findIndex((part) => part.verdict === "unknown");
  }

  /* The parts that are not linearizable, in their order. */
  errors() {
    return this.parts.filter((part) => part.verdict === "illegal");
  }
}

/* One partition: a key, or the whole history. */
class Part {
  constructor(data) {
    this.name = data.name;
    this.verdict = data.verdict;
    this.engine = data.engine;
    this.size = data.size;
    this.initial = data.initial;
    this.reason = data.reason;
    this.core = new Set(data.core);
    this.contradiction = new Set(data.contradiction);
    this.omitted = data.omitted;
    this.data = data.paths;
    this.longest = this.longestPaths();
    this.chosen = 0;
    this.expanded = null;
  }

  get pathCount() { return this.data.length; }

  /*
   * For each operation, the longest path that includes it. Paths come longest
   * first, and the part that a path shares belongs to an earlier one, so only the
   * new steps of each have to be looked at.
   */
  longestPaths() {
    const longest = new Map();
    this.data.forEach((path, number) => {
      for (const operation of path.order) {
        if (!longest.has(operation)) longest.set(operation, number);
      }
    });
    return longest;
  }

  pathOf(operation) { return this.longest.get(operation) ?? NONE; }

  choose(number) {
    if (number === this.chosen) return;
    this.chosen = number;
    this.expanded = null;
  }

  /* The chosen path: {order, states, place: operation -> position}, or null. */
  path() {
    if (!this.expanded && this.data.length > 0) {
      const { order, states } = this.expand(this.chosen, Infinity);
      const place = new Map(order.map((operation, at) => [operation, at]));
      this.expanded = { order, states, place };
    }
    return this.expanded;
  }

  expand(number, length) {
    const path = this.data[number];
    const shared = Math.min(path.keep, length);
    const start = shared > 0 ? this.expand(path.base, shared)
      : { order: [], states: [] };
    const own = length - shared;
    return {
      order: start.order.concat(path.order.slice(0, own)),
      states: start.states.concat(path.states.slice(0, own)),
    };
  }
}

/* Sorts operations by the first word of their description: get, put, … */
class Kinds {
  constructor(history) {
    const COLOURS = 6;
    const words = Array.from({ length: history.count },
      (_, i) => /^[^\s([{:'"<]*/.exec(history.text(i))[0].toLowerCase());
    // Sorted, so that a kind has the same colour on every page of a model.
    this.names = [...new Set(words)].sort();
    const numbers = new Map(this.names.map((name, i) => [name, i]));
    this.of = words.map((word) => Math.min(numbers.get(word), COLOURS - 1));
  }
}

function runningSum(steps) {
  const sums = new Float64Array(steps.length);
  let sum = 0;
  steps.forEach((step, i) => { sum += step; sums[i] = sum; });
  return sums;
}
