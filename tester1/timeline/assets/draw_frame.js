/*
 * Draws one frame of the canvas, from back to front.
 *
 * The cost of a frame is bounded by what can be seen, not by the length of the
 * history: rows are searched for what touches the window, items that would fall on
 * pixels already covered are skipped, and labels need room for some letters.
 * `work` counts what was drawn; the tests hold it to that bound.
 */

class Frame {
  constructor(context, stage, theme, state) {
    this.context = context;
    this.stage = stage;
    this.window = stage.window;
    this.history = stage.history;
    this.run = stage.run;
    this.theme = theme;
    this.state = state;
    this.work = noWork();
    // Operations wide enough for a label, for which there is a later turn.
    this.labelled = [];
    // Rings of the chosen finding, which words on bars make way for, and where those are.
    this.rings = proofInSight(this);
    this.words = [];
    context.font = theme.mono;
    this.letter = context.measureText("0").width;
  }

  draw() {
    const { stage } = this;
    const room = stage.height - stage.band - stage.footer;
    this.fill(this.theme.page, 0, 0, stage.width, stage.height);
    this.within(0, stage.band, stage.width, room, () => {
      drawStripes(this);
      drawGrid(this);
      drawShades(this);
    });
    this.within(stage.gutter, stage.band, stage.width - stage.gutter, room, () => {
      if (this.run) {
        drawSides(this);
        drawMessages(this);
        drawServers(this);
      }
      drawOperations(this);
      drawPaths(this);
      drawOperationLabels(this);
      drawMarks(this);
      if (this.run) {
        drawCursorLine(this);
        drawPins(this);
      }
    });
    this.within(0, stage.band, stage.gutter, room, () => drawLaneNames(this));
    drawBand(this);
    if (this.run) drawFooter(this);
    return this.work;
  }

  within(x, y, width, height, paint) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    paint();
    context.restore();
  }

  fill(colour, x, y, width, height) {
    this.context.fillStyle = colour;
    this.context.fillRect(x, y, width, height);
  }

  line(colour, x1, y1, x2, y2) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }

  /* Writes as much of a text as fits; nothing if that is hardly a letter. */
  label(text, x, y, room, colour) {
    const letters = Math.floor(room / this.letter);
    if (letters < 2) return 0;
    const { context } = this;
    const shown = text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
    context.font = this.theme.mono;
    context.fillStyle = colour;
    context.textBaseline = "middle";
    context.fillText(shown, x, y);
    this.work.labels += 1;
    return shown.length * this.letter;
  }

  /* A text that stays readable over lines: with an edge in the page's colour. */
  halo(text, x, y, colour) {
    const { context } = this;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = this.theme.page;
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
    context.lineJoin = "miter";
    this.work.labels += 1;
  }

  /* Whether a row is within the part of the lanes that is scrolled into view. */
  rowInSight(row) {
    const y = row.y - this.stage.scroll;
    return y + row.height > this.stage.band && y < this.stage.height;
  }
}

/* Counts of one frame; merged are operations on pixels that others already cover. */
function noWork() {
  return { operations: 0, merged: 0, annotations: 0, labels: 0, points: 0, segments: 0,
    marks: 0, mergedMarks: 0, messages: {} };
}

function drawStripes(frame) {
  const { stage, theme } = frame;
  stage.lanes.forEach((lane, i) => {
    if (i % 2 === 0) {
      frame.fill(theme.stripe, 0, lane.y - stage.scroll - LANE_GAP / 2, stage.width,
        lane.height + LANE_GAP);
    }
  });
}

function drawGrid(frame) {
  for (const time of frame.window.ticks().times) {
    const x = Math.round(frame.window.x(time)) + 0.5;
    frame.line(frame.theme.grid, x, 0, x, frame.stage.height);
  }
}

/* Faults and the selected annotation shade the lanes over the time they lasted. */
function drawShades(frame) {
  const { history, state, window: sight } = frame;
  history.annotations.forEach((note, i) => {
    const chosen = state.selected?.annotation === i || state.hover?.annotation === i;
    if (note.end === null || !(chosen || note.tag === "$ Failure")) return;
    const from = Math.max(sight.x(note.start), frame.stage.gutter);
    const to = Math.min(sight.x(note.end), frame.stage.width);
    if (to > from) {
      // On servers' lanes the sides show who was cut off, which says more.
      const { stage } = frame;
      if (frame.run && !chosen && stage.lanes.length === 0) return;
      const top = frame.run && !chosen ? stage.serversEnd - stage.scroll : 0;
      frame.fill(frame.theme.shade, from, top, to - from, stage.height);
    }
  });
}

function drawLaneNames(frame) {
  const { context, stage, theme } = frame;
  frame.fill(theme.surface, 0, stage.band, stage.gutter, stage.height);
  for (const lane of stage.lanes) {
    const y = lane.y + lane.rows[0].height / 2 - stage.scroll;
    drawName(frame, laneTitle(lane, frame.run), y);
  }
  drawServerNames(frame);
  frame.line(theme.line, stage.gutter - 0.5, 0, stage.gutter - 0.5, stage.height);
  context.textAlign = "left";
}

function drawName(frame, name, y) {
  const { context, stage, theme } = frame;
  context.font = theme.sans;
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  context.fillText(name, 10, y, stage.gutter - 14);
}

/* The band: axis and annotations, over the lanes that scroll beneath it. */
function drawBand(frame) {
  const { stage, theme } = frame;
  frame.fill(theme.page, 0, 0, stage.width, stage.band);
  frame.within(stage.gutter, 0, stage.width, stage.band, () => {
    drawAxis(frame);
    drawAnnotations(frame);
    if (frame.run) {
      drawSidesRow(frame);
      drawPinFlags(frame);
      drawCursorTime(frame);
    }
  });
  frame.fill(theme.surface, 0, 0, stage.gutter, stage.band);
  for (const lane of stage.noteLanes) {
    drawName(frame, lane.name, lane.y + stage.noteHeight / 2);
  }
  frame.line(theme.line, 0, stage.band - 0.5, stage.width, stage.band - 0.5);
  frame.line(theme.line, stage.gutter - 0.5, 0, stage.gutter - 0.5, stage.band);
}

function drawAxis(frame) {
  const { context, theme, window: sight } = frame;
  const { step, times } = sight.ticks();
  context.font = theme.sans;
  context.textBaseline = "middle";
  for (const time of times) {
    const x = Math.round(sight.x(time)) + 0.5;
    frame.line(theme.grid, x, AXIS_HEIGHT, x, frame.stage.band);
    frame.line(theme.muted, x, AXIS_HEIGHT - 6, x, AXIS_HEIGHT - 1);
    context.fillStyle = theme.muted;
    context.fillText(timeText(time, step), x + 4, AXIS_HEIGHT / 2 - 1);
  }
  frame.line(theme.line, 0, AXIS_HEIGHT - 0.5, frame.stage.width, AXIS_HEIGHT - 0.5);
}
