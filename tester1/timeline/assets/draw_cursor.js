/*
 * The cursor: a line through all lanes at the instant whose states are shown, with its
 * time; and the mark of the selected fact.
 */

function drawCursorLine(frame) {
  const { context, stage, state, theme } = frame;
  const x = frame.window.x(state.cursor.time);
  if (x >= stage.gutter && x <= stage.width) {
    context.strokeStyle = theme.accent;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, stage.band);
    context.lineTo(x, stage.height);
    context.stroke();
  }
  for (const [target, colour] of [[state.hover, theme.muted],
    [state.selected, theme.accent]]) {
    if (target?.fact !== undefined) drawFactRing(frame, target.fact, colour);
  }
}

/* Around where a fact happened, on the bar of its lane. */
function drawFactRing(frame, fact, colour) {
  const place = placeOfFact(frame, fact);
  if (!place) return;
  const { context } = frame;
  context.beginPath();
  context.arc(place.x, place.y, 6, 0, 2 * Math.PI);
  context.strokeStyle = frame.theme.page;
  context.lineWidth = 5;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = 2.5;
  context.stroke();
}

/*
 * Where a fact is on the canvas, or null while its part is not loaded. What the test or
 * a clerk without a lane does is below all servers.
 */
function placeOfFact({ run, stage, window: sight }, fact) {
  if (!run.loaded(fact)) return null;
  return { x: sight.x(run.time(fact)), y: stage.anchor(run.program(fact)).middle };
}

/* In the axis: the cursor's time. */
function drawCursorTime(frame) {
  const { context, stage, state, theme } = frame;
  const x = frame.window.x(state.cursor.time);
  if (x < stage.gutter - 1 || x > stage.width + 1) return;
  context.font = theme.sans;
  const text = timeText(state.cursor.time, frame.window.ticks().step / 100);
  const width = context.measureText(text).width + 12;
  const left = Math.max(stage.gutter, Math.min(x - width / 2, stage.width - width));
  frame.fill(theme.accent, x - 0.75, 0, 1.5, stage.band);
  context.beginPath();
  context.roundRect(left, 3, width, AXIS_HEIGHT - 7, 4);
  context.fillStyle = theme.accent;
  context.fill();
  context.fillStyle = theme.page;
  context.textBaseline = "middle";
  context.fillText(text, left + 6, AXIS_HEIGHT / 2);
}
