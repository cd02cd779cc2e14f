/*
 * The search box: what a query asks for, and which facts and operations match it.
 *
 * All words of a query must fit. A word occurs in the text of what it finds, in any
 * case; `"two words"` are one. A word with a field asks for more exactly (FIELDS). A
 * word that makes no sense is an error that lists what there is, never no match.
 */

const CORE_QUERY = "is:core";

class QueryError extends Error {}

/*
 * What a query asks of facts and of operations: a test of each, or null if nothing of
 * that sort can match. `error` says which word makes no sense, if one does not. `steps`
 * has the positions that steps of a name lead to, as far as they are known.
 */
class Query {
  constructor(text, history, run, steps = {}) {
    this.words = text.match(/"[^"]*"?|\S+/g) ?? [];
    this.error = "";
    this.fact = run === null ? null : () => true;
    this.operation = history.count === 0 ? null : () => true;
    try {
      for (const word of this.words) {
        this.require(wordTests(word, history, run, steps));
      }
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      this.error = error.message;
      this.fact = this.operation = null;
    }
  }

  get isEmpty() { return this.words.length === 0; }

  require({ fact = null, operation = null }) {
    this.fact = both(this.fact, fact);
    this.operation = both(this.operation, operation);
  }

  /* The numbers of matching operations, or null for an empty query. */
  operations(history) {
    if (this.isEmpty) return null;
    const matches = new Set();
    for (let i = 0; this.operation !== null && i < history.count; i++) {
      if (this.operation(i)) matches.add(i);
    }
    return matches;
  }
}

function both(one, other) {
  return one === null || other === null ? null : (i) => one(i) && other(i);
}

/* Tests of a word, {fact, operation}; one that is missing matches nothing. */
function wordTests(word, history, run, steps) {
  if (/^#\d+$/.test(word)) {
    const number = Number(word.slice(1));
    return { fact: (i) => run.number(i) === number, operation: (i) => i === number };
  }
  const [, field, value] = /^([a-z]+):(.*)$/i.exec(word) ?? [null, "", ""];
  const name = field.toLowerCase();
  if (Object.hasOwn(OPERATION_FIELDS, name) && value !== "") {
    return { operation: OPERATION_FIELDS[name](value, history) };
  }
  if (word.toLowerCase() === CORE_QUERY) {
    return { operation: (i) => history.part(i).core.has(i) };
  }
  // Without a run what looks like a field of facts is a text like any other.
  if (field === "" || run === null) return textTests(word, history, run);
  if (Object.hasOwn(FIELDS, name)) return FIELDS[name](value, history, run, steps);
  const fields = [...Object.keys(OPERATION_FIELDS), ...Object.keys(FIELDS)];
  throw new QueryError(`There is no field ${quoted(field)}, but `
    + `${listed(fields.map((one) => `${one}:`))}. Put a text with a colon in quotes.`);
}

const OPERATION_FIELDS = {
  client: (value, history) => (i) => history.clientName(i) === value,
  key: (value, history) => (i) => history.part(i).name === value,
};

const FIELDS = {
  term: termTests,
  kind: kindTests,
  server: (value, history, run) => {
    const server = programOf(run, value, run.servers, "server");
    return { fact: (i) => run.program(i) === server };
  },
  from: (value, history, run) => endTests(run, value, "source"),
  to: (value, history, run) => endTests(run, value, "target"),
  is: isTests,
  t: timeTests,
};

function termTests(value, history, run) {
  const [, first, last] = /^(\d+)(?:\.\.(\d+))?$/.exec(value) ?? [];
  if (first === undefined) {
    throw new QueryError(`${quoted(value)} is no term; a term is term:5, and several `
      + "are term:5..7.");
  }
  const [from, to] = [Number(first), Number(last ?? first)];
  return { fact: (i) => from <= run.term(i) && run.term(i) <= to };
}

/*
 * What steps of that name lead to; else kinds of messages and of facts, and what
 * operations do: all that have the name; else a topic, which is wider than a kind.
 */
function kindTests(value, history, run, steps) {
  const name = kindName(value);
  if (Object.hasOwn(steps, name)) return { fact: positionTest(run, steps[name]) };
  const groups = [CALL_KINDS, run.kinds, history.kinds.names, run.topics];
  const [calls, kinds, operations, topics] = groups.map((names) =>
    new Set(names.flatMap((one, i) => (kindName(one) === name ? [i] : []))));
  const isKind = calls.size + kinds.size + operations.size > 0;
  if (!isKind && topics.size === 0) {
    const known = [...Object.keys(steps), ...groups.flat().map(kindName)];
    throw new QueryError(`There is no kind ${quoted(value)}, but `
      + `${listed([...new Set(known)])}.`);
  }
  const { columns } = run;
  return {
    fact: (i) => (isKind ? kinds.has(columns.kind[i]) : topics.has(columns.topic[i]))
      || (calls.size > 0 && calls.has(run.callOf(i)?.kind)),
    operation: operations.size === 0 ? null : (i) => operations.has(history.kinds.of[i]),
  };
}

/* The test for being at one of these positions. */
function positionTest(run, positions) {
  const marks = new Uint8Array(run.count);
  for (const position of positions) marks[position] = 1;
  return (i) => marks[i] === 1;
}

/* Names of several words are one word in a query. */
function kindName(name) { return name.toLowerCase().replaceAll(" ", "-"); }

function endTests(run, value, end) {
  const program = programOf(run, value, run.programs.length, "program");
  return { fact: (i) => run.callOf(i)?.[end] === program };
}

/* The program that is meant by a number, a short name, or the full one. */
function programOf(run, value, count, what) {
  const wanted = value.toLowerCase();
  const programs = run.programs.slice(0, count);
  const found = programs.findIndex((program, i) => {
    const name = run.name(i).toLowerCase();
    return [name, program.toLowerCase(), name.replace(/^s(?=\d+$)/, "")].includes(wanted);
  });
  if (found >= 0) return found;
  const names = programs.map((_, i) => run.name(i));
  throw new QueryError(`There is no ${what} ${quoted(value)}, but ${listed(names)}.`);
}

function isTests(value, history, run) {
  const wanted = value.toLowerCase();
  if (wanted === "lost") return { fact: (i) => (run.callOf(i)?.lost ?? "") !== "" };
  if (wanted === "finding") {
    const facts = findingFacts(run);
    return { fact: (i) => facts.has(i) };
  }
  throw new QueryError(`There is no is:${value}, but `
    + `${listed(["is:lost", "is:finding", CORE_QUERY])}.`);
}

/* The facts that show what was found. */
function findingFacts(run) {
  return new Set(run.pins.flatMap(({ at, promise, proof }) => [at, promise, ...proof])
    .filter((i) => i !== NONE));
}

/* Times in seconds: `1.2..1.5`, and either of the two may be missing. */
function timeTests(value, history, run) {
  const [found, first, last] = /^(\d*\.?\d*)\.\.(\d*\.?\d*)$/.exec(value) ?? [null, "", ""];
  if (found === null || first + last === "") {
    throw new QueryError(`${quoted(value)} is no stretch of time; one is t:1.2..1.5, `
      + "in seconds.");
  }
  const from = first === "" ? -Infinity : Number(first) * 1e9;
  const to = last === "" ? Infinity : Number(last) * 1e9;
  return {
    fact: (i) => from <= run.time(i) && run.time(i) <= to,
    operation: (i) => history.ret[i] >= from && history.call[i] <= to,
  };
}

function textTests(word, history, run) {
  const wanted = word.replaceAll('"', "").toLowerCase();
  const inText = run === null ? null : factTextTest(run, wanted);
  return {
    fact: inText,
    operation: (i) => operationText(history, i).includes(wanted),
  };
}

function operationText(history, i) {
  return [history.text(i), history.input(i), history.output(i), history.part(i).name]
    .join("\n").toLowerCase();
}

/* Many facts have the same text: each text of a part is looked through once. */
function factTextTest(run, wanted) {
  const known = run.parts.map(() => new Map());
  const { text, details } = run.columns;
  const has = (part, number) => {
    if (number === NONE) return false;
    if (!known[part].has(number)) {
      known[part].set(number, run.strings[part][number].toLowerCase().includes(wanted));
    }
    return known[part].get(number);
  };
  return (i) => {
    const part = run.partOf(i);
    return has(part, text[i]) || has(part, details[i]);
  };
}

function quoted(text) { return `“${text}”`; }

function listed(names) {
  const last = names[names.length - 1];
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/* How long a search may keep the page from drawing. */
const SEARCH_SLICE_MS = 12;
/* How often it says how far it is. */
const SEARCH_NEWS_MS = 150;

/*
 * The facts that match, found part by part: parts that are not there yet are loaded
 * for it. `onProgress` is called now and then, and at the end.
 */
class FactMatches {
  constructor(run, onProgress) {
    this.run = run;
    this.onProgress = onProgress;
    this.found = { isAll: true };
  }

  /* Looks for the facts that `test` accepts; without a test all of them match. */
  async search(test) {
    const { run } = this;
    if (test === null) {
      this.found = { isAll: true };
      this.onProgress();
      return;
    }
    const found = { isAll: false, marks: new Uint8Array(run.count), positions: [],
      parts: 0 };
    this.found = found;
    let since = performance.now();
    let told = since;
    for (const { first, count } of run.parts) {
      const isLate = performance.now() - since > SEARCH_SLICE_MS;
      if (isLate || !run.loaded(first)) {
        if (since - told > SEARCH_NEWS_MS || !run.loaded(first)) {
          this.onProgress();
          told = since;
        }
        await Promise.all([nextTask(), run.need(first, first + count - 1)]);
        since = performance.now();
      }
      // Another search may have begun in the meantime.
      if (this.found !== found) return;
      for (let i = first; i < first + count; i++) {
        if (!test(i)) continue;
        found.marks[i] = 1;
        found.positions.push(i);
      }
      found.parts += 1;
    }
    this.onProgress();
  }

  get isAll() { return this.found.isAll; }
  get isComplete() { return this.isAll || this.found.parts === this.run.parts.length; }
  get positions() { return this.found.positions; }
  has(i) { return this.isAll || this.found.marks[i] === 1; }

  /* The first match behind a position, or the last one before it, or NONE. */
  beside(position, by) {
    if (this.isAll) return NONE;
    const at = by > 0 ? upperBound(this.positions, position)
      : lowerBound(this.positions, position) - 1;
    return this.positions[at] ?? NONE;
  }
}

function nextTask() { return new Promise((done) => { setTimeout(done); }); }
