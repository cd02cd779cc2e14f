/*
 * Operations: a bar from call to return, coloured by kind, with a label if there is
 * room. Red: contradicts others. Framed in red: what a contradiction builds on. Dashed
 * and empty: not in the partial linearization on show. Pale: not what is searched for.
 */

const FADED = 0.16;
/* Pixels that an operation has to add to its row to be drawn. */
const LEAST_ADVANCE = 0.75;
const LABEL_INSET = 5;
const ROUNDING = 3;

function drawOperations(frame) {
  for (const row of frame.stage.rowOf.rows) {
    if (frame.rowInSight(row)) drawOperationRow(frame, row);
  }
}

function drawOperationRow(frame, row) {
  const [from, to] = row.between(frame.window.first, frame.window.last);
  let covered = -Infinity;
  for (let at = from; at < to; at++) {
    const box = frame.stage.boxAt(row, at);
    const look = lookOf(frame, row.items[at]);
    // What lies on pixels already drawn is skipped, except what must stand out.
    if (box.x + box.width < covered + LEAST_ADVANCE && !look.standsOut) {
      frame.work.merged += 1;
      continue;
    }
    drawOperation(frame, row.items[at], box, look);
    covered = Math.max(covered, box.x + box.width);
  }
}

/* How an operation looks: colours, and whether it is emphasized or toned down. */
function lookOf(frame, operation) {
  const { history, state, theme } = frame;
  const part = history.part(operation);
  const faded = state.matches !== null && !state.matches.has(operation);
  const found = state.matches !== null && !faded;
  if (part.contradiction.has(operation)) {
    return { fill: theme.error, edge: theme["error-edge"], weight: 2, faded,
      standsOut: true };
  }
  const path = part.path();
  if (part.verdict !== "ok" && path && !path.place.has(operation)) {
    return { fill: theme["left-out"], edge: theme["left-out-edge"], weight: 1,
      dashed: true, faded, standsOut: found };
  }
  const { fill, edge } = theme.kinds[history.kinds.of[operation]];
  const inCore = part.core.has(operation);
  return { fill, edge, weight: inCore ? 1.5 : 1, faded, standsOut: found,
    // No more than a frame: the chain that a contradiction builds on can be long.
    frame: inCore ? theme["error-edge"] : null };
}

function drawOperation(frame, operation, box, look) {
  const { context, history } = frame;
  frame.work.operations += 1;
  context.globalAlpha = look.faded ? FADED : 1;
  const y = box.y + 1;
  const height = box.height - 2;
  if (box.width < 5) {
    frame.fill(look.edge, box.x, y, Math.max(box.width - 0.5, 1), height);
  } else {
    drawBox(frame, box.x, y, box.width, height, look);
    if (!Number.isFinite(history.ret[operation])) drawOpenEnd(frame, box, look);
    if (!look.faded) frame.labelled.push({ operation, box });
  }
  context.globalAlpha = 1;
}

function drawBox(frame, x, y, width, height, look) {
  const { context } = frame;
  // Far outside the canvas nothing shows, and huge paths are slow.
  const left = Math.max(x, -50);
  const right = Math.min(x + width, frame.stage.width + 50);
  const inset = look.weight / 2;
  context.beginPath();
  context.roundRect(left + inset, y + inset, Math.max(1, right - left - 2 * inset),
    height - 2 * inset, ROUNDING);
  context.fillStyle = look.fill;
  context.fill();
  context.strokeStyle = look.frame ?? look.edge;
  context.lineWidth = look.weight;
  if (look.dashed) context.setLineDash([4, 3]);
  context.stroke();
  if (look.dashed) context.setLineDash([]);
}

/* The right end of an operation that never returned: torn off, not closed. */
function drawOpenEnd(frame, box, look) {
  const { context, theme } = frame;
  const right = Math.min(box.x + box.width, frame.stage.width);
  const teeth = 4;
  const step = box.height / teeth;
  context.beginPath();
  context.moveTo(right + 1, box.y);
  for (let i = 0; i <= teeth; i++) {
    context.lineTo(right - (i % 2 === 0 ? 0 : 4), box.y + i * step);
  }
  context.lineTo(right + 1, box.y + box.height);
  context.closePath();
  context.fillStyle = theme.page;
  context.fill();
  context.strokeStyle = look.edge;
  context.lineWidth = 1;
  context.stroke();
}

/* Labels come after the linearizations, whose lines would make them hard to read. */
function drawOperationLabels(frame) {
  for (const { operation, box } of frame.labelled) {
    drawOperationLabel(frame, operation, box);
  }
}

function drawOperationLabel(frame, operation, box) {
  const left = Math.max(box.x, frame.stage.gutter) + LABEL_INSET;
  const right = Math.min(box.x + box.width, frame.stage.width) - LABEL_INSET;
  const lift = roomForPath(box.height) ? 2.5 : 0;
  frame.label(frame.history.text(operation), left, box.y + box.height / 2 - lift,
    right - left, frame.theme.label);
}

/* Outlines of the operations under the mouse and selected, over everything. */
function drawMarks(frame) {
  const { hover, selected } = frame.state;
  for (const [target, colour] of [[hover, frame.theme.muted],
    [selected, frame.theme.accent]]) {
    const box = target?.operation === undefined ? null
      : frame.stage.box(target.operation);
    if (box) outline(frame, { ...box, width: Math.max(box.width, 3) }, colour);
  }
}

function outline(frame, box, colour) {
  const { context } = frame;
  const left = Math.max(box.x, -50);
  const right = Math.min(box.x + box.width, frame.stage.width + 50);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(left - 1, box.y, right - left + 2, box.height, ROUNDING);
  context.stroke();
}
