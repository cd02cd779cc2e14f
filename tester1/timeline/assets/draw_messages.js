/*
 * Messages: an arrow from where a request is sent to where it is handed over, and a
 * paler one back, from the answer to its delivery. Kinds are told by colour, by dashes
 * and, where there is room, by words. A lost message ends in a cross on its way; one
 * that is still under way when the run ends fades out.
 *
 * Zoomed out there are more calls than a screen can show. Kinds are then left out,
 * heartbeats first and votes last; of the last kind that has some room, as many are
 * drawn as fit, the same ones while the picture moves. What is left out is counted
 * (the line at the bottom says it) and leaves a mark of its density at its sender.
 */

/* Calls of a frame; a narrow screen has room for fewer. */
const MOST_CALLS = 2500;
const CALLS_PER_PIXEL = 1.25;
/* So many arrows are drawn with finer lines, and paler, if they are no votes. */
const MANY_ARROWS = 600;
const PALER = 0.65;
/* What happens all the time is left out sooner: it would hide the rest. */
const HEARTBEATS_PER_PIXEL = 0.25;
const OTHERS_PER_PIXEL = 0.7;
/* For fewer a share of a kind is not worth it. */
const LEAST_SHARED = 32;
const HEARTBEAT = 0;
const OTHER = 1;
const DENSITY_COLUMN = 4;
const DENSITY_HEIGHT = 9;
/* Where a lost message ends: this share of its way, so many pixels later. */
const LOST_WAY = 0.45;
const LOST_PIXELS = 16;
/* Over how many pixels a message fades that is under way when the run ends. */
const FADING_WAY = 0.75;
const FADING_PIXELS = 60;
const MANY_CROSSES = 60;
const ARROW_SLACK = 4;
const OUTSIDE = 200;
/* A kind has labels if it has no more arrows than this: all are tried, or none. */
const MOST_LABELLED = 200;
const MOST_LABELLED_HEARTBEATS = 80;
/* A path of a thousand lines takes browsers much longer than many short ones. */
const LINES_PER_STROKE = 12;
const MOST_DASHED = 150;
const LABEL_CELL = { width: 22, height: 13 };

/* By kind, the weight of its line and its dashes. */
const CALL_LINES = [
  { weight: 0.9, dash: [2, 3] },
  { weight: 1, dash: [] },
  { weight: 1.4, dash: [] },
  { weight: 2.2, dash: [10, 4] },
  { weight: 1.6, dash: [5, 3] },
  { weight: 1.9, dash: [] },
];
/* What an arrow is: each variant of a kind is drawn at one stroke. */
const REQUEST = 0;
const ANSWER = 1;
const REFUSAL = 2;
const VARIANTS = 3;
/* The style of an arrow that fades: it is drawn on its own. */
const FADES = 255;
const VARIANT_LOOKS = [
  { alpha: 1, thinner: 1 }, { alpha: 0.6, thinner: 0.65 }, { alpha: 0.6, thinner: 0.65 },
];

/* The messages of the last frame: what was drawn where, and what was left out. */
class Messages {
  constructor(run) {
    this.run = run;
    this.count = 0;
    this.room = 4096;
    this.ends = new Float32Array(4 * this.room);
    this.styles = new Uint8Array(this.room);
    this.facts = new Int32Array(this.room);
    this.calls = new Int32Array(this.room);
    this.crosses = [];
    this.fading = [];
    this.inSight = new Int32Array(CALL_KINDS.length);
    this.drawn = new Int32Array(CALL_KINDS.length);
    this.hidden = new Int32Array(CALL_KINDS.length);
    this.density = new Uint16Array(0);
    this.cells = new Uint8Array(0);
  }

  begin() {
    this.count = 0;
    this.crosses.length = this.fading.length = 0;
    this.inSight.fill(0);
    this.drawn.fill(0);
    this.hidden.fill(0);
  }

  add(x1, y1, x2, y2, style, fact, call) {
    if (this.count === this.room) this.grow();
    const at = this.count++;
    this.ends[4 * at] = x1;
    this.ends[4 * at + 1] = y1;
    this.ends[4 * at + 2] = x2;
    this.ends[4 * at + 3] = y2;
    this.styles[at] = style;
    this.facts[at] = fact;
    this.calls[at] = call;
  }

  grow() {
    this.room *= 2;
    for (const name of ["ends", "styles", "facts", "calls"]) {
      const larger = new this[name].constructor(this[name].length * 2);
      larger.set(this[name]);
      this[name] = larger;
    }
  }

  /* The fact whose arrow is at a point of the canvas, or NONE. */
  at(x, y) {
    const { ends } = this;
    let best = NONE;
    let nearest = ARROW_SLACK;
    for (let i = 0; i < this.count; i++) {
      const distance = distanceTo(x, y, ends[4 * i], ends[4 * i + 1], ends[4 * i + 2],
        ends[4 * i + 3]);
      if (distance < nearest) { nearest = distance; best = this.facts[i]; }
    }
    return best;
  }

  /* The calls that were drawn, by what sent them. */
  ids() { return [...new Set(this.calls.subarray(0, this.count))].sort((a, b) => a - b); }

  /* Whether the call was drawn as lost. */
  isCrossed(call) { return this.crosses.some((cross) => cross.call === call); }

  /* The rectangle of a call's arrows, or null if they were not drawn. */
  box(call) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < this.count; i++) {
      if (this.calls[i] !== call) continue;
      const [x1, y1, x2, y2] = this.ends.subarray(4 * i, 4 * i + 4);
      left = Math.min(left, x1, x2);
      right = Math.max(right, x1, x2);
      top = Math.min(top, y1, y2);
      bottom = Math.max(bottom, y1, y2);
    }
    return left > right ? null
      : { x: left, y: top, width: right - left, height: bottom - top };
  }

  /* {vote: {drawn, leftOut, hidden}, …} of the kinds that are in sight. */
  summary() {
    const summary = {};
    CALL_KINDS.forEach((name, kind) => {
      const [inSight, drawn] = [this.inSight[kind], this.drawn[kind]];
      const hidden = this.hidden[kind];
      if (inSight + hidden === 0) return;
      summary[name] = { drawn, leftOut: inSight - drawn, hidden };
    });
    return summary;
  }
}

function distanceTo(x, y, x1, y1, x2, y2) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0
    : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length));
  return Math.hypot(x1 + along * dx - x, y1 + along * dy - y);
}

function drawMessages(frame) {
  const { messages } = frame.stage;
  messages.begin();
  const chosen = countCalls(frame);
  const room = Math.min(MOST_CALLS, frame.window.width * CALLS_PER_PIXEL);
  // What a filter chooses is drawn first, whatever it is, if there is room for all.
  const taken = chosen <= room ? chosen : 0;
  placeCalls(frame, sharesOfKinds(messages.inSight, frame.window.width, room - taken),
    taken > 0);
  drawDensity(frame);
  strokeMessages(frame);
  drawFading(frame);
  drawCrosses(frame);
  drawChosenCall(frame);
  drawMessageLabels(frame);
  frame.work.messages = messages.summary();
}

function kindIsHidden(state, kind) {
  return state.shownKinds !== null && !state.shownKinds.has(kind);
}

/* Counts the calls in sight by kind; returns how many of them a filter chooses. */
function countCalls(frame) {
  const { run, state, stage, window: sight } = frame;
  const { inSight, hidden } = stage.messages;
  let chosen = 0;
  eachCallInSight(run, sight, (calls, i) => {
    if (kindIsHidden(state, calls.kind[i])) { hidden[calls.kind[i]] += 1; return; }
    inSight[calls.kind[i]] += 1;
    if (state.filter !== null && state.filter(calls.sent[i])) chosen += 1;
  });
  return chosen;
}

/* Whether a call that was sent in time has anything to be seen of it in the window. */
function callInSight(run, calls, i, sight) {
  const open = calls.ended[i] === NONE;
  const after = open ? FADING_PIXELS : calls.lost[i] === NONE ? 0 : LOST_PIXELS;
  return run.lastSeen(calls, i) + after * sight.perPixel >= sight.first;
}

/* Tells `visit` of every call in sight: its columns and its place in them. */
function eachCallInSight(run, sight, visit) {
  const first = sight.first - FADING_PIXELS * sight.perPixel;
  run.eachCallsWithin(first, sight.last, (calls, from, to) => {
    for (let i = from; i < to; i++) {
      if (callInSight(run, calls, i, sight)) visit(calls, i);
    }
  });
}

/* Which share of each kind's calls is drawn: powers of two, so that few ever flicker. */
function sharesOfKinds(counts, width, most) {
  const shares = new Float64Array(counts.length);
  let room = most;
  for (let kind = counts.length - 1; kind >= 0; kind--) {
    const own = kind === HEARTBEAT ? Math.min(room, width * HEARTBEATS_PER_PIXEL)
      : kind === OTHER ? Math.min(room, width * OTHERS_PER_PIXEL) : room;
    if (counts[kind] <= own) shares[kind] = 1;
    // A few heartbeats of many would look like all there are.
    else if (kind > OTHER && own >= LEAST_SHARED) {
      shares[kind] = 2 ** Math.floor(Math.log2(own / counts[kind]));
    }
    room -= counts[kind] * shares[kind];
    // Where a kind has to be left out, those that matter less are.
    if (shares[kind] < 1 && kind > OTHER) room = 0;
  }
  return shares;
}

/* A number from 0 to 1 that looks drawn by lot, the same for a fact in every frame. */
function lot(fact) { return (Math.imul(fact, 2654435761) >>> 0) / 2 ** 32; }

function placeCalls(frame, shares, allChosen) {
  const { run, stage, state, window: sight } = frame;
  const { messages } = stage;
  const anchors = run.programs.map((_, program) => stage.anchor(program));
  const wanted = callsThatStandOut(frame);
  const columns = Math.ceil(sight.width / DENSITY_COLUMN) + 1;
  const density = messages.density.length === run.programs.length * columns
    ? messages.density.fill(0) : new Uint16Array(run.programs.length * columns);
  Object.assign(messages, { density, columns });
  eachCallInSight(run, sight, (calls, i) => {
    const kind = calls.kind[i];
    if (kindIsHidden(state, kind)) return;
    const share = shares[kind];
    const sent = calls.sent[i];
    if (share === 1 || share > 0 && lot(sent) < share || wanted.has(sent)
      || allChosen && state.filter(sent)) {
      messages.drawn[kind] += 1;
      placeCall(frame, calls, i, anchors[calls.source[i]], anchors[calls.target[i]]);
    } else if (calls.sentAt[i] >= sight.first) {
      const column = Math.floor((sight.x(calls.sentAt[i]) - sight.left) / DENSITY_COLUMN);
      density[calls.source[i] * columns + column] += 1;
    }
  });
}

/* The calls that are drawn whatever else is: of findings and what is chosen. */
function callsThatStandOut({ run, state }) {
  const wanted = new Set();
  const facts = [state.selected?.fact, state.hover?.fact,
    ...run.pins[state.pin]?.proof ?? []];
  for (const fact of facts) {
    if (fact !== undefined && fact >= 0) wanted.add(run.callOfFact[fact] - 1);
  }
  return wanted;
}

function placeCall(frame, calls, i, source, target) {
  const { messages } = frame.stage;
  const { window: sight, state } = frame;
  const sent = calls.sent[i];
  const pale = state.filter !== null && !state.filter(sent);
  const style = (pale ? CALL_KINDS.length : 0) + calls.kind[i];
  const down = target.middle >= source.middle;
  const leave = down ? source.below : source.above;
  const reach = down ? target.above : target.below;
  const sentX = sight.x(calls.sentAt[i]);
  const lost = calls.lost[i] !== NONE;
  if (calls.handed[i] === NONE) {
    if (lost) placeLost(messages, sentX, leave, reach, style * VARIANTS, sent, sent);
    else placeFading(messages, sentX, leave, reach, style, sent, sent);
    return;
  }
  const handedX = sight.x(calls.handedAt[i]);
  messages.add(sentX, leave, handedX, reach, style * VARIANTS + REQUEST, sent, sent);
  if (calls.answered[i] === NONE) {
    if (lost) messages.crosses.push({ x: handedX + 7, y: reach, call: sent, pale });
    return;
  }
  const answered = calls.answered[i];
  const variant = style * VARIANTS + (calls.granted[i] === 0 ? REFUSAL : ANSWER);
  const answeredX = sight.x(calls.answeredAt[i]);
  if (lost) placeLost(messages, answeredX, reach, leave, variant, answered, sent);
  else if (calls.ended[i] === NONE) {
    placeFading(messages, answeredX, reach, leave, style, answered, sent);
  } else {
    messages.add(answeredX, reach, sight.x(calls.endedAt[i]), leave, variant, answered,
      sent);
  }
}

function placeLost(messages, x, from, to, style, fact, call) {
  const end = { x: x + LOST_PIXELS, y: from + (to - from) * LOST_WAY, call,
    pale: isPale(style) };
  messages.add(x, from, end.x, end.y, style, fact, call);
  messages.crosses.push(end);
}

/* Nothing more is known of it: the arrow gets paler, and reaches nothing. */
function placeFading(messages, x, from, to, style, fact, call) {
  messages.fading.push({ x, from, right: x + FADING_PIXELS,
    to: from + (to - from) * FADING_WAY, style: style * VARIANTS, fact, call });
}

// Drawing what has its place

function strokeMessages(frame) {
  const { messages } = frame.stage;
  const styles = new Map();
  for (const style of messages.styles.subarray(0, messages.count)) {
    styles.set(style, (styles.get(style) ?? 0) + 1);
  }
  styles.delete(FADES);
  // Heartbeats lie beneath votes, and what a filter leaves out beneath all.
  const kinds = CALL_KINDS.length;
  const order = (style) => (Math.floor(style / VARIANTS) + kinds) % (2 * kinds);
  for (const style of [...styles.keys()].sort((a, b) => order(a) - order(b) || b - a)) {
    strokeStyle(frame, style, styles.get(style));
  }
  frame.context.globalAlpha = 1;
  frame.context.setLineDash([]);
}

/* Whether a filter leaves it out. */
function isPale(style) { return style >= CALL_KINDS.length * VARIANTS; }

function lookOfStyle(frame, style) {
  const kinds = CALL_KINDS.length;
  const kind = Math.floor(style / VARIANTS) % kinds;
  const variant = style % VARIANTS;
  const { alpha, thinner } = VARIANT_LOOKS[variant];
  const many = frame.stage.messages.count > MANY_ARROWS;
  const isVote = CALL_KINDS[kind].endsWith("vote");
  const { weight, dash } = CALL_LINES[kind];
  return { kind, variant, colour: frame.theme.calls[kind], dash,
    alpha: isPale(style) ? FADED : alpha * (many && !isVote ? PALER : 1),
    weight: weight * thinner * (many ? 0.7 : 1) };
}

function strokeStyle(frame, style, count) {
  const { context, stage } = frame;
  const { messages } = stage;
  const look = lookOfStyle(frame, style);
  context.globalAlpha = look.alpha;
  context.strokeStyle = context.fillStyle = look.colour;
  context.lineWidth = look.weight;
  // Among very many lines dashes tell nothing any more, and they are slow to draw.
  context.setLineDash(count <= MOST_DASHED ? look.dash : []);
  context.beginPath();
  let pending = 0;
  for (let i = 0; i < messages.count; i++) {
    if (messages.styles[i] !== style) continue;
    addLine(context, messages.ends, i, stage.width);
    if (++pending % LINES_PER_STROKE === 0) {
      context.stroke();
      context.beginPath();
    }
  }
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  const size = look.variant === REQUEST ? 6 : 4.5;
  for (let i = 0; i < messages.count; i++) {
    if (messages.styles[i] === style) addHead(context, messages.ends, i, stage, size);
  }
  context.fill();
}

/* The part of a line that is near the canvas: far ends make strokes slow. */
function addLine(context, ends, i, width) {
  let [x1, y1, x2, y2] = [ends[4 * i], ends[4 * i + 1], ends[4 * i + 2], ends[4 * i + 3]];
  const slope = (y2 - y1) / (x2 - x1);
  if (x1 < -OUTSIDE) { y1 += slope * (-OUTSIDE - x1); x1 = -OUTSIDE; }
  const right = width + OUTSIDE;
  if (x2 > right) { y2 += slope * (right - x2); x2 = right; }
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
}

function addHead(context, ends, i, stage, size) {
  const [x, y] = [ends[4 * i + 2], ends[4 * i + 3]];
  if (x < stage.gutter - size || x > stage.width + size) return;
  const [dx, dy] = [x - ends[4 * i], y - ends[4 * i + 1]];
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length * size, dy / length * size];
  context.moveTo(x, y);
  context.lineTo(x - ux - uy * 0.45, y - uy + ux * 0.45);
  context.lineTo(x - ux + uy * 0.45, y - uy - ux * 0.45);
}

function drawFading(frame) {
  const { context } = frame;
  const { messages } = frame.stage;
  const STEPS = 5;
  for (const { x, from, right, to, style, fact, call } of messages.fading) {
    const look = lookOfStyle(frame, style);
    context.strokeStyle = look.colour;
    context.lineWidth = look.weight;
    for (let step = 0; step < STEPS; step++) {
      const [a, b] = [step / STEPS, (step + 1) / STEPS];
      context.globalAlpha = look.alpha * (0.9 - a * 0.85);
      context.beginPath();
      context.moveTo(x + (right - x) * a, from + (to - from) * a);
      context.lineTo(x + (right - x) * b, from + (to - from) * b);
      context.stroke();
    }
    context.globalAlpha = 1;
    // It can be pointed at like the others, and is not stroked again.
    messages.add(x, from, right, to, FADES, fact, call);
  }
}

function drawCrosses(frame) {
  const { context, stage } = frame;
  const inSight = stage.messages.crosses.filter(({ x }) =>
    x > stage.gutter - LOST_PIXELS && x < stage.width + LOST_PIXELS);
  const size = inSight.length > MANY_CROSSES ? 3 : 4.5;
  context.globalAlpha = FADED;
  strokeCrosses(frame, inSight.filter(({ pale }) => pale), size);
  context.globalAlpha = 1;
  strokeCrosses(frame, inSight.filter(({ pale }) => !pale), size);
}

function strokeCrosses(frame, crosses, size) {
  const { context, theme } = frame;
  for (const [colour, weight] of [[theme.page, size], [theme.bad, size / 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = weight;
    context.beginPath();
    crosses.forEach(({ x, y }, i) => {
      addCross(context, x, y, size);
      if (i % LINES_PER_STROKE !== 0) return;
      context.stroke();
      context.beginPath();
    });
    context.stroke();
  }
}

/* The call under the mouse, and the selected one, once more and bolder. */
function drawChosenCall(frame) {
  const { context, run, stage, state } = frame;
  const { messages } = stage;
  for (const target of [state.hover, state.selected]) {
    if (target?.fact === undefined || run.callOfFact[target.fact] === 0) continue;
    const call = run.callOfFact[target.fact] - 1;
    for (let i = 0; i < messages.count; i++) {
      if (messages.calls[i] !== call || messages.styles[i] === FADES) continue;
      const look = lookOfStyle(frame, messages.styles[i]);
      context.strokeStyle = context.fillStyle = look.colour;
      context.lineWidth = look.weight + 1.6;
      context.setLineDash(look.dash);
      context.beginPath();
      addLine(context, messages.ends, i, stage.width);
      context.stroke();
      context.setLineDash([]);
      context.beginPath();
      addHead(context, messages.ends, i, stage, 9);
      context.fill();
    }
  }
}

/* How many calls were left out: small bars over the strip of their sender. */
function drawDensity(frame) {
  const { context, run, stage, theme, window: sight } = frame;
  const { density, columns } = stage.messages;
  context.beginPath();
  for (let program = 0; program < run.programs.length; program++) {
    const lane = stage.servers[program];
    const base = lane ? lane.strip - stage.scroll : stage.anchor(program).above;
    for (let column = 0; column < columns; column++) {
      const count = density[program * columns + column];
      if (count === 0) continue;
      const height = Math.min(DENSITY_HEIGHT, 2 + 2 * Math.log2(count));
      context.rect(sight.left + column * DENSITY_COLUMN, base - height,
        DENSITY_COLUMN - 1, height);
    }
  }
  context.fillStyle = theme.calls[HEARTBEAT];
  context.globalAlpha = 0.7;
  context.fill();
  context.globalAlpha = 1;
}

// Labels

/* Words at the arrows, those of votes first, as far as they do not cover one another. */
function drawMessageLabels(frame) {
  const { context, stage, theme } = frame;
  const { messages } = stage;
  const across = Math.ceil(stage.width / LABEL_CELL.width) + 1;
  const down = Math.ceil(stage.height / LABEL_CELL.height) + 1;
  if (messages.cells.length !== across * down) {
    messages.cells = new Uint8Array(across * down);
  }
  messages.cells.fill(0);
  context.font = theme.small;
  context.textBaseline = "middle";
  for (let kind = CALL_KINDS.length - 1; kind >= 0; kind--) {
    const arrows = [];
    for (let i = 0; i < messages.count; i++) {
      if (Math.floor(messages.styles[i] / VARIANTS) === kind) arrows.push(i);
    }
    const most = kind === HEARTBEAT ? MOST_LABELLED_HEARTBEATS : MOST_LABELLED;
    if (arrows.length > most) continue;
    for (const i of arrows) placeLabel(frame, i, kind, across);
  }
}

function placeLabel(frame, i, kind, across) {
  const { stage, theme } = frame;
  const { ends, cells } = stage.messages;
  // Nearer to the sender, so that the labels of a broadcast spread.
  const along = 0.36;
  const x = ends[4 * i] + (ends[4 * i + 2] - ends[4 * i]) * along + 5;
  const y = ends[4 * i + 1] + (ends[4 * i + 3] - ends[4 * i + 1]) * along;
  if (x < stage.gutter || x > stage.width - 24 || y < stage.band
    || y > stage.height - stage.footer) return;
  const text = messageLabel(frame.run, stage.messages, i, kind);
  const row = Math.floor(y / LABEL_CELL.height) * across;
  const from = row + Math.floor(x / LABEL_CELL.width);
  const to = row + Math.floor((x + text.length * 5.6) / LABEL_CELL.width);
  if (text === "" || to >= row + across) return;
  for (let cell = from; cell <= to; cell++) if (cells[cell]) return;
  cells.fill(1, from, to + 1);
  frame.halo(text, x, y, theme.calls[kind]);
}

/* In a few words: "vote? T5", "append T5 +2 of T3", "granted", "no". */
function messageLabel(run, messages, i, kind) {
  const { calls, at } = run.callPlace(messages.calls[i]);
  const variant = messages.styles[i] % VARIANTS;
  if (variant === REFUSAL) return "no";
  const term = calls.term[at] === NONE ? "" : ` T${calls.term[at]}`;
  const votes = CALL_KINDS[kind].endsWith("vote");
  if (variant === ANSWER) return votes && calls.granted[at] === 1 ? "granted" : "";
  if (kind === OTHER) return run.methods[calls.method[at]].replace(/^.*\./, "");
  if (votes) return `${CALL_KINDS[kind]}?${term}`;
  // How many entries there are is in the words of the fact, and their terms if those
  // are not the message's.
  const entries = kind === HEARTBEAT ? null
    : /\+\d+( of T\S+)?/.exec(run.text(messages.calls[i]));
  return `${CALL_KINDS[kind]}${term}${entries ? ` ${entries[0]}` : ""}`;
}
