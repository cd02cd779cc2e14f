/*
 * Annotations: intervals as bars with their label inside, points as flags with
 * their label to the right, up to the next item of the row.
 */

const NOTE_EDGE = "#7c8896";
const FLAG_WIDTH = 5;

function drawAnnotations(frame) {
  frame.stage.flags.clear();
  for (const row of frame.stage.noteRows.rows) drawAnnotationRow(frame, row);
}

function drawAnnotationRow(frame, row) {
  const [from, to] = row.between(frame.window.first, frame.window.last);
  let covered = -Infinity;
  for (let at = from; at < to; at++) {
    const end = frame.window.x(row.ends[at]);
    if (end + FLAG_WIDTH / 2 <= covered && !chosen(frame, row.items[at])) continue;
    drawAnnotation(frame, row, at);
    covered = Math.max(covered, frame.window.x(row.starts[at]) + FLAG_WIDTH, end);
  }
}

function chosen(frame, note) {
  const { selected, hover } = frame.state;
  return selected?.annotation === note || hover?.annotation === note;
}

function drawAnnotation(frame, row, at) {
  const note = frame.history.annotations[row.items[at]];
  const x = frame.window.x(note.start);
  frame.work.annotations += 1;
  if (note.end === null) drawFlag(frame, row, at);
  else drawBar(frame, row, note, x);
  if (chosen(frame, row.items[at])) {
    const width = note.end === null ? FLAG_WIDTH : frame.window.x(note.end) - x;
    outline(frame, { x, y: row.y, width: Math.max(width, 3), height: row.height },
      frame.theme.accent);
  }
}

function drawFlag(frame, row, at) {
  const note = frame.history.annotations[row.items[at]];
  const pole = frame.window.x(note.start);
  const flag = flagPlace(frame, row, at, pole);
  const { fill, ink } = noteLook(frame.theme, note.colour);
  noteBox(frame, fill, flag.x, row.y + 1, flag.width, row.height - 2);
  frame.fill(NOTE_EDGE, pole - 1, row.y + 1, 2, row.height - 2);
  frame.label(note.text, flag.x + FLAG_WIDTH + 1, row.y + row.height / 2,
    flag.width - 2 * FLAG_WIDTH, ink);
  frame.stage.flags.set(row.items[at], flag);
}

/* Right of the pole up to the next item; left of it if only there is enough room. */
function flagPlace(frame, row, at, pole) {
  const { stage, window: sight } = frame;
  const wanted = frame.history.annotations[row.items[at]].text.length * frame.letter
    + 2 * FLAG_WIDTH + 3;
  const next = at + 1 < row.items.length ? sight.x(row.starts[at + 1]) - 2 : Infinity;
  const right = Math.min(next, stage.width) - pole;
  const previous = at > 0 ? sight.x(row.reach[at - 1]) + 2 : -Infinity;
  const left = pole - Math.max(previous, stage.gutter);
  if (right < wanted && left >= wanted) return { x: pole - wanted, width: wanted };
  const least = 2 * FLAG_WIDTH + 3 * frame.letter;
  return { x: pole, width: right < least ? FLAG_WIDTH : Math.min(wanted, right) };
}

function drawBar(frame, row, note, x) {
  const right = frame.window.x(note.end);
  const width = Math.max(right - x, 2);
  const { fill, ink } = noteLook(frame.theme, note.colour);
  noteBox(frame, fill, x, row.y + 1, width, row.height - 2);
  // The label stays in sight when the bar begins to the left of the window.
  const from = Math.max(x, frame.stage.gutter) + 4;
  frame.label(note.text, from, row.y + row.height / 2,
    Math.min(right, frame.stage.width) - from - 3, ink);
}

function noteBox(frame, colour, x, y, width, height) {
  const { context } = frame;
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
  if (width < 3) return;
  context.strokeStyle = NOTE_EDGE;
  context.lineWidth = 0.75;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}
