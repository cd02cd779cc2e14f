/*
 * The tooltip: a short description of what is under the mouse.
 */

class Tooltip {
  constructor(box, history) {
    this.box = box;
    this.history = history;
  }

  show(target, x, y) {
    this.box.hidden = target === null;
    if (target === null) return;
    this.box.replaceChildren(...this.contents(target));
    this.place(x, y);
  }

  hide() { this.box.hidden = true; }

  contents(target) {
    return target.operation === undefined ? this.ofAnnotation(target.annotation)
      : this.ofOperation(target.operation);
  }

  ofOperation(i) {
    const { history } = this;
    const when = `client ${history.clientName(i)} · ${timeText(history.call[i])} · `
      + durationText(history.ret[i] - history.call[i]);
    return [element("div", { className: "what" }, `#${i} ${history.text(i)}`),
      element("div", { className: "when" }, when)];
  }

  ofAnnotation(i) {
    const note = this.history.annotations[i];
    const length = note.end === null ? "" : ` · ${durationText(note.end - note.start)}`;
    const details = note.details !== "" && note.details !== note.text
      ? element("div", { className: "what" }, note.details) : "";
    return [element("strong", {}, note.text), details,
      element("div", { className: "when" }, `${timeText(note.start)}${length}`)];
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
