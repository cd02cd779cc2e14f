/*
 * What servers show of themselves at any fact: the changes of StatesData, added up.
 *
 * A state is {alive, incarnation, role, term, vote, commit, applied, base, log, end,
 * next, match}; what no fact has shown yet is null. A jump goes on from the nearest
 * checkpoint before it, so it costs the changes between two of them at most. The
 * checkpoints are made on the way: what nobody looks at is not added up.
 */

const BETWEEN_CHECKPOINTS = 2048;

class States {
  constructor(data, run) {
    this.data = data;
    this.positions = runningSum(data.at);
    this.entries = new Array(data.op.length);
    this.checkpoints = [Array.from({ length: run.servers }, () => new ServerState())];
    this.latest = { changes: NONE, states: null };
  }

  /* The states of all servers once the fact at a position has happened. */
  at(position) {
    const changes = upperBound(this.positions, position);
    if (this.latest.changes !== changes) {
      this.latest = { changes, states: this.after(changes).map((state) => state.shown()) };
    }
    return this.latest.states;
  }

  /* Positions of the facts that show a change with one of these operations and numbers. */
  positionsOf(operations, accepts = () => true) {
    const wanted = new Set(operations);
    const found = [];
    this.data.op.forEach((op, i) => {
      const position = this.positions[i];
      if (wanted.has(op) && accepts(this.data.a[i]) && found[found.length - 1] !== position) found.push(position);
    });
    return found;
  }

  after(changes) {
    const nearest = Math.min(Math.floor(changes / BETWEEN_CHECKPOINTS),
      this.checkpoints.length - 1);
    const states = copies(this.checkpoints[nearest]);
    for (let i = nearest * BETWEEN_CHECKPOINTS; i < changes; i++) {
      this.apply(states[this.data.server[i]], i);
      if ((i + 1) % BETWEEN_CHECKPOINTS === 0) this.checkpoints.push(copies(states));
    }
    return states;
  }

  apply(state, i) {
    const { op, a, b } = this.data;
    switch (op[i]) {
      case OPS.alive: state.begin(a[i]); break;
      case OPS.down: state.alive = false; break;
      case OPS.term: state.enter(a[i]); break;
      case OPS.role: state.become(a[i]); break;
      case OPS.vote: state.vote = orNull(a[i]); break;
      case OPS.entry: state.put(this.entry(i)); break;
      case OPS.cut: state.cut(a[i]); break;
      case OPS.commit: state.commit = orNull(a[i]); break;
      case OPS.applied: state.applied = orNull(a[i]); break;
      case OPS.base: state.compact(a[i], orNull(b[i])); break;
      case OPS.next: state.next.set(a[i], b[i]); break;
      case OPS.match: state.match.set(a[i], b[i]); break;
    }
  }

  /* The entry of a change: one object, which all states that hold it share. */
  entry(i) {
    const { a, b, c, strings } = this.data;
    this.entries[i] ??= { index: a[i], term: orNull(b[i]),
      command: c[i] === NONE ? null : strings[c[i]] };
    return this.entries[i];
  }
}

/* One server's state while changes are added up. */
class ServerState {
  constructor() {
    Object.assign(this, { alive: false, incarnation: null, role: null, term: null,
      vote: null, commit: null, applied: null, base: { index: 0, term: 0 },
      end: { index: null, term: null }, next: new Map(), match: new Map() });
    // Sorted by index. Copies share it until one of them changes it: logs are long,
    // and few change from one checkpoint to the next.
    this.log = [];
    this.sharesLog = false;
  }

  copy() {
    this.sharesLog = true;
    return Object.assign(new ServerState(), this,
      { next: new Map(this.next), match: new Map(this.match) });
  }

  shown() {
    const { alive, incarnation, role, term, vote, commit, applied, base, log, end, next,
      match } = this;
    return { alive, incarnation, role, term, vote, commit, applied, base, log, end,
      next, match };
  }

  begin(incarnation) {
    Object.assign(this, { alive: true, incarnation, commit: null, applied: null });
    this.become(ROLES.unknown);
  }

  enter(term) {
    Object.assign(this, { term, vote: null });
    this.become(ROLES.unknown);
    this.forgetPeers();
  }

  become(role) {
    const before = this.role;
    this.role = role === ROLES.unknown ? null : role;
    if (this.role !== before) this.forgetPeers();
  }

  forgetPeers() {
    this.next = new Map();
    this.match = new Map();
  }

  // The log

  /* The place in the log of the first entry from an index on. */
  placeOf(index) {
    const { length } = this.log;
    if (length === 0 || this.log[length - 1].index < index) return length;
    return firstWhere(this.log.length, (at) => this.log[at].index >= index);
  }

  ownLog() {
    if (this.sharesLog) this.log = this.log.slice();
    this.sharesLog = false;
    return this.log;
  }

  put(entry) {
    if (entry.index <= this.base.index) return;
    const log = this.ownLog();
    const at = this.placeOf(entry.index);
    if (at === log.length) log.push(entry);
    else if (log[at].index === entry.index) log[at] = entry;
    else log.splice(at, 0, entry);
    if (this.end.index === null || entry.index >= this.end.index) {
      this.end = { index: entry.index, term: entry.term };
    }
  }

  cut(index) {
    const at = this.placeOf(index + 1);
    if (at < this.log.length) this.ownLog().length = at;
    this.end = { index, term: this.termAt(index) };
  }

  compact(index, term) {
    this.base = { index, term };
    this.log = this.log.slice(this.placeOf(index + 1));
    this.sharesLog = false;
    if (this.end.index === null || index > this.end.index) this.end = { index, term };
  }

  /* The term of the log at an index, as far as it is known. */
  termAt(index) {
    if (index === this.base.index) return this.base.term;
    const entry = this.log[this.placeOf(index)];
    if (entry?.index === index) return entry.term;
    return index === this.end.index ? this.end.term : null;
  }
}

function copies(states) { return states.map((state) => state.copy()); }

function orNull(value) { return value === NONE ? null : value; }
