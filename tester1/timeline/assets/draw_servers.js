/*
 * Lanes of servers: a bar for each stretch of time in one role and term.
 *
 * The role is the shape: a follower's bar is thin, a candidate's striped, a leader's
 * thick with a crown. The term is the colour and, where there is room, a number: colour
 * is never the only sign. What no fact has shown is a dotted line. A crash leaves a
 * gap, and a restart says which life of the server begins.
 */

const FOLLOWER_BAR = 6;
const CANDIDATE_BAR = 14;
/* A stretch narrower than this is merged with what lies on its pixels. */
const LEAST_STRETCH = 0.5;
/* A crown and a term have room on a leader's bar of this width. */
const LEADER_LABEL = 44;

function drawServers(frame) {
  const { stage } = frame;
  for (const lane of stage.servers) {
    if (!serverInSight(frame, lane)) continue;
    const lives = stage.lives?.[lane.server];
    if (lives) drawLives(frame, lane, lives);
    else drawUnknown(frame, lane, stage.gutter, stage.width, frame.theme.muted);
  }
  drawFactMarks(frame);
  for (const lane of stage.servers) {
    const lives = stage.lives?.[lane.server];
    if (lives && serverInSight(frame, lane)) drawStretchLabels(frame, lane, lives);
  }
}

function serverInSight(frame, lane) {
  const y = lane.y - frame.stage.scroll;
  return y + lane.pitch > frame.stage.band && y - lane.pitch < frame.stage.height;
}

/* The stretches [from, to) of a server that touch the time in sight. */
function stretchesInSight(frame, stretches) {
  const { first, last } = frame.window;
  return [firstWhere(stretches.length, (i) => stretches[i].end >= first),
    firstWhere(stretches.length, (i) => stretches[i].start > last)];
}

function drawLives(frame, lane, { lives, stretches }) {
  const { stage, window: sight } = frame;
  const [from, to] = stretchesInSight(frame, stretches);
  let covered = -Infinity;
  for (let i = from; i < to; i++) {
    const stretch = stretches[i];
    const x = Math.max(sight.x(stretch.start), stage.gutter - 20);
    const right = Math.min(sight.x(stretch.end), stage.width + 20);
    const leads = stretch.role === ROLES.leader;
    if (right < covered + LEAST_STRETCH && !leads) continue;
    drawStretch(frame, lane, stretch, x, Math.max(right - x, leads ? 1.5 : 1));
    covered = Math.max(covered, right);
  }
  drawGaps(frame, lane, lives);
}

function drawStretch(frame, lane, stretch, x, width) {
  const { context, theme } = frame;
  const axis = lane.axis - frame.stage.scroll;
  if (stretch.term <= 0) { drawUnknown(frame, lane, x, x + width, theme.muted); return; }
  const { fill } = termLook(theme, stretch.term);
  switch (stretch.role) {
    case ROLES.follower:
      frame.fill(fill, x, axis - FOLLOWER_BAR / 2, width, FOLLOWER_BAR);
      break;
    case ROLES.candidate: drawCandidate(frame, fill, axis, x, width); break;
    case ROLES.leader:
      frame.fill(fill, x, axis - lane.half, width, 2 * lane.half);
      if (width < 4) break;
      context.strokeStyle = theme.text;
      context.lineWidth = 1;
      context.strokeRect(x + 0.5, axis - lane.half + 0.5, width - 1, 2 * lane.half - 1);
      break;
    default: drawUnknown(frame, lane, x, x + width, fill);
  }
}

function drawCandidate(frame, fill, axis, x, width) {
  const { context, theme } = frame;
  const y = axis - CANDIDATE_BAR / 2;
  frame.fill(theme.page, x, y, width, CANDIDATE_BAR);
  if (width < 5) { frame.fill(fill, x, y, width, CANDIDATE_BAR); return; }
  hatch(frame, x, y, width, CANDIDATE_BAR, 1, fill, 4, 8);
  context.strokeStyle = fill;
  context.lineWidth = 1.5;
  context.strokeRect(x + 0.75, y + 0.75, width - 1.5, CANDIDATE_BAR - 1.5);
}

/* Role or term are not known: thin dots, in the term's colour if that is. */
function drawUnknown(frame, lane, from, to, colour) {
  const { context } = frame;
  const axis = lane.axis - frame.stage.scroll;
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.setLineDash([2, 4]);
  context.beginPath();
  context.moveTo(from, axis);
  context.lineTo(to, axis);
  context.stroke();
  context.setLineDash([]);
}

/* Crashes, the time that a server was down, and restarts with the life's number. */
function drawGaps(frame, lane, lives) {
  const { window: sight, stage } = frame;
  let covered = -Infinity;
  lives.forEach((life, i) => {
    const next = lives[i + 1];
    const begins = sight.x(life.start);
    if (i > 0 && begins >= covered && begins <= stage.width) {
      drawRestart(frame, lane, life, begins);
    }
    if (!life.ended) return;
    const from = sight.x(life.end);
    const to = next ? sight.x(next.start) : sight.x(frame.run.end);
    if (to < stage.gutter || from > stage.width || to < covered) return;
    drawDown(frame, lane, Math.max(from, stage.gutter - 20),
      Math.min(to, stage.width + 20));
    if (from >= covered) drawCross(frame, from, lane.axis - stage.scroll, 6);
    covered = from + 3;
  });
}

function drawDown(frame, lane, from, to) {
  const { context, theme } = frame;
  const y = lane.axis - lane.half - frame.stage.scroll;
  const width = Math.max(1, to - from);
  frame.fill(theme.page, from, y, width, 2 * lane.half);
  context.globalAlpha = 0.5;
  hatch(frame, from, y, width, 2 * lane.half, -1, theme.muted, 1, 7);
  context.globalAlpha = 1;
  if (width < 52) return;
  context.font = theme.small;
  context.textBaseline = "middle";
  frame.halo("down", Math.max(from, frame.stage.gutter) + 12,
    lane.axis - frame.stage.scroll, theme.bad);
}

/* Something ended here: a crash, or a message that was lost. */
function drawCross(frame, x, y, size) {
  const { context } = frame;
  for (const [colour, weight] of [[frame.theme.page, 5], [frame.theme.bad, 2.5]]) {
    context.beginPath();
    addCross(context, x, y, size);
    context.strokeStyle = colour;
    context.lineWidth = weight;
    context.stroke();
  }
}

function addCross(context, x, y, size) {
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x + size, y - size);
  context.lineTo(x - size, y + size);
}

/* A disc with the number of the life that begins. */
function drawRestart(frame, lane, life, x) {
  const { context, theme } = frame;
  const y = lane.axis - frame.stage.scroll;
  context.beginPath();
  context.arc(x, y, 8, 0, 2 * Math.PI);
  context.fillStyle = theme.page;
  context.fill();
  context.strokeStyle = theme.good;
  context.lineWidth = 2;
  context.stroke();
  context.font = theme.small;
  context.fillStyle = theme.text;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(String(life.incarnation), x, y + 0.5);
  context.textAlign = "left";
}

/*
 * Terms, and crowns: where the stretch begins, or at the left edge of the picture. Where
 * a ring of the finding is, they come behind it.
 */
function drawStretchLabels(frame, lane, { stretches }) {
  const { stage, window: sight } = frame;
  const [from, to] = stretchesInSight(frame, stretches);
  let free = -Infinity;
  let crowned = -Infinity;
  for (let i = from; i < to; i++) {
    const stretch = stretches[i];
    if (stretch.term <= 0) continue;
    const x = Math.max(sight.x(stretch.start), stage.gutter) + 4;
    const right = Math.min(sight.x(stretch.end), stage.width);
    if (stretch.role === ROLES.leader && x > crowned + 16) {
      drawLeaderLabel(frame, lane, stretch, x, right);
      crowned = x;
      if (right - x >= LEADER_LABEL) continue;
    }
    const text = `T${stretch.term}`;
    const sameTerm = i > from && stretches[i - 1].term === stretch.term;
    const stands = stretch.role === ROLES.candidate;
    if (right - x < text.length * 7 || x < free || sameTerm && !stands) continue;
    const said = besideRings(frame, lane, x, right,
      stands ? [[`${text} candidate`, text.length * 7 + 64], [text, text.length * 7]]
        : [[text, text.length * 7]]);
    labelAbove(frame, lane, stretch, said.text, said.x);
    free = said.x + said.text.length * 7;
  }
}

/*
 * The first of some texts, [text, width], that has room from x to the right without a
 * ring on it: {text, x}. If none has, it is the last one, at x.
 */
function besideRings(frame, lane, x, right, texts) {
  const axis = lane.axis - frame.stage.scroll;
  const rings = frame.rings.filter((ring) => ring.y === axis)
    .flatMap((ring) => ringBoxes(ring)).sort((a, b) => a.x - b.x);
  for (const [text, width] of texts) {
    let left = x;
    for (const ring of rings) {
      if (ring.x < left + width && ring.x + ring.width > left) left = ring.x + ring.width + 2;
    }
    if (left + width <= right) return { text, x: left };
  }
  const [text] = texts[texts.length - 1];
  return { text, x };
}

function labelAbove(frame, lane, stretch, text, x) {
  const { context, stage, theme } = frame;
  const tall = stretch.role === ROLES.candidate ? CANDIDATE_BAR : FOLLOWER_BAR;
  const y = lane.axis - tall / 2 - 3 - stage.scroll;
  // To be written once more if something is drawn over it.
  const write = () => {
    context.font = theme.bold;
    context.textBaseline = "alphabetic";
    frame.halo(text, x, y, theme.text);
  };
  write();
  frame.words.push({ x, y: y - 10, width: context.measureText(text).width, height: 12,
    text, write });
}

function drawLeaderLabel(frame, lane, stretch, x, right) {
  const { context, stage, theme } = frame;
  const { ink } = termLook(theme, stretch.term);
  const axis = lane.axis - stage.scroll;
  // A stretch too narrow to hold its crown wears it.
  if (right - x < 20) {
    drawCrown(context, x - 10, axis - lane.half - 3, theme.text);
    return;
  }
  const term = `T${stretch.term}`;
  const said = besideRings(frame, lane, x, right,
    [[`${term} leader`, 100], [term, LEADER_LABEL], ["", 20]]);
  drawCrown(context, said.x, axis + 4, ink);
  if (said.text === "") return;
  context.font = theme.bold;
  context.fillStyle = ink;
  context.textBaseline = "middle";
  context.fillText(said.text, said.x + 18, axis + 0.5);
  frame.words.push({ x: said.x, y: axis - 6, height: 12, text: said.text,
    width: 18 + context.measureText(said.text).width });
  frame.work.labels += 1;
}

/* A crown that stands on a point. */
function drawCrown(context, x, bottom, colour) {
  context.beginPath();
  context.moveTo(x, bottom);
  for (const [right, up] of [[0, 8], [3.5, 4], [7, 10], [10.5, 4], [14, 8], [14, 0]]) {
    context.lineTo(x + right, bottom - up);
  }
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

/* In the gutter: the name, and how the server stands at the cursor. */
function drawServerNames(frame) {
  const { context, run, stage, theme, state } = frame;
  if (!run) return;
  const suspects = new Set(run.pins[state.pin]?.servers ?? []);
  for (const lane of stage.servers) {
    const y = lane.axis - stage.scroll;
    const found = suspects.has(lane.server);
    if (found) frame.fill(theme.bad, 0, lane.y - stage.scroll, 4, lane.height);
    context.font = theme.bold;
    context.textBaseline = "middle";
    context.fillStyle = found ? theme.bad : theme.text;
    context.fillText(run.name(lane.server), 10, y - 7, stage.gutter - 14);
    context.font = theme.small;
    context.fillStyle = theme.muted;
    context.fillText(standing(stage.lives?.[lane.server], state.cursor.time), 10, y + 8,
      stage.gutter - 14);
  }
}

/* How a server stood at a time, in two words. */
function standing(lives, time) {
  if (!lives) return "";
  const stretch = stretchAt(lives.stretches, time);
  if (!stretch) return lives.lives.some((life) => life.start <= time) ? "down" : "";
  const role = ROLE_NAMES[stretch.role];
  if (stretch.term <= 0) return stretch.role === ROLES.unknown ? "unknown" : role;
  return stretch.role === ROLES.unknown ? `T${stretch.term}`
    : `${role} T${stretch.term}`;
}

function stretchAt(stretches, time) {
  const after = firstWhere(stretches.length, (i) => stretches[i].start > time);
  const stretch = stretches[after - 1];
  return stretch && stretch.end >= time ? stretch : null;
}
