/*
 * The run: the facts of the page and the calls among them, and the questions the page
 * asks of them.
 *
 * A fact is a position everywhere on the page: its place among those the page has.
 * The facts come in parts, which are read when somebody needs them (`need`) and
 * otherwise when the browser has nothing else to do (`all`); until its part is loaded
 * nothing but a bound of its time is known of a fact. Times are nanoseconds after the
 * page's origin.
 */

const CALL_KINDS = ["heartbeat", "other", "append", "snapshot", "pre-vote", "vote"];

class Run {
  /* `texts` gives the contents of a text of the page, by name, as a promise. */
  constructor(index, texts) {
    const { count } = index;
    Object.assign(this, { count, programs: index.programs, servers: index.servers,
      lanes: index.lanes, kinds: index.kinds, topics: index.topics,
      methods: index.methods, pins: index.pins, focus: index.focus, sides: index.sides,
      load: index.load, start: index.start, end: index.end, notes: index.notes, parts: index.parts });
    this.texts = texts;
    this.columns = {
      number: new Float64Array(count), time: new Float64Array(count),
      kind: new Uint8Array(count), topic: new Uint8Array(count),
      program: new Int16Array(count), incarnation: new Float64Array(count),
      cause: new Int32Array(count), term: new Float64Array(count),
      likely: new Uint8Array(count), routine: new Uint8Array(count),
      text: new Int32Array(count), details: new Int32Array(count),
    };
    // One more than a position, so that the zero of a new array stands for none.
    this.firstEffect = new Int32Array(count);
    this.nextEffect = new Int32Array(count);
    this.callOfFact = new Int32Array(count);
    this.strings = index.parts.map(() => null);
    this.calls = index.parts.map(() => null);
    this.promises = index.parts.map(() => null);
    this.loadedParts = 0;
    this.listeners = [];
    const group = index.programs.slice(0, index.servers)
      .map((name) => /^server-(\d+)-(\d+)$/.exec(name));
    const oneGroup = group.every((found) => found && found[1] === group[0][1]);
    this.names = index.programs.map((name, i) =>
      oneGroup && i < index.servers ? `S${group[i][2]}` : name);
  }

  // Parts

  /* The part that a position lies in. */
  partOf(i) {
    return firstWhere(this.parts.length, (part) =>
      this.parts[part].first + this.parts[part].count > i);
  }

  loaded(i) {
    const part = this.partOf(i);
    return i >= 0 && part < this.parts.length && this.strings[part] !== null;
  }

  allLoaded() { return this.loadedParts === this.parts.length; }

  /* Loads the facts first..last; resolves when all of them are there. */
  need(first, last) {
    const wanted = [];
    for (let part = this.partOf(Math.max(0, first)); part < this.parts.length; part++) {
      if (this.parts[part].first > last) break;
      wanted.push(this.loadPart(part));
    }
    return Promise.all(wanted);
  }

  /* Loads the parts that have facts at the times first..last. */
  needTimes(first, last) {
    return Promise.all(this.partsWithin(first, last).map((part) => this.loadPart(part)));
  }

  partsWithin(first, last) {
    const found = [];
    this.parts.forEach((part, number) => {
      if (part.start <= last && part.end >= first) found.push(number);
    });
    return found;
  }

  /* Loads everything, a part at a time, so that the page stays quick meanwhile. */
  async all() {
    for (let part = 0; part < this.parts.length; part++) {
      if (this.strings[part] !== null) continue;
      await idle();
      await this.loadPart(part);
    }
  }

  onLoad(callback) { this.listeners.push(callback); }

  loadPart(part) {
    this.promises[part] ??= this.texts(`facts-${part}`).then((data) => {
      this.takeFacts(part, data);
      this.calls[part] = this.takeCalls(part, data);
      this.strings[part] = data.strings;
      this.loadedParts += 1;
      for (const callback of this.listeners) callback(this.parts[part]);
    });
    return this.promises[part];
  }

  takeFacts(part, { facts }) {
    const { first, count } = this.parts[part];
    const { columns } = this;
    for (const name of ["kind", "topic", "program", "incarnation", "term", "routine",
      "text", "details"]) {
      columns[name].set(facts[name], first);
    }
    columns.number.set(runningSum(facts.number), first);
    columns.time.set(runningSum(facts.time), first);
    // Backwards, so that the effects of a cause come out in their order.
    for (let i = first + count - 1; i >= first; i--) {
      const before = Math.abs(facts.cause[i - first]);
      columns.likely[i] = facts.cause[i - first] < 0 ? 1 : 0;
      const cause = before === 0 ? NONE : i - before;
      columns.cause[i] = cause;
      if (cause === NONE) continue;
      this.nextEffect[i] = this.firstEffect[cause];
      this.firstEffect[cause] = i + 1;
    }
  }

  /* The calls of a part as columns, with times for what they keep as differences. */
  takeCalls(part, { calls, strings }) {
    const count = calls.sent.length;
    const taken = { count, strings, until: -Infinity, reach: new Float64Array(count),
      sentAt: Float64Array.from(calls.sent, (i) => this.columns.time[i]) };
    taken.term = Float64Array.from(calls.term);
    for (const name of ["sent", "handed", "answered", "ended", "lost"]) {
      taken[name] = Int32Array.from(calls[name]);
    }
    for (const name of ["source", "target", "method"]) {
      taken[name] = Int16Array.from(calls[name]);
    }
    for (const name of ["kind", "granted"]) taken[name] = Int8Array.from(calls[name]);
    for (const name of ["handed", "answered", "ended"]) {
      taken[`${name}At`] = Float64Array.from(calls[`${name}_after`],
        (after, i) => (after === NONE ? NONE : taken.sentAt[i] + after));
    }
    for (let i = 0; i < count; i++) {
      taken.until = taken.reach[i] = Math.max(taken.until, this.lastSeen(taken, i));
      for (const name of ["sent", "handed", "answered", "ended"]) {
        const fact = taken[name][i];
        if (fact !== NONE) this.callOfFact[fact] = taken.sent[i] + 1;
      }
    }
    return taken;
  }

  /*
   * When a call was last seen. Of a lost one that is not when its sender gave up, which
   * may be seconds later, but its last station on the way; and so of one that is still
   * under way at the end.
   */
  lastSeen(calls, i) {
    return calls.ended[i] !== NONE && calls.lost[i] === NONE ? calls.endedAt[i]
      : Math.max(calls.sentAt[i], calls.handedAt[i], calls.answeredAt[i]);
  }

  // Facts, of parts that are loaded

  number(i) { return this.columns.number[i]; }
  time(i) { return this.columns.time[i]; }
  kind(i) { return this.kinds[this.columns.kind[i]]; }
  topic(i) { return this.topics[this.columns.topic[i]]; }
  program(i) { return this.columns.program[i]; }
  incarnation(i) { return this.columns.incarnation[i]; }
  cause(i) { return this.columns.cause[i]; }
  /* Whether the cause of a fact is only the likeliest, and not told by anything. */
  isLikely(i) { return this.columns.likely[i] === 1; }
  term(i) { return this.columns.term[i]; }
  routine(i) { return this.columns.routine[i] === 1; }
  text(i) { return this.string(i, this.columns.text[i]); }
  details(i) { return this.string(i, this.columns.details[i]); }
  string(i, number) {
    return number === NONE ? "" : this.strings[this.partOf(i)][number];
  }

  /* The loaded facts that a fact made happen, in their order. */
  effects(i) {
    const found = [];
    for (let at = this.firstEffect[i]; at !== 0; at = this.nextEffect[at - 1]) {
      found.push(at - 1);
    }
    // Parts may have come in any order.
    return found.sort((a, b) => a - b);
  }

  /*
   * The last fact at or before a time, or NONE. Of a part that is not loaded, the
   * place is guessed from its bounds.
   */
  positionAt(time) {
    const after = firstWhere(this.parts.length, (i) => this.parts[i].start > time);
    if (after === 0) return NONE;
    const { first, count, start, end } = this.parts[after - 1];
    if (this.strings[after - 1] !== null) {
      return first + firstWhere(count, (i) => this.columns.time[first + i] > time) - 1;
    }
    const share = end > start ? Math.min(1, (time - start) / (end - start)) : 1;
    return first + Math.round(share * (count - 1));
  }

  /* The fact with a number, among those that are loaded, or NONE. */
  positionOf(number) {
    for (let part = 0; part < this.parts.length; part++) {
      if (this.strings[part] === null) continue;
      const { first, count } = this.parts[part];
      const at = first + firstWhere(count, (i) =>
        this.columns.number[first + i] >= number);
      if (at < first + count && this.columns.number[at] === number) return at;
    }
    return NONE;
  }

  // Calls

  /* The call that was sent with a fact, or null. */
  call(sent) {
    const { calls, at } = this.callPlace(sent);
    if (at === NONE) return null;
    const lost = calls.lost[at];
    return {
      sent, source: calls.source[at], target: calls.target[at],
      method: this.methods[calls.method[at]], kind: calls.kind[at],
      term: calls.term[at], handed: calls.handed[at], answered: calls.answered[at],
      ended: calls.ended[at], sentAt: calls.sentAt[at], handedAt: calls.handedAt[at],
      answeredAt: calls.answeredAt[at], endedAt: calls.endedAt[at],
      granted: calls.granted[at], lost: lost === NONE ? "" : calls.strings[lost],
    };
  }

  /* The columns that have the call sent with a fact, and its place in them or NONE. */
  callPlace(sent) {
    const calls = sent < 0 ? null : this.calls[this.partOf(sent)] ?? null;
    if (calls === null) return { calls, at: NONE };
    const at = lowerBound(calls.sent, sent);
    return { calls, at: at < calls.count && calls.sent[at] === sent ? at : NONE };
  }

  /* The call that a fact is a station of, or null. */
  callOf(i) {
    const sent = this.callOfFact[i];
    return sent === 0 ? null : this.call(sent - 1);
  }

  /* Tells `visit` of the calls that touch the times first..last: columns, from, to. */
  eachCallsWithin(first, last, visit) {
    for (const calls of this.calls) {
      if (calls === null || calls.count === 0 || calls.until < first) continue;
      const to = upperBound(calls.sentAt, last);
      const from = lowerBound(calls.reach, first);
      if (from < to) visit(calls, from, to);
    }
  }

  // Programs

  /* A name for people: S0 for a server where there is one group of them. */
  name(program) { return program === NONE ? "test" : this.names[program]; }

  isServer(program) { return program >= 0 && program < this.servers; }
}

/* Reads a text of the page: JSON, deflated, in base64. */
async function readText(name) {
  const text = (await textElement(name)).textContent.trim();
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(plain).json();
}

/*
 * The element of a text. What stands behind the main script is still being read when
 * that runs, and an element is whole once another stands behind it.
 */
async function textElement(name) {
  const whole = () => {
    const found = byId(name);
    const complete = document.readyState !== "loading" || found?.nextElementSibling;
    return complete ? found : null;
  };
  if (whole() === null && document.readyState === "loading") {
    await new Promise((done) => {
      document.addEventListener("DOMContentLoaded", done, { once: true });
    });
  }
  return whole();
}

/* Resolves when the browser has nothing to do, or soon. */
function idle() {
  // Not every browser tells when it is idle (Safari).
  return new Promise((done) => {
    if (window.requestIdleCallback) requestIdleCallback(done, { timeout: 200 });
    else setTimeout(done, 20);
  });
}
