/*
 * Callouts: beside each ring of a finding a small box that says what happened there, so
 * that what went wrong can be seen before anything is read about it.
 *
 * A box lies where it covers no ring and no other box, as near to its ring as that can
 * be; the promise and the break have theirs first. Words of bars and the arrow between
 * promise and break are left free where there is a choice.
 */

const CALLOUT_LETTERS = 26;
const CALLOUT_LINES = 3;
const CALLOUT = { line: 14, padding: 5, gap: 9 };
/* Boxes are tried at these steps around their ring; the lesser ones not far from it. */
const CALLOUT_STEP = { across: 18, up: 12 };
const CALLOUT_REACH = { across: 150, lesser: 90 };
/* How much farther away a box goes before it covers words or the arrow. */
const COVERING_COSTS = 70;

/* Gives each ring its box if there is room: {x, y, width, height, lines, ring}. */
function placeCallouts(frame, pin, groups) {
  const { context, stage, theme } = frame;
  const matters = (group) =>
    group.facts.some((fact) => fact === pin.at || fact === pin.promise);
  const rings = groups.flatMap((group) => ringBoxes(group));
  const spared = [...frame.words, ...arrowBoxes(frame, pin)];
  const placed = [];
  context.font = theme.small;
  const inSight = groups.filter(({ x, y }) => x >= stage.gutter && x <= stage.width
    && y >= stage.band && y <= stage.height - stage.footer);
  for (const group of [...inSight.filter(matters),
    ...inSight.filter((one) => !matters(one))]) {
    const lines = calloutLines(frame.run, pin, group);
    const size = { height: lines.length * CALLOUT.line + CALLOUT.padding,
      width: Math.max(...lines.map((line) => context.measureText(line).width))
        + 2 * CALLOUT.padding };
    const reach = matters(group) ? stage.height : CALLOUT_REACH.lesser;
    const place = placeBeside(stage, group, size, reach, [...rings, ...placed], spared);
    if (place) placed.push({ ...place, ...size, lines, ring: group });
  }
  return placed;
}

/* What a box has to keep clear of: the ring and, over it, its number. */
function ringBoxes({ x, y, numbers }) {
  const half = Math.max(RING + 2, badgeHalf(numbersText(numbers)) + 1);
  return [{ x: x - half, y: y - RING - 2 * BADGE - 3, width: 2 * half,
    height: 2 * RING + 2 * BADGE + 5 }];
}

/* Small boxes along the arrow from the promise to the break. */
function arrowBoxes(frame, pin) {
  const bow = promiseBow(frame, pin);
  if (!bow) return [];
  const { from, bend, to } = bow;
  const STEPS = 24;
  return Array.from({ length: STEPS - 1 }, (_, i) => {
    const b = (i + 1) / STEPS;
    const a = 1 - b;
    return { x: a * a * from.x + 2 * a * b * bend.x + b * b * to.x - 4,
      y: a * a * from.y + 2 * a * b * bend.y + b * b * to.y - 4, width: 8, height: 8 };
  });
}

/* The best free place for a box of this size around a ring, or null. */
function placeBeside(stage, ring, { width, height }, reach, taken, spared) {
  let best = null;
  let least = Infinity;
  const above = ring.y - RING - 2 * BADGE - CALLOUT.gap - height;
  const below = ring.y + RING + CALLOUT.gap;
  const most = stage.width - width - 2;
  for (let away = 0; away <= reach; away += CALLOUT_STEP.up) {
    // What is farther away than the best one cannot be better.
    if (away >= least) break;
    for (const y of [above - away, below + away]) {
      if (y < stage.band + 2 || y + height > stage.height - stage.footer - 2) continue;
      for (let across = -CALLOUT_REACH.across; across <= CALLOUT_REACH.across;
        across += CALLOUT_STEP.across) {
        const x = Math.min(most, Math.max(stage.gutter + 2, ring.x - width / 2 + across));
        const box = { x, y, width, height };
        const distance = away + Math.abs(x + width / 2 - ring.x) * 0.5;
        if (distance >= least || taken.some((one) => boxesMeet(one, box, 3))) continue;
        const covers = spared.filter((one) => boxesMeet(one, box, 0)).length;
        const cost = distance + Math.min(covers, 3) * COVERING_COSTS;
        if (cost < least) { least = cost; best = { x, y }; }
      }
    }
  }
  return best;
}

function boxesMeet(a, b, apart) {
  return a.x < b.x + b.width + apart && b.x < a.x + a.width + apart
    && a.y < b.y + b.height + apart && b.y < a.y + a.height + apart;
}

/* A line for each fact of a ring; of many the promise and the break, and some more. */
function calloutLines(run, pin, { facts, numbers }) {
  const first = facts.map((_, i) => i).sort((a, b) =>
    rankInCallout(pin, facts[b]) - rankInCallout(pin, facts[a]) || b - a);
  const chosen = first.slice(0, CALLOUT_LINES).sort((a, b) => a - b);
  return chosen.map((i) => (facts.length === 1 ? calloutText(run, facts[i])
    : `${numbers[i]} ${calloutText(run, facts[i])}`));
}

function rankInCallout(pin, fact) { return fact === pin.at || fact === pin.promise ? 1 : 0; }

/* A fact in a few words: "granted S1, T3", "to S4: vote? T5", "applies 2: 2286…". */
function calloutText(run, fact) {
  const text = run.text(fact);
  const message = /^([→←])(\S+) (.*)$/s.exec(text);
  const words = message ? messageWords(run, fact, ...message.slice(1))
    : text.replace(/^\S+: clerk call /, "calls ").replace(/^\S+: clerk return /, "");
  const letters = [...words.replace(/\s+/g, " ")];
  return letters.length <= CALLOUT_LETTERS ? letters.join("")
    : `${letters.slice(0, CALLOUT_LETTERS - 1).join("").trimEnd()}…`;
}

function messageWords(run, fact, arrow, said, words) {
  const call = run.callOf(fact);
  const peer = call === null ? said
    : run.name(run.program(fact) === call.source ? call.target : call.source);
  const granted = arrow === "→" ? /^granted (.*)$/s.exec(words) : null;
  if (granted) return `granted ${peer}, ${granted[1]}`;
  const answer = /^\S+ answers (.*)$/s.exec(words);
  if (answer) return answer[1];
  // Where the log stood is left to the details.
  const short = words.replace(/^vote for \S+\?/, "vote?").replace("AppendEntries", "append")
    .replace(/ (prev|log) \d+\/\d+/, "").replace(/ commit \d+$/, "");
  return `${arrow === "→" ? "to" : "from"} ${peer}: ${short}`;
}

/* The lines from the boxes to their rings; they lie beneath both. */
function drawCalloutLines(frame, pin, callouts) {
  const { context, theme } = frame;
  for (const { x, y, width, height, ring } of callouts) {
    const near = { x: Math.max(x + 4, Math.min(x + width - 4, ring.x)),
      y: y > ring.y ? y : y + height };
    for (const [colour, weight] of [[theme.page, 4], [pinColour(theme, pin), 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = weight;
      context.beginPath();
      context.moveTo(near.x, near.y);
      context.lineTo(ring.x, ring.y + (y > ring.y ? RING : -RING - BADGE));
      context.stroke();
    }
  }
}

function drawCallouts(frame, pin, callouts) {
  const { context, theme } = frame;
  for (const { x, y, width, height, lines } of callouts) {
    context.beginPath();
    context.roundRect(x, y, width, height, 3);
    context.fillStyle = theme.page;
    context.fill();
    context.strokeStyle = pinColour(theme, pin);
    context.lineWidth = 1.5;
    context.stroke();
    context.font = theme.small;
    context.fillStyle = theme.text;
    context.textBaseline = "middle";
    lines.forEach((line, i) => {
      context.fillText(line, x + CALLOUT.padding,
        y + CALLOUT.padding / 2 + (i + 0.5) * CALLOUT.line + 0.5);
    });
  }
}
