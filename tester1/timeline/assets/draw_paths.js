/*
 * Linearizations: a dot on every operation at its instant, and a line through the
 * dots of the part in focus, in order.
 *
 * Where many dots share a column of pixels, only the column's range is drawn: the
 * picture is the same, and the cost is bounded by the columns.
 */

const DOT = 3;
const SMALL_DOT = 1.5;
const CROWDED = 900;

function roomForPath(height) { return height >= 20; }

/* The height at which a row's dots lie: under the label where there is room. */
function pathY(stage, row) {
  const y = row.y - stage.scroll;
  return roomForPath(row.height) ? y + row.height - 6 : y + row.height / 2;
}

function drawPaths(frame) {
  const { history, state } = frame;
  const paths = history.parts
    .map((part, number) => ({ part, focused: number === state.focus, number }))
    .filter(({ number }) => state.key === NONE || state.key === number)
    .map(({ part, focused }) => pathInSight(frame, placedPath(history, part), focused))
    .filter((path) => path !== null);
  const steps = paths.reduce((sum, { from, to }) => sum + to - from, 0);
  for (const path of paths) {
    if (path.focused) drawPathLine(frame, path);
    // Among many dots only those of the part in focus tell anything; among thousands,
    // not even those.
    if (steps <= CROWDED) drawDots(frame, path, DOT);
    else if (path.focused && path.to - path.from <= 3 * CROWDED) {
      drawDots(frame, path, SMALL_DOT);
    }
  }
}

/* A path with the range of its steps that can be seen. */
function pathInSight(frame, path, focused) {
  if (!path) return null;
  // One step beyond each edge, so that the line enters and leaves the window.
  const from = Math.max(0, lowerBound(path.at, frame.window.first) - 1);
  const to = Math.min(path.order.length, upperBound(path.at, frame.window.last) + 1);
  return { ...path, from, to, focused };
}

/* A part's chosen path with its instants, worked out once. */
function placedPath(history, part) {
  const path = part.path();
  if (path && !path.at) {
    path.at = instants(path.order, history.call, history.ret, history.span.last);
  }
  return path;
}

function drawPathLine(frame, path) {
  const { context, stage, theme } = frame;
  const column = new Column(frame);
  context.beginPath();
  for (let i = path.from; i < path.to; i++) {
    const row = stage.rowOf.of.get(path.order[i]);
    if (row) column.add(frame.window.x(path.at[i]), pathY(stage, row));
  }
  column.flush();
  context.strokeStyle = theme.path;
  context.lineWidth = 1;
  // The more lines there are, the fainter each, or they would hide the operations.
  context.globalAlpha = Math.max(0.1, Math.min(0.55, 60 / (path.to - path.from)));
  context.stroke();
  context.globalAlpha = 1;
}

/* Collects the points of one column of pixels; flushing draws their range. */
class Column {
  constructor(frame) {
    this.frame = frame;
    this.x = null;
    this.started = false;
  }

  add(x, y) {
    if (this.x === null || Math.abs(x - this.x) >= 1) {
      this.flush();
      this.x = x;
      this.entry = this.low = this.high = y;
    }
    this.low = Math.min(this.low, y);
    this.high = Math.max(this.high, y);
    this.exit = y;
  }

  flush() {
    if (this.x === null) return;
    const { context, work } = this.frame;
    if (this.started) context.lineTo(this.x, this.entry);
    else context.moveTo(this.x, this.entry);
    this.started = true;
    if (this.high > this.low) {
      context.lineTo(this.x, this.low);
      context.lineTo(this.x, this.high);
      context.lineTo(this.x, this.exit);
    }
    work.segments += 1;
    this.x = null;
  }
}

function drawDots(frame, path, radius) {
  const { context, stage, state } = frame;
  const lastX = new Map();
  context.fillStyle = frame.theme.path;
  context.beginPath();
  for (let i = path.from; i < path.to; i++) {
    const row = stage.rowOf.of.get(path.order[i]);
    if (!row || !frame.rowInSight(row)) continue;
    if (state.matches !== null && !state.matches.has(path.order[i])) continue;
    const x = frame.window.x(path.at[i]);
    if (x - (lastX.get(row) ?? -Infinity) < radius) continue;
    lastX.set(row, x);
    const y = pathY(stage, row);
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
    frame.work.points += 1;
  }
  context.fill();
}
