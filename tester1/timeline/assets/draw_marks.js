/*
 * Marks on the lanes of servers, for the facts that matter and are no messages: a shape
 * for each kind.
 *
 * A lane has a slot every few pixels, and the most important mark takes it; one that
 * finds its slot taken moves on a little, else it is merged. The slots stay where they
 * are in time while the picture moves, so that nothing flickers. What was merged is
 * counted.
 */

const MARK_SLOT = 10;
/* So many slots to the right of its own a mark may go. */
const MARK_DRIFT = 3;

/* The marks, from the least important to the most; 0 is no mark. */
const MARKS = [
  null,
  { name: "saves again", colour: "line", draw: markSquare },
  { name: "saves", colour: "muted", draw: markSquare },
  { name: "performs", colour: "muted", draw: markRing },
  { name: "applies", colour: "good", draw: markDisc },
  { name: "prints", colour: "muted", draw: markLines },
  { name: "Submit", colour: "accent", draw: markOpenTriangle },
  { name: "snapshot in", colour: "snapshot", draw: markOpenDiamond },
  { name: "Snapshot", colour: "snapshot", draw: markDiamond },
  { name: "Start", colour: "accent", draw: markTriangle },
  { name: "grants a vote", colour: "vote", draw: markTick },
  { name: "Kill", colour: "bad", draw: markCross },
];
const SAVES_AGAIN = 1;
const GRANTS = 10;
const MARK_OF_KIND = { saved: 2, performed: 3, "put performed": 3, applied: 4, printed: 5,
  submit: 6, adopted: 7, restored: 7, snapshot: 8, start: 9, kill: 11 };

class Marks {
  constructor(run) {
    this.run = run;
    // Of each part, for each mark, the positions of the facts that have it.
    this.parts = [];
    this.slots = new Int32Array(0);
    this.places = new Float32Array(0);
    this.drawnOf = new Int32Array(MARKS.length);
    this.lanes = [];
  }

  /* The marks of a part of the run, or null while it is not loaded. */
  part(number) {
    const { run } = this;
    if (run.strings[number] === null) return null;
    const known = this.parts[number];
    // Calls of answers may have come meanwhile, with a part before this one.
    if (!known || !known.complete && known.loadedParts !== run.loadedParts) {
      this.parts[number] = this.collect(run.parts[number]);
    }
    return this.parts[number];
  }

  collect({ first, count }) {
    const { run } = this;
    const { columns } = run;
    const marks = run.kinds.map((kind) => MARK_OF_KIND[kind] ?? 0);
    const answered = run.kinds.indexOf("answered");
    const facts = MARKS.map(() => []);
    let complete = true;
    for (let i = first; i < first + count; i++) {
      if (!run.isServer(columns.program[i])) continue;
      let mark = marks[columns.kind[i]];
      if (mark === MARK_OF_KIND.saved && columns.routine[i]) mark = SAVES_AGAIN;
      if (columns.kind[i] === answered) {
        mark = this.grants(i) ? GRANTS : 0;
        complete &&= run.callOfFact[i] !== 0;
      }
      if (mark !== 0) facts[mark].push(i);
    }
    return { facts: facts.map((ones) => Int32Array.from(ones)), complete,
      loadedParts: run.loadedParts };
  }

  grants(i) {
    const { calls, at } = this.run.callPlace(this.run.callOfFact[i] - 1);
    return at !== NONE && calls.granted[at] === 1
      && CALL_KINDS[calls.kind[at]].endsWith("vote");
  }

  prepare(lanes, width) {
    const slots = Math.ceil(Math.max(0, width) / MARK_SLOT) + MARK_DRIFT + 2;
    if (this.slots.length !== lanes.length * slots) {
      this.slots = new Int32Array(lanes.length * slots);
      this.places = new Float32Array(lanes.length * slots);
    }
    this.slots.fill(0);
    this.drawnOf.fill(0);
    this.perLane = slots;
    this.lanes = lanes;
  }

  /* Gives a mark a slot; returns whether there was one. */
  take(server, slot, fact, x) {
    for (let drift = 0; drift <= MARK_DRIFT; drift++) {
      const at = server * this.perLane + slot + drift;
      if (slot + drift >= this.perLane) return false;
      if (this.slots[at] !== 0) continue;
      this.slots[at] = fact + 1;
      this.places[at] = x + drift * MARK_SLOT;
      return true;
    }
    return false;
  }

  /* The fact whose mark is at a point of the canvas, or NONE. */
  at(x, y) {
    for (const lane of this.lanes) {
      if (Math.abs(y - lane.marksAt) > 7) continue;
      for (let slot = 0; slot < this.perLane; slot++) {
        const at = lane.server * this.perLane + slot;
        if (this.slots[at] !== 0 && Math.abs(this.places[at] - x) <= MARK_SLOT / 2) {
          return this.slots[at] - 1;
        }
      }
    }
    return NONE;
  }
}

function drawFactMarks(frame) {
  const { run, stage, window: sight, work } = frame;
  const { marks } = stage;
  for (const lane of stage.servers) lane.marksAt = lane.marks - stage.scroll;
  marks.prepare(stage.servers, stage.width - stage.gutter);
  const parts = run.partsWithin(sight.first, sight.last).map((part) => marks.part(part))
    .filter((part) => part !== null);
  const firstSlot = Math.floor(sight.first / sight.perPixel / MARK_SLOT);
  const { filter } = frame.state;
  // What a filter chooses has the first choice of slots.
  for (const chosen of filter === null ? [true] : [true, false]) {
    const fits = filter === null ? () => true : (fact) => filter(fact) === chosen;
    for (let mark = MARKS.length - 1; mark > 0; mark--) {
      const placed = [];
      for (const part of parts) placeMarks(frame, part, mark, firstSlot, fits, placed);
      work.marks += placed.length / 3;
      marks.drawnOf[mark] += placed.length / 3;
      if (placed.length > 0) paintMarks(frame, mark, placed, chosen ? 1 : FADED);
    }
  }
}

function placeMarks(frame, part, mark, firstSlot, fits, placed) {
  const { run, stage, state, window: sight, work } = frame;
  const { time, program, topic } = run.columns;
  const facts = part.facts[mark];
  if (facts.length === 0) return;
  const from = firstWhere(facts.length, (i) => time[facts[i]] >= sight.first);
  const hidden = run.topics.map((name) => state.shownKinds !== null
    && !state.shownKinds.has(name));
  for (let i = from; i < facts.length; i++) {
    const fact = facts[i];
    if (time[fact] > sight.last) break;
    if (hidden[topic[fact]] || !fits(fact)) continue;
    const slot = Math.floor(time[fact] / sight.perPixel / MARK_SLOT) - firstSlot;
    if (!stage.marks.take(program[fact], slot, fact, sight.x(time[fact]))) {
      work.mergedMarks += 1;
      continue;
    }
    placed.push(fact, placeOf(stage.marks, program[fact], slot, fact),
      stage.servers[program[fact]].marksAt);
  }
}

function placeOf(marks, server, slot, fact) {
  let at = server * marks.perLane + slot;
  while (marks.slots[at] !== fact + 1) at++;
  return marks.places[at];
}

/* All marks of a kind at once. */
function paintMarks(frame, mark, placed, alpha) {
  const { context } = frame;
  context.globalAlpha = alpha;
  context.fillStyle = context.strokeStyle = markColour(frame.theme, mark);
  context.lineWidth = 1.75;
  context.beginPath();
  for (let i = 0; i < placed.length; i += 3) {
    MARKS[mark].draw(context, placed[i + 1], placed[i + 2]);
  }
  if (MARKS[mark].draw.open) context.stroke();
  else context.fill();
  context.globalAlpha = 1;
}

function markColour(theme, mark) {
  const { colour } = MARKS[mark];
  if (colour === "vote" || colour === "snapshot") {
    return theme.calls[CALL_KINDS.indexOf(colour)];
  }
  return theme[colour];
}

// Shapes, around a point; those with `open` are lines.

function markSquare(context, x, y) { context.rect(x - 3, y - 3, 6, 6); }

function markDisc(context, x, y) {
  context.moveTo(x + 3.5, y);
  context.arc(x, y, 3.5, 0, 2 * Math.PI);
}

function markRing(context, x, y) {
  context.moveTo(x + 3, y);
  context.arc(x, y, 3, 0, 2 * Math.PI);
}
markRing.open = true;

function markLines(context, x, y) {
  for (const dy of [-3, 0, 3]) {
    context.moveTo(x - 3.5, y + dy);
    context.lineTo(x + (dy === 3 ? 1 : 3.5), y + dy);
  }
}
markLines.open = true;

function markTriangle(context, x, y) {
  context.moveTo(x - 4.5, y - 4);
  context.lineTo(x + 4.5, y - 4);
  context.lineTo(x, y + 4);
  context.closePath();
}

function markOpenTriangle(context, x, y) { markTriangle(context, x, y); }
markOpenTriangle.open = true;

function markDiamond(context, x, y) {
  context.moveTo(x - 5, y);
  context.lineTo(x, y - 5);
  context.lineTo(x + 5, y);
  context.lineTo(x, y + 5);
  context.closePath();
}

function markOpenDiamond(context, x, y) { markDiamond(context, x, y); }
markOpenDiamond.open = true;

function markTick(context, x, y) {
  context.moveTo(x - 4, y);
  context.lineTo(x - 1, y + 3.5);
  context.lineTo(x + 4.5, y - 4);
}
markTick.open = true;

function markCross(context, x, y) { addCross(context, x, y, 3.5); }
markCross.open = true;
