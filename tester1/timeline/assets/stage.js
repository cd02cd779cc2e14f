/*
 * The geometry of the canvas: a gutter with names on the left, a band with the time
 * axis and the annotations on top, and the lanes of servers and clients below, which
 * scroll. With a run, the band also has a row for findings and one that says who is cut
 * off from whom, and at the bottom a line says what a frame has left out.
 *
 * Coordinates are CSS pixels from the canvas's corner.
 */

const AXIS_HEIGHT = 26;
const GUTTER = { narrowest: 64, widest: 170, padding: 20 };
const HIT_SLACK = 3;
const PIN_ROW = 22;
const SIDES_ROW = 18;
const COUNTS_HEIGHT = 19;
const LEGEND_HEIGHT = 19;
/* A phone: names take less of it. */
const NARROW = 560;

class Stage {
  constructor(history, timeWindow, run = null) {
    this.history = history;
    this.window = timeWindow;
    this.run = run;
    // How the servers lived: it comes with a text of its own (lives.js).
    this.lives = null;
    this.servers = [];
    this.footer = run ? COUNTS_HEIGHT + LEGEND_HEIGHT : 0;
    this.sidesRow = run && run.sides.length > 0 ? SIDES_ROW : 0;
    this.pinRow = run && run.pins.length > 0 ? PIN_ROW : 0;
    this.marks = new Marks(run);
    this.messages = new Messages(run);
    this.scroll = 0;
    const alone = history.count === 0 && run === null;
    this.noteHeight = alone ? NOTE_HEIGHTS.alone : NOTE_HEIGHTS.beside;
    this.noteLanes = annotationLanes(history,
      alone ? MOST_NOTE_ROWS.alone : MOST_NOTE_ROWS.beside);
    this.noteRows = rowIndex(this.noteLanes);
    // Where the last frame drew each point annotation, label included: {x, width}.
    this.flags = new Map();
    // Where the last frame drew findings {x, y, reach, fact}, and their titles
    // {left, right, fact, away}.
    this.pins = [];
    // What it says beside them: {x, y, width, height, lines, ring}.
    this.callouts = [];
    this.rings = this.words = [];
    this.pinFlags = [];
    this.show(() => true);
  }

  /* Chooses the operations that have a place on the stage. */
  show(shown) {
    this.lanes = operationLanes(this.history, shown);
    this.rowOf = rowIndex(this.lanes);
    this.laneOfClient = new Map(this.lanes.map((lane) => [lane.client, lane]));
  }

  /* Fits everything to a canvas of this size; `measure` gives a text's width. */
  arrange(width, height, measure) {
    this.width = width;
    this.height = height;
    this.gutter = this.gutterWidth(measure);
    const notes = stack(this.noteLanes, AXIS_HEIGHT + LANE_GAP, this.noteHeight);
    this.runTop = AXIS_HEIGHT + LANE_GAP + notes + (notes > 0 ? LANE_GAP : 0);
    this.band = this.runTop + this.pinRow + this.sidesRow;
    const room = height - this.band - this.footer - 2 * LANE_GAP;
    this.arrangeServers(room);
    const top = this.serversEnd + LANE_GAP;
    const lanes = stack(this.lanes, top,
      fittingRowHeight(this.lanes, room - (this.serversEnd - this.band)));
    this.extent = top + lanes + LANE_GAP + this.footer;
    this.window.place(this.gutter, width - this.gutter);
  }

  arrangeServers(room) {
    const count = this.run?.servers ?? 0;
    const share = this.lanes.length > 0 ? SERVER_SHARE : 1;
    this.servers = serverLanes(count, this.band, room * share);
    const pitch = count > 0 ? this.servers[0].pitch : 0;
    this.serversEnd = this.band + count * pitch;
  }

  gutterWidth(measure) {
    const names = [...this.noteLanes.map((lane) => lane.name),
      ...this.lanes.map((lane) => laneTitle(lane, this.run)),
      ...this.run ? ["candidate T88"] : []];
    const widest = Math.max(0, ...names.map(measure)) + GUTTER.padding;
    const most = this.width < NARROW ? GUTTER.narrowest : GUTTER.widest;
    return Math.min(most, Math.max(GUTTER.narrowest, widest));
  }

  /*
   * What is at a point: {operation}, {annotation}, {fact}, or null; of what the edge
   * points at, {fact, away}. Only for the tooltip, where nothing smaller is, a server at a time: {server, time}.
   */
  pick(x, y) {
    if (x < this.gutter || y >= this.height - this.footer) return null;
    const flag = this.run ? this.pickFlag(x, y) : undefined;
    if (flag) return flag.away ? { fact: flag.fact, away: true } : { fact: flag.fact };
    const fact = this.run && y >= this.band ? this.pickFact(x, y) : NONE;
    if (fact !== NONE) return { fact };
    const inBand = y < this.band;
    const rows = inBand ? this.noteRows.rows : this.rowOf.rows;
    const row = rowAt(rows, inBand ? y : y + this.scroll);
    const slack = HIT_SLACK * this.window.perPixel;
    const found = row ? row.at(this.window.time(x), slack) : NONE;
    if (found === NONE) {
      return inBand ? row ? this.pickLabel(row, x) : null : this.pickServer(x, y);
    }
    return inBand ? { annotation: found } : { operation: found };
  }

  /* The fact at a point of the last frame: of a finding, a mark, or a message. */
  pickFact(x, y) {
    const pinned = this.pins.find((pin) => Math.hypot(pin.x - x, pin.y - y) < pin.reach);
    if (pinned) return pinned.fact;
    const said = this.callouts.find((box) => x >= box.x && x < box.x + box.width
      && y >= box.y && y < box.y + box.height);
    if (said) return said.ring.facts[said.ring.facts.length - 1];
    const mark = this.marks.at(x, y);
    return mark !== NONE ? mark : this.messages.at(x, y);
  }

  /* The finding's flag at a point, or undefined. */
  pickFlag(x, y) {
    if (y < this.runTop || y >= this.runTop + this.pinRow) return undefined;
    return this.pinFlags.find(({ left, right }) => x >= left && x < right);
  }

  pickServer(x, y) {
    const server = this.serverAt(y);
    return server === NONE ? null : { server, time: this.window.time(x) };
  }

  /* The server whose lane is at a height of the canvas, or NONE. */
  serverAt(y) {
    if (y < this.band || y >= this.height - this.footer) return NONE;
    return this.servers.find((one) => y + this.scroll >= one.y
      && y + this.scroll < one.y + one.height)?.server ?? NONE;
  }

  /* The rectangle of a server's lane, as it is scrolled. */
  serverBox(server) {
    const lane = this.servers[server];
    return lane ? { x: this.gutter, y: lane.y - this.scroll,
      width: this.width - this.gutter, height: lane.height } : null;
  }

  /*
   * Where messages of a program leave and reach its lane: {above, middle, below}. What
   * has no lane, as the test and a clerk in a test of Raft, is below all servers.
   */
  anchor(program) {
    const lane = this.servers[program];
    if (lane) {
      const axis = lane.axis - this.scroll;
      return { above: axis - lane.half - 1, middle: axis, below: axis + lane.half + 1 };
    }
    const client = this.laneOfClient.get(this.run.lanes[program] ?? NONE);
    const y = (client ? client.y : this.serversEnd) - this.scroll;
    const height = client ? client.height : 0;
    return { above: y, middle: y + height / 2, below: y + height };
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

/* "client 1", and which clerks work there if those have other names. */
function laneTitle({ client, name }, run) {
  const title = `client ${name}`;
  const clerks = (run?.programs ?? []).filter((program, i) =>
    run.lanes[i] === client && program.replace("-", " ") !== title);
  if (clerks.length === 0) return title;
  const more = clerks.length > 1 ? ` +${clerks.length - 1}` : "";
  return `${title} · ${clerks[0]}${more}`;
}

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
