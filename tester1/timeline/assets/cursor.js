/*
 * What there is at the cursor: how the servers' logs compare, which columns a table of
 * them has, what threads wait for, and all of it in one sentence.
 */

/* So many of the last columns of a table of logs are never folded. */
const NEWEST_COLUMNS = 4;
/* A fold of fewer columns would save no room. */
const SMALLEST_FOLD = 3;
const MOST_UNFOLDED = 60;
/* No test has longer logs; an index that a wrong message made up may be any number. */
const MOST_INDICES = 200_000;

const CELL = { absent: 0, snapshot: 1, unknown: 2, entry: 3 };
const DIFFERS = { no: 0, other: 1, missing: 2, more: 3 };
const STANDS = { open: 0, committed: 1, applied: 2 };

/*
 * The server whose log the others are compared with: who leads in the newest term that
 * a living server shows, or NONE. Whoever leads in an older one has been replaced.
 */
function leading(states) {
  const newest = newestTerm(states);
  return states.findIndex(({ alive, role, term }) =>
    alive && role === ROLES.leader && term === newest);
}

/* The highest term that a living server shows, null if none does. */
function newestTerm(states) {
  const terms = states.filter(({ alive, term }) => alive && term !== null)
    .map(({ term }) => term);
  return terms.length === 0 ? null : Math.max(...terms);
}

function nobodyText(states) {
  const newest = newestTerm(states);
  return newest === null ? "nobody leads" : `nobody leads in T${newest}`;
}

/*
 * The logs of all servers side by side: {leader, columns: [{first, last, cells}]}, a
 * column for each index or, folded, for a run of indices that look alike. A cell is
 * {what, differs, stands, entry, last}, with the first and the last entry of the fold.
 */
function logTable(states, unfolded = []) {
  const leader = leading(states);
  const rows = states.map((state) => new LogRow(state));
  const least = Math.min(...rows.map((row) => row.base));
  const most = Math.min(Math.max(...rows.map((row) => row.end)), least + MOST_INDICES);
  for (const row of rows) row.look(rows[leader], least, most);
  const columns = least > 0 ? [columnOf(rows, 1, least)] : [];
  const looksLike = (index, other) => rows.every((row) =>
    row.looks[index - least] === row.looks[other - least]);
  let first = least + 1;
  for (let index = first + 1; index <= most + 1; index++) {
    if (index <= most && looksLike(index, first)) continue;
    for (const [from, to] of folds(first, index - 1, most, unfolded)) {
      columns.push(columnOf(rows, from, to));
    }
    first = index;
  }
  return { leader, columns };
}

/* Cuts a run of indices that look alike into columns: [first, last] of each. */
function folds(first, last, most, unfolded) {
  const opened = unfolded.find(([from, to]) => from <= last && to >= first);
  const single = Math.max(first, opened ? last - MOST_UNFOLDED + 1
    : most - NEWEST_COLUMNS + 1);
  const from = Math.min(single, last + 1);
  const found = [];
  if (from - first >= SMALLEST_FOLD) found.push([first, from - 1]);
  else for (let index = first; index < from; index++) found.push([index, index]);
  for (let index = from; index <= last; index++) found.push([index, index]);
  return found;
}

function columnOf(rows, first, last) {
  return { first, last, cells: rows.map((row) => row.cell(first, last)) };
}

/* One log, and how it looks beside the leader's. */
class LogRow {
  constructor(state) {
    const { base, end, log } = state;
    this.state = state;
    this.base = base.index;
    this.hasEnd = end.index !== null;
    this.end = Math.max(base.index, end.index ?? 0);
    this.log = log;
  }

  /*
   * Works out what there is at each index from `least` on, in one pass: logs are long,
   * and this is done for every instant. A look is one number, see `cell`.
   */
  look(reference, least, most) {
    this.least = least;
    this.looks = new Uint8Array(most - least + 1);
    let [here, there] = [0, 0];
    const other = reference?.log ?? [];
    for (let index = least; index <= most; index++) {
      while (here < this.log.length && this.log[here].index < index) here += 1;
      while (there < other.length && other[there].index < index) there += 1;
      const own = this.log[here]?.index === index ? this.log[here] : null;
      const leaders = other[there]?.index === index ? other[there] : null;
      const what = this.what(index, own);
      const differs = reference === undefined || reference === this ? DIFFERS.no
        : this.difference(index, own, reference, leaders);
      this.looks[index - least] = what * 12 + differs * 3 + this.stands(index);
    }
  }

  cell(first, last) {
    // What all logs have folded away looks like the index that it ends at.
    const look = this.looks[Math.max(first, this.least) - this.least];
    return { what: Math.floor(look / 12), differs: Math.floor(look / 3) % 4,
      stands: look % 3, entry: this.entry(first), last: this.entry(last) };
  }

  entry(index) {
    const at = firstWhere(this.log.length, (i) => this.log[i].index >= index);
    return this.log[at]?.index === index ? this.log[at] : null;
  }

  what(index, entry) {
    if (index <= this.base) return CELL.snapshot;
    if (index > this.end) return CELL.absent;
    return entry === null ? CELL.unknown : CELL.entry;
  }

  /* How it differs from the leader's log at an index, as far as both are known there. */
  difference(index, entry, reference, leaders) {
    const [isHere, isThere] = [index <= this.end, index <= reference.end];
    if (isHere !== isThere) {
      if (!this.hasEnd || !reference.hasEnd) return DIFFERS.no;
      return isHere ? DIFFERS.more : DIFFERS.missing;
    }
    if (entry === null || leaders === null) return DIFFERS.no;
    return differ(entry.term, leaders.term) || differ(entry.command, leaders.command)
      ? DIFFERS.other : DIFFERS.no;
  }

  stands(index) {
    if (index > this.end) return STANDS.open;
    if (index <= this.base || index <= (this.state.applied ?? 0)) return STANDS.applied;
    return index <= (this.state.commit ?? 0) ? STANDS.committed : STANDS.open;
  }
}

/* Whether two values are known not to be the same. */
function differ(one, other) { return one !== null && other !== null && one !== other; }

/* What threads wait for: WaitsData by program, asked by time. */
class Waits {
  constructor(data) {
    this.data = data;
    this.of = new Map();
    data.program.forEach((program, i) => {
      if (!this.of.has(program)) this.of.set(program, []);
      this.of.get(program).push(i);
    });
  }

  /* What the threads of a program wait for at a time: [{thread, reason, line, since}]. */
  at(program, time) {
    const { strings, thread, reason, line, since, until } = this.data;
    return (this.of.get(program) ?? [])
      .filter((i) => since[i] <= time && (until[i] === NONE || time < until[i]))
      .map((i) => ({ thread: strings[thread[i]], reason: strings[reason[i]],
        line: line[i] === NONE ? "" : strings[line[i]], since: since[i] }));
  }
}

// Words

/* How a server stands, for those who listen: role, term, log, commit. */
function standingText(run, server, state) {
  const name = spokenName(run, server);
  if (!state.alive) return `${name}, ${roleText(state)}`;
  const role = state.role === null ? "role unknown" : ROLE_NAMES[state.role];
  return [name, `${role} in term ${shownNumber(state.term)}`,
    `log to ${shownNumber(state.end.index)}`,
    `committed ${shownNumber(state.commit)}`].join(", ");
}

/* The name of a program as one says it. */
function spokenName(run, program) {
  return run.name(program).replace(/^S(\d+)$/, "server $1");
}

/* A number, or what stands for one that nothing has shown. */
function shownNumber(value) { return String(value ?? "?"); }

/* A time in seconds with no more digits than it has, as addresses have it. */
function secondsText(ns) { return String(Number((ns / 1e9).toFixed(9))); }
