/*
 * Findings: what shows them is ringed and numbered on the lanes where it happened, and
 * a bold arrow leads from the promise to what broke it.
 */

const RING = 9;
const BADGE = 7.5;
/* The arrow at the edge towards a finding that is out of sight. */
const AWAY_WIDTH = 20;

function drawPins(frame) {
  const { run, stage, state } = frame;
  stage.pins = [];
  stage.callouts = [];
  stage.rings = frame.rings;
  stage.words = frame.words;
  const pin = run.pins[state.pin];
  if (!pin) return;
  for (const other of run.pins) if (other !== pin) drawLesserPin(frame, other);
  drawBreakLine(frame, pin);
  drawPromiseArrow(frame, pin);
  // The arrow bows over words, which are easier to read over it.
  for (const { write } of frame.words) write?.();
  stage.callouts = placeCallouts(frame, pin, frame.rings);
  drawCalloutLines(frame, pin, stage.callouts);
  for (const group of frame.rings) drawProof(frame, pin, group);
  drawCallouts(frame, pin, stage.callouts);
}

/*
 * The facts of the chosen finding's proof that are in sight, those together that lie on
 * one another: [{x, y, facts, numbers}], numbered in the order of the proof.
 */
function proofInSight(frame) {
  const { run, stage, state } = frame;
  const pin = run?.pins[state.pin];
  if (!pin) return [];
  const groups = [];
  const shown = pin.proof.length > 0 ? pin.proof : [pin.at];
  shown.forEach((fact, i) => {
    const place = placeOfFact(frame, fact);
    if (!place || place.x < stage.gutter - RING || place.x > stage.width + RING) return;
    const number = pin.proof.length > 1 ? String(i + 1) : "!";
    const near = groups.find((one) => one.y === place.y
      && Math.abs(one.x - place.x) < 2 * RING);
    if (near) {
      near.facts.push(fact);
      near.numbers.push(number);
    } else groups.push({ ...place, facts: [fact], numbers: [number] });
  });
  return groups;
}

/* "3", or of several "3–5". */
function numbersText(numbers) {
  return numbers.length === 1 ? numbers[0]
    : `${numbers[0]}–${numbers[numbers.length - 1]}`;
}

function pinColour(theme, pin) { return pin.kind === "hint" ? theme.unsure : theme.bad; }

/* Through all lanes, where it broke. */
function drawBreakLine(frame, pin) {
  const { context, stage, theme } = frame;
  const x = frame.window.x(pin.time);
  if (x < stage.gutter || x > stage.width) return;
  context.strokeStyle = pinColour(theme, pin);
  context.lineWidth = 2;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(x, stage.band);
  context.lineTo(x, stage.height);
  context.stroke();
  context.setLineDash([]);
}

/* The arrow from the promise to the break, {from, bend, to}, or null without one. */
function promiseBow(frame, pin) {
  const from = pin.promise === NONE ? null : placeOfFact(frame, pin.promise);
  const to = placeOfFact(frame, pin.at);
  if (!from || !to || pin.promise === pin.at) return null;
  const far = 4 * frame.stage.width;
  if (from.x < -far || to.x > far) return null;
  // A bow, so that it is told from messages: upwards where both are on one lane.
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const bow = Math.min(60, 0.22 * length + 16);
  const bend = { x: (from.x + to.x) / 2 + dy / length * bow,
    y: (from.y + to.y) / 2 - Math.abs(dx) / length * bow };
  return { from, bend, to };
}

function drawPromiseArrow(frame, pin) {
  const found = promiseBow(frame, pin);
  if (!found) return;
  const { context, theme } = frame;
  const { from, bend, to } = found;
  const tip = towards(to, bend, RING + 2);
  const base = towards(to, bend, RING + 13);
  const start = towards(from, bend, RING + 2);
  for (const [colour, weight] of [[theme.page, 8], [pinColour(theme, pin), 4]]) {
    context.strokeStyle = colour;
    context.lineWidth = weight;
    context.beginPath();
    context.moveTo(start.x, start.y);
    context.quadraticCurveTo(bend.x, bend.y, base.x, base.y);
    context.stroke();
  }
  const [ux, uy] = [(tip.x - base.x) * 0.75, (tip.y - base.y) * 0.75];
  context.beginPath();
  context.moveTo(tip.x, tip.y);
  context.lineTo(base.x - uy, base.y + ux);
  context.lineTo(base.x + uy, base.y - ux);
  context.closePath();
  context.fillStyle = pinColour(theme, pin);
  context.fill();
}

/* The point at a distance from one point on the way to another. */
function towards(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: from.x + (to.x - from.x) / length * distance,
    y: from.y + (to.y - from.y) / length * distance };
}

/* Half the width of the disc that a ring's number is in. */
function badgeHalf(text) {
  return text.length > 2 ? BADGE + 3.5 * (text.length - 1) : BADGE;
}

function drawProof(frame, pin, { x, y, facts, numbers }) {
  const { context, stage, theme } = frame;
  const colour = pinColour(theme, pin);
  for (const [ink, weight] of [[theme.page, 6], [colour, 3]]) {
    context.beginPath();
    context.arc(x, y, RING, 0, 2 * Math.PI);
    context.strokeStyle = ink;
    context.lineWidth = weight;
    context.stroke();
  }
  const text = numbersText(numbers);
  const half = badgeHalf(text);
  const middle = y - RING - BADGE - 1;
  context.beginPath();
  context.roundRect(x - half, middle - BADGE, 2 * half, 2 * BADGE, BADGE);
  context.fillStyle = colour;
  context.fill();
  context.strokeStyle = theme.page;
  context.lineWidth = 1.5;
  context.stroke();
  context.font = theme.bold;
  context.fillStyle = theme.page;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, middle + 0.5);
  context.textAlign = "left";
  // Of several the last counts: it is what the others lead to.
  const fact = facts[facts.length - 1];
  stage.pins.push({ x, y: middle, reach: half + 1, fact },
    { x, y, reach: RING + 2, fact });
}

/* One that is not the chosen one: a small flag on its servers' lanes. */
function drawLesserPin(frame, pin) {
  const { context, stage, theme } = frame;
  const x = frame.window.x(pin.time);
  if (x < stage.gutter || x > stage.width) return;
  const place = placeOfFact(frame, pin.at);
  const lanes = pin.servers.map((server) => stage.anchor(server).middle);
  if (lanes.length === 0 && place) lanes.push(place.y);
  for (const y of lanes) {
    context.beginPath();
    context.moveTo(x, y - 24);
    context.lineTo(x + 9, y - 20);
    context.lineTo(x, y - 15);
    context.closePath();
    context.fillStyle = pinColour(theme, pin);
    context.fill();
    frame.fill(pinColour(theme, pin), x - 1, y - 24, 2, 24);
    stage.pins.push({ x: x + 4, y: y - 19, reach: 9, fact: pin.at });
  }
}

/* The row of the band with what was found, at its time. */
function drawPinFlags(frame) {
  const { context, run, stage, state, theme, window: sight } = frame;
  stage.pinFlags = [];
  if (stage.pinRow === 0) return;
  const y = stage.runTop + 2;
  const height = stage.pinRow - 5;
  const spans = [];
  context.font = theme.bold;
  // The chosen one first: it has its title where titles would cover one another.
  const chosen = run.pins[state.pin];
  for (const pin of [chosen, ...run.pins.filter((one) => one !== chosen)]) {
    const x = sight.x(pin.time);
    if (x < stage.gutter || x > stage.width) {
      drawAwayFlag(frame, pin, x < stage.gutter, y, height, spans);
      continue;
    }
    const wanted = Math.min(context.measureText(pin.title).width + 14,
      (stage.width - stage.gutter) * 0.7);
    // On the side that has room, else as a pole alone.
    const left = x + wanted <= stage.width ? x : x - wanted;
    const box = [left, left + wanted];
    frame.fill(pinColour(theme, pin), x - 1, y, 2, stage.pinRow);
    if (left < stage.gutter || spans.some(([a, b]) => box[0] < b && box[1] > a)) continue;
    spans.push(box);
    context.beginPath();
    context.roundRect(left, y, wanted, height, 3);
    context.fillStyle = pinColour(theme, pin);
    context.fill();
    context.font = theme.bold;
    context.fillStyle = theme.page;
    context.textBaseline = "middle";
    context.fillText(pin.title, left + 7, y + height / 2 + 0.5, wanted - 14);
    stage.pinFlags.push({ left, right: left + wanted, fact: pin.at, away: false });
  }
}

/*
 * Of a finding out of sight: no flag on a pole, but an arrow at the edge on whose side it
 * is, and the title of the chosen one beside it.
 */
function drawAwayFlag(frame, pin, isBefore, y, height, spans) {
  const { context, run, stage, state, theme } = frame;
  const title = pin === run.pins[state.pin] ? pin.title : "";
  const words = title === "" ? 0 : Math.min(context.measureText(title).width + 6,
    (stage.width - stage.gutter) * 0.5);
  const left = isBefore ? stage.gutter + 3 : stage.width - 3 - AWAY_WIDTH - words;
  const right = left + AWAY_WIDTH + words;
  if (spans.some(([a, b]) => left < b && right > a)) return;
  spans.push([left, right]);
  const colour = pinColour(theme, pin);
  context.beginPath();
  context.roundRect(left, y, right - left, height, height / 2);
  context.fillStyle = theme.page;
  context.fill();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.stroke();
  const tip = isBefore ? left + 5 : right - 5;
  const base = isBefore ? left + 14 : right - 14;
  context.beginPath();
  context.moveTo(tip, y + height / 2);
  context.lineTo(base, y + height / 2 - 5);
  context.lineTo(base, y + height / 2 + 5);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
  if (words > 0) {
    context.font = theme.bold;
    context.textBaseline = "middle";
    context.fillText(title, isBefore ? left + AWAY_WIDTH - 3 : left + 9,
      y + height / 2 + 0.5, words - 6);
  }
  stage.pinFlags.push({ left, right, fact: pin.at, away: true });
}
