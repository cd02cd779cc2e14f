/*
 * The tooltip: a short description of what is under the mouse.
 */

/* Of a text with more lines, of so many letters each, only the beginning is shown. */
const TOOLTIP_LINES = 14;
const TOOLTIP_LETTERS = 52;

class Tooltip {
  constructor(box, stage) {
    this.box = box;
    this.stage = stage;
    this.history = stage.history;
    this.run = stage.run;
  }

  show(target, x, y) {
    this.box.hidden = target === null;
    if (target === null) return;
    this.box.replaceChildren(...this.contents(target));
    this.place(x, y);
  }

  hide() { this.box.hidden = true; }

  contents(target) {
    if (target.fact !== undefined) return this.ofFact(target.fact);
    if (target.server !== undefined) return this.ofServer(target.server, target.time);
    return target.operation === undefined ? this.ofAnnotation(target.annotation)
      : this.ofOperation(target.operation);
  }

  ofOperation(i) {
    const { history } = this;
    const when = `client ${history.clientName(i)} · ${timeText(history.call[i])} · `
      + durationText(history.ret[i] - history.call[i]);
    return [beginningOf(`#${i} ${history.text(i)}`),
      element("div", { className: "when" }, when)];
  }

  ofAnnotation(i) {
    const note = this.history.annotations[i];
    const length = note.end === null ? "" : ` · ${durationText(note.end - note.start)}`;
    const details = note.details !== "" && note.details !== note.text
      ? beginningOf(note.details) : "";
    return [element("strong", {}, note.text), details,
      element("div", { className: "when" }, `${timeText(note.start)}${length}`)];
  }

  /* A fact; of a message also what was asked, what was answered, and how it ended. */
  ofFact(i) {
    const { run } = this;
    if (!run.loaded(i)) return [element("div", { className: "when" }, "still being read")];
    const call = run.callOf(i);
    return call === null ? this.lines(i) : this.ofCall(call);
  }

  ofCall(call) {
    const { run } = this;
    const answer = call.answered !== NONE && run.loaded(call.answered)
      ? this.lines(call.answered) : [];
    return [element("strong", {}, `${run.name(call.source)} → ${run.name(call.target)}`),
      ...this.lines(call.sent), ...answer,
      element("div", { className: call.lost === "" ? "when" : "when lost" },
        fateOf(call))];
  }

  lines(i) {
    const { run } = this;
    const details = run.details(i);
    return [
      beginningOf(`${run.name(run.program(i))} ${run.text(i)}`),
      details === "" ? null : beginningOf(details),
      element("div", { className: "when" }, `${timeText(run.time(i))} · #${run.number(i)}`),
    ].filter((line) => line !== null);
  }

  ofServer(server, time) {
    const lives = this.stage.lives?.[server];
    const life = lives?.lives.find((one) => one.start <= time && time <= one.end);
    const number = life ? ` · life ${life.incarnation}` : "";
    return [element("strong", {}, this.run.name(server)),
      element("div", { className: "when" },
        `${standing(lives, time) || "not known"}${number} · ${timeText(time)}`)];
  }

  /* Beside the pointer, on the side that has room. */
  place(x, y) {
    const GAP = 14;
    const { width, height } = this.box.getBoundingClientRect();
    const left = x + GAP + width <= innerWidth ? x + GAP : Math.max(4, x - GAP - width);
    const top = y + GAP + height <= innerHeight ? y + GAP : Math.max(4, y - GAP - height);
    this.box.style.left = `${left}px`;
    this.box.style.top = `${top}px`;
  }
}

/* The first lines of a text, and how many are left out. */
function beginningOf(text) {
  const lines = text.split("\n").flatMap((line) => wrapped(line));
  const shown = lines.slice(0, TOOLTIP_LINES);
  const more = lines.length - shown.length;
  if (more > 0) shown.push(`… ${counted(more, "more line")}: click`);
  return element("div", { className: "what" }, shown.join("\n"));
}

/* A line in pieces that fit the tooltip, broken at spaces where there are some. */
function wrapped(line) {
  const pieces = [];
  let rest = line;
  while (rest.length > TOOLTIP_LETTERS) {
    const space = rest.lastIndexOf(" ", TOOLTIP_LETTERS);
    const end = space > TOOLTIP_LETTERS / 2 ? space : TOOLTIP_LETTERS;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^ /, "");
  }
  return [...pieces, rest];
}

/* What became of a call, in a few words. */
function fateOf(call) {
  if (call.lost !== "") return `lost: ${call.lost}`;
  if (call.ended !== NONE) return `answered after ${durationText(call.endedAt - call.sentAt)}`;
  if (call.answered !== NONE) return "the answer is still under way at the end";
  return call.handed === NONE ? "still under way at the end"
    : "not yet answered at the end";
}
