/*
 * What there is at the cursor: how the servers' logs compare, which columns a table of
 * them has, what threads wait for, and all of it in one sentence.
 */

/* So many of the last columns of a table of logs are never folded. */
const NEWEST_COLUMNS = 4;
/* A fold of fewer columns would save no room. */
const SMALLEST_FOLD = 3;
const MOST_UNFOLDED = 60;

const CELL = { absent: 0, snapshot: 1, unknown: 2, entry: 3 };
const DIFFERS = { no: 0, other: 1, missing: 2, more: 3 };
const STANDS = { open: 0, committed: 1, applied: 2 };

/* The server whose log the others are compared with: who leads in the newest term. */
function leading(states) {
  let found = NONE;
  states.forEach((state, server) => {
    const leads = state.alive && state.role === ROLES.leader;
    if (leads && (found === NONE || state.term > states[found].term)) found = server;
  });
  return found;
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
  const most = Math.max(...rows.map((row) => row.end));
  const columns = least > 0 ? [columnOf(rows, leader, 1, least)] : [];
  const looks = (index) => columnLook(rows, leader, index);
  let first = least + 1;
  let look = first <= most ? looks(first) : 0;
  for (let index = first + 1; index <= most + 1; index++) {
    const next = index <= most ? looks(index) : NONE;
    if (next === look) continue;
    for (const [from, to] of folds(first, index - 1, most, unfolded)) {
      columns.push(columnOf(rows, leader, from, to));
    }
    first = index;
    look = next;
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

function columnOf(rows, leader, first, last) {
  const cells = rows.map((row) => ({ ...cellAt(row, rows[leader], first),
    entry: row.entry(first), last: row.entry(last) }));
  return { first, last, cells };
}

function cellAt(row, reference, index) {
  return { what: row.what(index), differs: differenceAt(row, reference, index),
    stands: row.stands(index) };
}

/* A number that is the same for columns which need not be told apart. */
function columnLook(rows, leader, index) {
  let look = 0;
  for (const row of rows) {
    const differs = differenceAt(row, rows[leader], index);
    look = look * 48 + row.what(index) * 12 + differs * 3 + row.stands(index);
  }
  return look;
}

/* How a log differs from the leader's at an index, as far as both are known there. */
function differenceAt(row, reference, index) {
  if (reference === undefined || row === reference) return DIFFERS.no;
  const [here, there] = [row.what(index), reference.what(index)];
  if (here === CELL.absent || there === CELL.absent) {
    if (here === there || !row.hasEnd || !reference.hasEnd) return DIFFERS.no;
    return here === CELL.absent ? DIFFERS.missing : DIFFERS.more;
  }
  const [entry, other] = [row.entry(index), reference.entry(index)];
  if (!entry || !other || entry === other) return DIFFERS.no;
  const differ = (a, b) => a !== null && b !== null && a !== b;
  return differ(entry.term, other.term) || differ(entry.command, other.command)
    ? DIFFERS.other : DIFFERS.no;
}

/* One log, asked by index; quick if the indices go up. */
class LogRow {
  constructor(state) {
    const { base, end, log } = state;
    this.state = state;
    this.base = base.index;
    this.hasEnd = end.index !== null;
    this.end = Math.max(base.index, end.index ?? 0);
    this.log = log;
    this.near = 0;
  }

  entry(index) {
    const { log } = this;
    let at = this.near;
    if (at >= log.length || log[at].index > index) at = 0;
    while (at < log.length && log[at].index < index) {
      // A jump ahead; else the next one.
      at = log[at + 1]?.index >= index ? at + 1
        : firstWhere(log.length, (i) => log[i].index >= index);
    }
    this.near = at;
    return log[at]?.index === index ? log[at] : null;
  }

  what(index) {
    if (index <= this.base) return CELL.snapshot;
    if (index > this.end) return CELL.absent;
    return this.entry(index) === null ? CELL.unknown : CELL.entry;
  }

  stands(index) {
    if (index > this.end) return STANDS.open;
    if (index <= this.base || index <= (this.state.applied ?? 0)) return STANDS.applied;
    return index <= (this.state.commit ?? 0) ? STANDS.committed : STANDS.open;
  }
}

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
  if (!state.alive) return `${name}, ${state.incarnation === null ? "not started" : "down"}`;
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
