/*
 * The bottom of the picture of a run: what this frame shows of how much, and what the
 * shapes and lines mean.
 */

/* How kinds of calls are called, one and many. */
const CALL_NOUNS = ["heartbeats", "other calls", "appends", "snapshots", "pre-votes",
  "votes"];

function drawFooter(frame) {
  const { context, stage, theme } = frame;
  const y = stage.height - stage.footer;
  frame.fill(theme.surface, 0, y, stage.width, stage.footer);
  frame.line(theme.line, 0, y + 0.5, stage.width, y + 0.5);
  context.font = theme.small;
  context.textBaseline = "middle";
  const middle = y + COUNTS_HEIGHT / 2 + 1;
  const text = frameSummary(frame);
  context.fillStyle = theme.text;
  context.fillText(text, 10, middle, stage.width - 20);
  drawLegend(frame, 10, y + COUNTS_HEIGHT + LEGEND_HEIGHT / 2 - 1);
}

/* "12 of 12 votes, 0 of 4,210 heartbeats drawn: zoom in" and what else is not shown. */
function frameSummary({ run, work, window: sight }) {
  const number = (value) => value.toLocaleString("en");
  const said = [];
  let less = false;
  for (let kind = CALL_KINDS.length - 1; kind >= 0; kind--) {
    const counts = work.messages[CALL_KINDS[kind]];
    if (!counts || counts.drawn + counts.leftOut === 0) continue;
    less ||= counts.leftOut > 0;
    said.push(`${number(counts.drawn)} of ${number(counts.drawn + counts.leftOut)} `
      + CALL_NOUNS[kind]);
  }
  if (work.marks + work.mergedMarks > 0) {
    less ||= work.mergedMarks > 0;
    said.push(`${number(work.marks)} of ${number(work.marks + work.mergedMarks)} marks`);
  }
  const parts = said.length === 0 ? ["no messages here"]
    : [`${said.join(", ")} drawn${less ? ": zoom in for the rest" : ""}`];
  const hidden = CALL_KINDS.map((name, kind) => [work.messages[name]?.hidden ?? 0,
    CALL_NOUNS[kind]]).filter(([count]) => count > 0);
  if (hidden.length > 0) {
    parts.push(`hidden: ${hidden.map(([n, noun]) => `${number(n)} ${noun}`).join(", ")}`);
  }
  const missing = run.partsWithin(sight.first, sight.last)
    .filter((part) => run.strings[part] === null).length;
  if (missing > 0) parts.push(`still reading ${counted(missing, "part")} of the facts`);
  return parts.join(" · ");
}

/* Samples of what is in the picture, as many as fit. */
function drawLegend(frame, left, y) {
  const { context, stage, theme, work } = frame;
  const samples = [
    ...[ROLES.leader, ROLES.candidate, ROLES.follower].map((role) =>
      ({ name: ROLE_NAMES[role], width: 24,
        draw: (x) => sampleRole(frame, role, x, y) })),
    ...CALL_KINDS.map((name, kind) => ({ name, width: 26, kind,
      draw: (x) => sampleCall(frame, kind, x, y) })).reverse()
      .filter(({ name }) => work.messages[name]?.drawn > 0),
    ...stage.messages.fading.length > 0 ? [{ name: "under way at the end", width: 26,
      draw: (x) => sampleFading(frame, x, y) }] : [],
    ...MARKS.map((mark, i) => ({ name: mark?.name, width: 14, mark: i,
      draw: (x) => sampleMark(frame, i, x, y) })).reverse()
      .filter(({ mark }) => mark > 0 && stage.marks.drawnOf[mark] > 0),
    ...stage.messages.crosses.length > 0 ? [{ name: "lost", width: 14,
      draw: (x) => drawCross(frame, x + 5, y, 3.5) }] : [],
  ];
  let x = left;
  for (const { name, width, draw } of samples) {
    context.font = theme.small;
    const text = context.measureText(name).width;
    if (x + width + text > stage.width - 8) return;
    draw(x);
    context.font = theme.small;
    context.fillStyle = theme.muted;
    context.textBaseline = "middle";
    context.fillText(name, x + width + 2, y);
    x += width + text + 14;
  }
}

function sampleRole(frame, role, x, y) {
  const { context, theme } = frame;
  const { fill, ink } = theme.terms[0];
  if (role === ROLES.candidate) {
    frame.fill(theme.page, x, y - 4, 20, 8);
    hatch(frame, x, y - 4, 20, 8, 1, fill, 3, 7);
    context.strokeStyle = fill;
    context.strokeRect(x + 0.5, y - 3.5, 19, 7);
    return;
  }
  const height = role === ROLES.leader ? 12 : 4;
  frame.fill(fill, x, y - height / 2, 20, height);
  if (role === ROLES.leader) drawCrown(context, x + 3, y + 5, ink);
}

function sampleCall(frame, kind, x, y) {
  const { context, theme } = frame;
  context.strokeStyle = context.fillStyle = theme.calls[kind];
  context.lineWidth = CALL_LINES[kind].weight;
  context.setLineDash(CALL_LINES[kind].dash);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + 18, y);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x + 23, y);
  context.lineTo(x + 17, y - 3);
  context.lineTo(x + 17, y + 3);
  context.fill();
}

function sampleFading(frame, x, y) {
  const { context, theme } = frame;
  const STEPS = 5;
  for (let step = 0; step < STEPS; step++) {
    context.globalAlpha = 0.95 - step / STEPS;
    frame.fill(theme.calls[CALL_KINDS.indexOf("vote")], x + step * 4.5, y - 1, 4.5, 2);
  }
  context.globalAlpha = 1;
}

function sampleMark(frame, mark, x, y) {
  const { context } = frame;
  context.fillStyle = context.strokeStyle = markColour(frame.theme, mark);
  context.lineWidth = 1.75;
  context.beginPath();
  MARKS[mark].draw(context, x + 6, y);
  if (MARKS[mark].draw.open) context.stroke();
  else context.fill();
}
