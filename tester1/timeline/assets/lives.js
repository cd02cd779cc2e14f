/*
 * How servers lived, for drawing: from when to when each of their incarnations ran,
 * and in which role and term they were meanwhile, as far as it shows.
 */

/* Numbers of run_schema.py. */
const OPS = { alive: 0, down: 1, term: 2, role: 3, vote: 4, entry: 5, cut: 6, commit: 7,
  applied: 8, base: 9, next: 10, match: 11 };
const ROLES = { unknown: 0, follower: 1, candidate: 2, leader: 3 };
const ROLE_NAMES = ["unknown", "follower", "candidate", "leader"];

/*
 * For each server {lives: [{incarnation, start, end, ended}], stretches: [{start, end,
 * role, term}]}, in the order of time. `ended` is false for a life that the run's end
 * cut short; a term is NONE where it is not known.
 */
function livesOf(data, run) {
  const lanes = Array.from({ length: run.servers }, () => new Lives());
  let time = 0;
  for (let i = 0; i < data.op.length; i++) {
    time += data.time[i];
    lanes[data.server[i]].take(data.op[i], data.a[i], time);
  }
  for (const lane of lanes) lane.finish(run.end);
  return lanes.map(({ lives, stretches }) => ({ lives, stretches }));
}

class Lives {
  constructor() {
    this.lives = [];
    this.stretches = [];
    this.alive = false;
    this.role = ROLES.unknown;
    this.term = NONE;
  }

  take(op, a, time) {
    if (op === OPS.alive) {
      this.close(time);
      this.alive = true;
      this.role = ROLES.unknown;
      this.lives.push({ incarnation: a, start: time, end: time, ended: false });
      this.open(time);
    } else if (op === OPS.down) {
      this.close(time);
      this.alive = false;
      if (this.lives.length > 0) this.lives[this.lives.length - 1].ended = true;
    } else if (op === OPS.term && a !== this.term) {
      this.turn(time, ROLES.unknown, a);
    } else if (op === OPS.role && a !== this.role) this.turn(time, a, this.term);
  }

  /* Another role or term from here on. */
  turn(time, role, term) {
    this.close(time);
    this.role = role;
    this.term = term;
    this.open(time);
  }

  open(time) {
    if (!this.alive) return;
    const { stretches } = this;
    // A term and the role in it often show at once: one stretch, not an empty one.
    if (stretches.length > 0 && stretches[stretches.length - 1].start === time) {
      stretches.pop();
    }
    stretches.push({ start: time, end: time, role: this.role, term: this.term });
  }

  close(time) {
    if (!this.alive) return;
    this.stretches[this.stretches.length - 1].end = time;
    this.lives[this.lives.length - 1].end = time;
  }

  finish(end) {
    this.close(end);
    this.alive = false;
  }
}
