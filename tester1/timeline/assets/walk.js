/*
 * Steps: from where the cursor is to the next, or the one before, of what one looks
 * for. Elections, commits and crashes are told by the states, which are all there; for
 * other steps parts of the facts are read on the way, if need be.
 */

/* What one can step to, with the keys for the next and the one before. */
const STEPS = [
  { name: "fact", title: "fact of the server", on: "→", back: "←" },
  { name: "fault", title: "fault", on: "x", back: "X" },
  { name: "election", title: "election", on: "l", back: "L" },
  { name: "commit", title: "commit", on: "c", back: "C" },
  { name: "crash", title: "crash or start", on: "r", back: "R" },
  { name: "message", title: "message of the kind", on: "m", back: "M" },
  { name: "match", title: "match of the search", on: "n", back: "N" },
];

class Walk {
  constructor(run, states) {
    this.run = run;
    this.known = {
      election: electionsOf(states),
      // A server that has started anew has committed nothing yet.
      commit: states.positionsOf([OPS.commit], (index) => index > 0),
      crash: states.positionsOf([OPS.alive, OPS.down]),
    };
  }

  /*
   * The position of the next (`by` 1) or previous (-1) fact of a kind from a position,
   * or NONE. `chosen` has {server, kind}: whose facts, and which kind of message.
   */
  async next(step, from, by, chosen) {
    const known = this.known[step];
    if (known) {
      const at = by > 0 ? upperBound(known, from) : lowerBound(known, from) - 1;
      return known[at] ?? NONE;
    }
    return this.scan(from, by, this.test(step, chosen));
  }

  test(step, { server, kind }) {
    const { run } = this;
    if (step === "fault") return (i) => run.kind(i) === "fault";
    if (step === "message") return (i) => run.call(i)?.kind === kind;
    return server === NONE ? () => true : (i) => run.program(i) === server;
  }

  async scan(from, by, test) {
    const { run } = this;
    for (let i = from + by; i >= 0 && i < run.count; i += by) {
      if (!run.loaded(i)) await run.need(i, i);
      if (test(i)) return i;
    }
    return NONE;
  }
}

/* Where a term begins, or a server stands for election or has won one. */
function electionsOf(states) {
  const { op, a } = states.data;
  const found = [];
  let newest = 0;
  op.forEach((kind, i) => {
    const isNew = kind === OPS.term && a[i] > newest;
    if (isNew) newest = a[i];
    const stands = kind === OPS.role && a[i] >= ROLES.candidate;
    const position = states.positions[i];
    if ((isNew || stands) && found[found.length - 1] !== position) found.push(position);
  });
  return found;
}
