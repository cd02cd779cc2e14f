/*
 * The overview: the whole run in one strip, with the window in sight as a frame that
 * can be dragged. Shows how many operations were open at each instant, or of a run how
 * many facts there are; terms and leaders of servers, faults, and where the errors are.
 */

const OVERVIEW_HEIGHT = 48;
/* A line for each server, of which at most so many pixels are taken in all. */
const LIFE_LINE = 4;
const LIFE_LINES = 26;
/* The frame around a short window is wider than the window. */
const LEAST_FRAME = 6;
const GRIP = { width: 7, height: 20 };

class Overview {
  /* `moved` is told that the window is another, `point` of a time that is chosen. */
  constructor(canvas, stage, { moved, point }) {
    this.canvas = canvas;
    this.stage = stage;
    this.history = stage.history;
    this.run = stage.run;
    this.window = stage.window;
    this.moved = moved;
    this.picture = null;
    canvas.addEventListener("pointerdown", (event) => this.grab(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("dblclick", (event) => point(this.timeAt(event)));
  }

  /* Forgets the picture: another size, theme or choice of operations. */
  renew() { this.picture = null; }

  draw(theme, shown, width, cursor) {
    const context = sized(this.canvas, width, OVERVIEW_HEIGHT);
    if (!this.picture) this.picture = this.paint(theme, shown, width);
    context.drawImage(this.picture, 0, 0, width, OVERVIEW_HEIGHT);
    const { from, to } = this.frame(width);
    context.fillStyle = theme.page;
    context.globalAlpha = 0.65;
    context.fillRect(0, 0, from, OVERVIEW_HEIGHT);
    context.fillRect(to, 0, width - to, OVERVIEW_HEIGHT);
    context.globalAlpha = 1;
    if (this.run) {
      context.fillStyle = theme.accent;
      context.fillRect(this.x(cursor.time, width) - 0.75, 0, 1.5, OVERVIEW_HEIGHT);
    }
    context.strokeStyle = theme.accent;
    context.lineWidth = 2;
    context.strokeRect(from + 1, 1, to - from - 2, OVERVIEW_HEIGHT - 2);
    this.drawHandles(context, theme, from, to);
  }

  /* Where the frame is: around the window, and wide enough to be seen and held. */
  frame(width = this.canvas.clientWidth) {
    const [first, last] = [this.x(this.window.first, width), this.x(this.window.last, width)];
    const half = Math.max(last - first, LEAST_FRAME) / 2;
    const middle = Math.min(width - half, Math.max(half, (first + last) / 2));
    return { from: middle - half, to: middle + half };
  }

  /* Grips on both sides of the frame; a narrow one has a single grip. */
  drawHandles(context, theme, from, to) {
    const isNarrow = to - from < 4 * GRIP.width;
    const middle = (from + to) / 2;
    for (const x of isNarrow ? [middle] : [from + GRIP.width / 2, to - GRIP.width / 2]) {
      context.beginPath();
      context.roundRect(x - GRIP.width / 2, (OVERVIEW_HEIGHT - GRIP.height) / 2, GRIP.width,
        GRIP.height, 3);
      context.fillStyle = theme.accent;
      context.fill();
      context.fillStyle = theme.page;
      for (const dx of [-1.5, 1]) {
        context.fillRect(x + dx, (OVERVIEW_HEIGHT - GRIP.height) / 2 + 4, 1, GRIP.height - 8);
      }
    }
  }

  /* The strip without its frame; it changes rarely and is kept. */
  paint(theme, shown, width) {
    const picture = document.createElement("canvas");
    const context = sized(picture, width, OVERVIEW_HEIGHT);
    context.fillStyle = theme.surface;
    context.fillRect(0, 0, width, OVERVIEW_HEIGHT);
    this.paintFaults(context, theme, width);
    if (this.run) this.paintRun(context, theme, width);
    else if (this.history.count > 0) this.paintLoad(context, theme, shown, width);
    else this.paintAnnotations(context, theme, width);
    this.paintErrors(context, theme, shown, width);
    return picture;
  }

  paintFaults(context, theme, width) {
    context.fillStyle = theme.shade;
    for (const note of this.history.annotations) {
      if (note.tag !== "$ Failure" || note.end === null) continue;
      const from = this.x(note.start, width);
      context.fillRect(from, 0, this.x(note.end, width) - from, OVERVIEW_HEIGHT);
    }
    for (const sides of this.run?.sides ?? []) {
      const from = this.x(sides.start, width);
      context.fillRect(from, 0, this.x(sides.end, width) - from, OVERVIEW_HEIGHT);
    }
  }

  /* How much happened, and beneath it the servers, each a line. */
  paintRun(context, theme, width) {
    const { run } = this;
    const pitch = Math.min(LIFE_LINE, LIFE_LINES / Math.max(1, run.servers));
    const lines = OVERVIEW_HEIGHT - 2 - pitch * run.servers;
    const most = Math.max(1, ...run.load);
    const stretch = (run.end - run.start) / run.load.length;
    context.fillStyle = theme.kinds[5].edge;
    run.load.forEach((count, i) => {
      const from = this.x(run.start + i * stretch, width);
      const height = count === 0 ? 0 : 1 + (lines - 7) * count / most;
      context.fillRect(from, lines - 1 - height,
        this.x(run.start + (i + 1) * stretch, width) - from, height);
    });
    this.stage.lives?.forEach((lives, server) =>
      this.paintLife(context, theme, width, lives, lines + server * pitch, pitch));
    this.paintPins(context, theme, width);
  }

  /* Terms as colours; the line of a leader is twice as thick. */
  paintLife(context, theme, width, { stretches }, y, pitch) {
    let covered = -Infinity;
    for (const { start, end, role, term } of stretches) {
      const from = this.x(start, width);
      const to = this.x(end, width);
      const leads = role === ROLES.leader;
      if (to < covered + 0.5 && !leads) continue;
      covered = to;
      context.fillStyle = term > 0 ? termLook(theme, term).fill : theme.line;
      const height = leads ? pitch - 0.5 : Math.max(1, pitch / 2 - 0.5);
      context.fillRect(from, y, Math.max(to - from, leads ? 1 : 0.5), height);
    }
  }

  paintPins(context, theme, width) {
    for (const pin of [...this.run.pins].reverse()) {
      const x = this.x(pin.time, width);
      context.fillStyle = pinColour(theme, pin);
      context.fillRect(x - 1, 0, 2, OVERVIEW_HEIGHT);
      context.beginPath();
      context.moveTo(x - 6, 0);
      context.lineTo(x + 6, 0);
      context.lineTo(x, 9);
      context.fill();
    }
  }

  paintLoad(context, theme, shown, width) {
    const load = this.load(shown, width);
    const most = Math.max(1, ...load);
    context.fillStyle = theme.kinds[0].edge;
    load.forEach((open, x) => {
      const height = open === 0 ? 0 : 3 + (OVERVIEW_HEIGHT - 14) * open / most;
      context.fillRect(x, OVERVIEW_HEIGHT - height, 1, height);
    });
  }

  /* Without operations: the annotations, each row a stripe. */
  paintAnnotations(context, theme, width) {
    const rows = annotationLanes(this.history, MOST_NOTE_ROWS.alone)
      .flatMap((lane) => lane.rows);
    const height = (OVERVIEW_HEIGHT - 8) / Math.max(1, rows.length);
    rows.forEach((row, number) => row.items.forEach((item) => {
      const note = this.history.annotations[item];
      const from = this.x(note.start, width);
      const length = this.x(note.end ?? note.start, width) - from;
      context.fillStyle = noteLook(theme, note.colour).fill;
      context.strokeStyle = NOTE_EDGE;
      context.lineWidth = 0.5;
      const box = [from, 4 + number * height, Math.max(2, length), height - 1];
      context.fillRect(...box);
      context.strokeRect(...box);
    }));
  }

  /* For each column of pixels, how many operations were open at some time in it. */
  load(shown, width) {
    const change = new Int32Array(Math.ceil(width) + 2);
    for (let i = 0; i < this.history.count; i++) {
      if (!shown(i)) continue;
      const end = Math.min(this.history.ret[i], this.history.span.last);
      change[Math.floor(this.x(this.history.call[i], width))] += 1;
      change[Math.floor(this.x(end, width)) + 1] -= 1;
    }
    let open = 0;
    return Array.from(change.subarray(0, Math.ceil(width)), (step) => (open += step));
  }

  paintErrors(context, theme, shown, width) {
    context.fillStyle = theme["error-edge"];
    for (const part of this.history.errors()) {
      for (const operation of part.contradiction) {
        if (!shown(operation)) continue;
        const x = this.x(this.history.call[operation], width);
        const end = Math.min(this.history.ret[operation], this.history.span.last);
        context.fillRect(x, 0, Math.max(2, this.x(end, width) - x), 5);
      }
    }
  }

  x(time, width) {
    const { first, last } = this.window.whole;
    return Math.min(width, Math.max(0, (time - first) / (last - first) * width));
  }

  timeAt(event) {
    const { first, last } = this.window.whole;
    const box = this.canvas.getBoundingClientRect();
    return first + (event.clientX - box.left) / box.width * (last - first);
  }

  /* Takes hold of the frame, or brings it to the pointer first. */
  grab(event) {
    const time = this.timeAt(event);
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    const { from, to } = this.frame();
    const inside = x >= from && x <= to;
    const middle = (this.window.first + this.window.last) / 2;
    this.held = inside ? middle - time : 0;
    this.canvas.setPointerCapture(event.pointerId);
    this.drag(event);
  }

  drag(event) {
    if (!this.canvas.hasPointerCapture(event.pointerId)) return;
    const middle = this.timeAt(event) + this.held;
    const half = this.window.length / 2;
    this.window.show(middle - half, middle + half);
    this.moved();
  }
}

/* Gives a canvas a size in CSS pixels, sharp on any screen; returns its context. */
function sized(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  // Setting a size clears the canvas and costs an allocation, even if it is equal.
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}
