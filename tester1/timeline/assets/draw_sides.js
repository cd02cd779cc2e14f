/*
 * Who could reach whom: while the network is divided, each server's lane has the ground
 * and the strip of its side, which differ by colour, hatching and letter, and a wall
 * stands between neighbours that are apart.
 */

const SIDE_LETTERS = "ABCDEFGHIJ";
/* Angles of the hatching: none, to the right, to the left, upright. */
const SIDE_SLOPES = [null, 1, -1, 0];
const STRIP_HEIGHT = 8;
const HATCH_STEP = 6;

/* Calls `draw` with each division in sight and where it begins and ends. */
function eachDivision(frame, draw) {
  const { run, stage, window: sight } = frame;
  const from = firstWhere(run.sides.length, (i) => run.sides[i].end >= sight.first);
  let covered = -Infinity;
  for (let i = from; i < run.sides.length && run.sides[i].start <= sight.last; i++) {
    const left = Math.max(stage.gutter, sight.x(run.sides[i].start));
    const right = Math.min(stage.width, sight.x(run.sides[i].end));
    // Many short ones on the same pixels look like the first of them.
    if (right < covered + 0.5) continue;
    covered = right;
    draw(run.sides[i], left, Math.max(1, right - left));
  }
}

function drawSides(frame) {
  eachDivision(frame, (sides, x, width) => {
    const sideOf = sidesOfServers(sides);
    for (const lane of frame.stage.servers) {
      const side = sideOf.get(lane.server);
      if (side !== undefined) drawSide(frame, lane, side, x, width);
    }
    drawWalls(frame, sideOf, x, width);
    drawCutLinks(frame, sides, x, width);
  });
}

/* The groups, the largest first: it is A, and the one that can decide if any can. */
function largestFirst({ groups }) {
  return [...groups].sort((a, b) => b.length - a.length || a[0] - b[0]);
}

function sidesOfServers(sides) {
  const sideOf = new Map();
  largestFirst(sides).forEach((group, side) => group.forEach((program) =>
    sideOf.set(program, side)));
  return sideOf;
}

function drawSide(frame, lane, side, x, width) {
  const { context, theme } = frame;
  const look = theme.sides[side % SIDE_COLOURS];
  const y = lane.y - frame.stage.scroll;
  frame.fill(look.fill, x, y, width, lane.height);
  const strip = lane.strip - frame.stage.scroll;
  // Where the colours begin again, the hatching is another.
  const turn = Math.floor(side / SIDE_COLOURS);
  const slope = SIDE_SLOPES[(side + turn) % SIDE_SLOPES.length];
  context.globalAlpha = slope === null ? 0.55 : 0.25;
  frame.fill(look.edge, x, strip, width, STRIP_HEIGHT);
  context.globalAlpha = 1;
  if (slope !== null) hatch(frame, x, strip, width, STRIP_HEIGHT, slope, look.edge, 2);
  if (width < 16) return;
  context.font = theme.small;
  context.fillStyle = look.edge;
  context.beginPath();
  context.roundRect(x + 1, strip - 5, 14, 13, 3);
  context.fill();
  context.fillStyle = theme.page;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillText(SIDE_LETTERS[side % SIDE_LETTERS.length], x + 8, strip + 2);
  context.textAlign = "left";
}

/* Between neighbours on different sides: nothing passes here. */
function drawWalls(frame, sideOf, x, width) {
  const { context, stage, theme } = frame;
  context.beginPath();
  for (let at = 1; at < stage.servers.length; at++) {
    const [above, below] = [stage.servers[at - 1], stage.servers[at]];
    if (sideOf.get(above.server) === sideOf.get(below.server)) continue;
    const y = Math.round((above.y + above.height + below.y) / 2 - stage.scroll);
    context.moveTo(x, y);
    context.lineTo(x + width, y);
  }
  context.strokeStyle = theme.muted;
  context.lineWidth = 2.5;
  context.setLineDash([9, 5]);
  context.stroke();
  context.setLineDash([]);
}

/* Single links that are cut besides: a line under the sender, with the receiver. */
function drawCutLinks(frame, sides, x, width) {
  const { context, run, stage, theme } = frame;
  const receivers = new Map();
  for (const [sender, receiver] of sides.links) {
    if (!receivers.has(sender)) receivers.set(sender, []);
    receivers.get(sender).push(run.name(receiver));
  }
  for (const [sender, names] of receivers) {
    const lane = stage.servers[sender];
    if (!lane) continue;
    const y = lane.strip + STRIP_HEIGHT + 1.5 - stage.scroll;
    context.strokeStyle = theme.bad;
    context.lineWidth = 1.5;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + width, y);
    context.stroke();
    context.setLineDash([]);
    const text = `no link to ${names.join(", ")}`;
    context.font = theme.small;
    if (width < text.length * 6) continue;
    context.textBaseline = "middle";
    frame.halo(text, x + 18, y, theme.bad);
  }
}

/* The row of the band that names the sides: S0 S1 | S2 S3 S4. */
function drawSidesRow(frame) {
  const { context, stage, theme } = frame;
  if (stage.sidesRow === 0) return;
  const y = stage.runTop + stage.pinRow;
  eachDivision(frame, (sides, x, width) => {
    context.fillStyle = theme.shade;
    context.fillRect(x, y + 1, width, stage.sidesRow - 3);
    context.strokeStyle = theme.muted;
    context.lineWidth = 1;
    if (width > 3) context.strokeRect(x + 0.5, y + 1.5, width - 1, stage.sidesRow - 4);
    frame.label(sidesText(frame.run, sides), x + 5, y + stage.sidesRow / 2, width - 8,
      theme.text);
  });
}

function sidesText(run, sides) {
  const groups = largestFirst(sides).map((group) => group.map((i) => run.name(i))
    .join(" ")).join(" | ");
  const links = sides.links.map(([a, b]) => `${run.name(a)}→${run.name(b)}`);
  return links.length === 0 ? groups : `${groups} · cut: ${links.join(" ")}`;
}

/*
 * Fills a rectangle with parallel lines: `slope` 1 leans to the right, -1 to the left,
 * 0 is upright. The lines stay where they are in time while the picture moves.
 */
function hatch(frame, x, y, width, height, slope, colour, weight, step = HATCH_STEP) {
  const { context } = frame;
  const lean = slope * height;
  const phase = (frame.window.first / frame.window.perPixel) % step;
  const right = x + width;
  context.strokeStyle = colour;
  context.lineWidth = weight;
  context.beginPath();
  let pending = 0;
  // A line begins at the bottom at `low` and ends at the top at `low + lean`.
  const start = x - Math.max(lean, 0);
  for (let low = start - ((start + phase) % step); low < right + height; low += step) {
    let [x1, y1, x2, y2] = [low, y + height, low + lean, y];
    if (slope > 0) {
      if (x1 < x) { y1 -= x - x1; x1 = x; }
      if (x2 > right) { y2 += x2 - right; x2 = right; }
    } else if (slope < 0) {
      if (x1 > right) { y1 -= x1 - right; x1 = right; }
      if (x2 < x) { y2 += x - x2; x2 = x; }
    }
    if (y1 <= y2 || x1 < x || x1 > right) continue;
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    if (++pending % LINES_PER_STROKE !== 0) continue;
    context.stroke();
    context.beginPath();
  }
  context.stroke();
}
