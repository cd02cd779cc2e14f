/*
 * The geometry of the canvas: a gutter with names on the left, a band with the time
 * axis and the annotations on top, and the clients' lanes below, which scroll.
 *
 * Coordinates are CSS pixels from the canvas's corner.
 */

const AXIS_HEIGHT = 26;
const GUTTER = { narrowest: 64, widest: 170, padding: 20 };
const HIT_SLACK = 3;

class Stage {
  constructor(history, timeWindow) {
    this.history = history;
    this.window = timeWindow;
    this.scroll = 0;
    const alone = history.count === 0;
    this.noteHeight = alone ? NOTE_HEIGHTS.alone : NOTE_HEIGHTS.beside;
    this.noteLanes = annotationLanes(history,
      alone ? MOST_NOTE_ROWS.alone : MOST_NOTE_ROWS.beside);
    this.noteRows = rowIndex(this.noteLanes);
    // Where the last frame drew each point annotation, label included: {x, width}.
    this.flags = new Map();
    this.show(() => true);
  }

  /* Chooses the operations that have a place on the stage. */
  show(shown) {
    this.lanes = operationLanes(this.history, shown);
    this.rowOf = rowIndex(this.lanes);
  }

  /* Fits everything to a canvas of this size; `measure` gives a text's width. */
  arrange(width, height, measure) {
    this.width = width;
    this.height = height;
    this.gutter = this.gutterWidth(measure);
    const notes = stack(this.noteLanes, AXIS_HEIGHT + LANE_GAP, this.noteHeight);
    this.band = AXIS_HEIGHT + LANE_GAP + notes + (notes > 0 ? LANE_GAP : 0);
    const room = height - this.band - 2 * LANE_GAP;
    const lanes = stack(this.lanes, this.band + LANE_GAP,
      fittingRowHeight(this.lanes, room));
    this.extent = this.band + lanes + 2 * LANE_GAP;
    this.window.place(this.gutter, width - this.gutter);
  }

  gutterWidth(measure) {
    const names = [...this.noteLanes.map((lane) => lane.name),
      ...this.lanes.map((lane) => laneTitle(lane))];
    const widest = Math.max(0, ...names.map(measure)) + GUTTER.padding;
    return Math.min(GUTTER.widest, Math.max(GUTTER.narrowest, widest));
  }

  /* What is at a point: {operation}, {annotation}, or null. */
  pick(x, y) {
    if (x < this.gutter) return null;
    const inBand = y < this.band;
    const rows = inBand ? this.noteRows.rows : this.rowOf.rows;
    const row = rowAt(rows, inBand ? y : y + this.scroll);
    const slack = HIT_SLACK * this.window.perPixel;
    const found = row ? row.at(this.window.time(x), slack) : NONE;
    if (found === NONE) return inBand && row ? this.pickLabel(row, x) : null;
    return inBand ? { annotation: found } : { operation: found };
  }

  /* A point's label stands to its right or left, and answers there as well. */
  pickLabel(row, x) {
    const after = upperBound(row.starts, this.window.time(x));
    for (const item of [row.items[after - 1], row.items[after]]) {
      const flag = this.flags.get(item);
      if (flag && x >= flag.x && x < flag.x + flag.width) return { annotation: item };
    }
    return null;
  }

  /* The rectangle of an operation's interval, which may lie out of sight. */
  box(operation) {
    const row = this.rowOf.of.get(operation);
    if (!row) return null;
    const at = lowerBound(row.items, operation);
    return this.boxAt(row, at);
  }

  /* The same for the item at a position of a row. */
  boxAt(row, at) {
    const left = this.window.x(row.starts[at]);
    const end = row.ends[at];
    const right = Number.isFinite(end) ? this.window.x(end) : this.width + 9;
    return { x: left, y: row.y - this.scroll, width: Math.max(right - left, 1.5),
      height: row.height };
  }

  /* Operations whose interval touches the window, whether scrolled into view or not. */
  inWindow() {
    const found = [];
    for (const row of this.rowOf.rows) {
      const [from, to] = row.between(this.window.first, this.window.last);
      for (let at = from; at < to; at++) found.push(row.items[at]);
    }
    return found.sort((a, b) => a - b);
  }
}

function laneTitle(lane) { return `client ${lane.name}`; }

function rowIndex(lanes) {
  const rows = lanes.flatMap((lane) => lane.rows);
  const of = new Map();
  for (const row of rows) for (const item of row.items) of.set(item, row);
  return { rows, of };
}

function rowAt(rows, y) {
  const row = rows[firstWhere(rows.length, (i) => rows[i].y + rows[i].height > y)];
  return row && row.y <= y ? row : null;
}
