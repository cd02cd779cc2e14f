/*
 * Which row everything is drawn in.
 *
 * A client's operations share a lane, an annotation's tag is a lane of its own. A
 * lane has one row unless its items overlap in time; then each item takes the first
 * row that is free. So the items of a row are in order and never overlap, which is
 * what makes drawing and hit-testing a binary search (rows.js).
 */

const FIRST_TAGS = ["$ Checker", "$ Failure", "$ Test Info"];
const LANE_GAP = 4;
const ROW_HEIGHTS = { largest: 30, smallest: 13 };
const SERVER_PITCH = { least: 54, most: 140, lane: { least: 44, most: 64 } };
/* Of the room for lanes the servers get this share, if clients want the rest. */
const SERVER_SHARE = 0.66;
const NOTE_HEIGHTS = { beside: 20, alone: 24 };
/* A point keeps this share of the whole time free for its label. */
const POINT_ROOM = 0.04;
const MOST_NOTE_ROWS = { beside: 3, alone: 12 };

/* Lanes of the operations that `shown` accepts: [{name, rows: [Row]}]. */
function operationLanes(history, shown) {
  const lanes = history.page.clients.map((name, client) =>
    ({ client, name: String(name), items: [] }));
  for (let i = 0; i < history.count; i++) {
    if (shown(i)) lanes[history.client(i)].items.push(i);
  }
  return lanes.filter((lane) => lane.items.length > 0).map((lane) => ({
    client: lane.client,
    name: lane.name,
    rows: packed(lane.items, history.call, rowEnds(history, lane.items), Infinity),
  }));
}

/*
 * Where an operation's room ends. One that never returned would keep its row for
 * ever; it yields to the next call of its client, and its interval is drawn up to
 * there, open to the right.
 */
function rowEnds(history, items) {
  const ends = new Map();
  items.forEach((i, at) => {
    const next = at + 1 < items.length ? history.call[items[at + 1]] : Infinity;
    ends.set(i, Number.isFinite(history.ret[i]) ? history.ret[i] : next);
  });
  return (i) => ends.get(i);
}

/* Lanes of the annotations: the tester's own tags first, others as they appear. */
function annotationLanes(history, mostRows) {
  const notes = history.annotations;
  const byTag = new Map(FIRST_TAGS.map((tag) => [tag, []]));
  const order = notes.map((_, i) => i).sort((a, b) => notes[a].start - notes[b].start);
  for (const i of order) {
    if (!byTag.has(notes[i].tag)) byTag.set(notes[i].tag, []);
    byTag.get(notes[i].tag).push(i);
  }
  const starts = notes.map((note) => note.start);
  const label = (history.span.last - history.span.first) * POINT_ROOM;
  const end = (i) => notes[i].end ?? notes[i].start + label;
  return [...byTag].filter(([, items]) => items.length > 0).map(([name, items]) => ({
    name, rows: packed(items, starts, end, mostRows),
  }));
}

/* Rows of items that are sorted by start; past `mostRows` they share the rows. */
function packed(items, starts, end, mostRows) {
  const rows = [];
  for (const i of items) {
    let row = rows.find((candidate) => candidate.until <= starts[i]);
    if (!row && rows.length < mostRows) {
      row = new Row();
      rows.push(row);
    }
    row ??= rows.reduce((a, b) => (b.until < a.until ? b : a));
    row.add(i, starts[i], end(i));
  }
  return rows;
}

/* Gives rows their y and height; returns the height of all. */
function stack(lanes, top, rowHeight) {
  let y = top;
  for (const lane of lanes) {
    lane.y = y;
    for (const row of lane.rows) {
      row.y = y;
      row.height = rowHeight;
      y += rowHeight;
    }
    lane.height = y - lane.y;
    y += LANE_GAP;
  }
  return y - top;
}

/*
 * Where the lanes of servers lie: between them is room for the arrows, and within each
 * are, from top to bottom, a line for labels, the bar, marks and the strip of its side.
 */
function serverLanes(count, top, room) {
  const { least, most, lane } = SERVER_PITCH;
  const pitch = Math.floor(Math.max(least, Math.min(most, room / Math.max(1, count))));
  const height = Math.round(Math.max(lane.least, Math.min(lane.most, pitch * 0.62)));
  return Array.from({ length: count }, (_, server) => {
    const y = top + server * pitch + Math.round((pitch - height) / 2);
    return { server, y, height, axis: y + Math.round(height * 0.42),
      half: Math.round(height * 0.17), marks: y + Math.round(height * 0.73),
      strip: y + height - 8, pitch };
  });
}

/* The row height at which the lanes fill `room`, within what can be read. */
function fittingRowHeight(lanes, room) {
  const rows = lanes.reduce((sum, lane) => sum + lane.rows.length, 0);
  const height = Math.floor((room - lanes.length * LANE_GAP) / Math.max(1, rows));
  return Math.max(ROW_HEIGHTS.smallest, Math.min(ROW_HEIGHTS.largest, height));
}
