/*
 * `window.raftlab`: the page for scripts, and for the tests.
 *
 * Operations are numbers from 0, in the order of their calls; times are nanoseconds
 * after the page's origin; boxes are CSS pixels of the browser's window.
 */

function makeApi(app) {
  const { history, stage } = app;
  return Object.freeze({
    operationCount: history.count,
    annotationCount: history.annotations.length,
    verdict: history.page.verdict,
    keys: Object.freeze(history.parts.map((part) => part.name)),

    /** The operation's texts and times, as the details panel has them. */
    operation: (i) => operationFacts(history, i),
    /** Numbers of the operations whose interval touches the time in sight. */
    visibleOperations: () => stage.inWindow(),
    /** Selects an operation, brings it into sight and shows its details. */
    select: (i) => app.goTo(inRange(history, i)),
    /** The selected operation's number, or null. */
    selected: () => app.state.selected?.operation ?? null,
    /** Clears the selection. */
    clear: () => app.clear(),
    /** What is at a point: {operation}, {annotation}, or null. */
    hitTest: (x, y) => pickOnPage(app, x, y),
    /** An operation's rectangle {x, y, width, height}, or null if it is not shown. */
    boxOf: (i) => onPage(app, stage.box(i)),
    /** Where a time is on the page, from the left. */
    xOf: (time) => app.window.x(time) + app.canvas.getBoundingClientRect().left,
    /** The time in sight: {first, last}. */
    view: () => ({ first: app.window.first, last: app.window.last }),
    /** Shows the times first..last. */
    show: (first, last) => app.show(first, last),
    /** Shows everything. */
    fit: () => app.fit(),
    /** Zooms around the middle; a factor above 1 comes closer. */
    zoom: (factor) => app.zoomMiddle(factor),
    /** Shows the operations of one key, or of all keys (null). */
    showKey: (name) => app.showKey(name === null ? NONE : keyNumber(history, name)),
    /** Searches as the search box does; returns the number of matches or null. */
    search: (query) => { app.search(query); return app.state.matches?.size ?? null; },
    /** Selects and shows the operations that cannot be explained. */
    jumpToError: () => app.jumpToError(),
    /** Operations of the linearization on show, for a key. */
    linearization: (name) =>
      [...history.parts[keyNumber(history, name)].path()?.order ?? []],
    /** The instants at which that linearization is drawn. */
    instants: (name) =>
      [...placedPath(history, history.parts[keyNumber(history, name)])?.at ?? []],
    /** What the last frame drew: {number, operations, merged, labels, …}. */
    frame: () => ({ ...app.frame }),
    /** Resolves when a frame with all changes so far is drawn. */
    settled: () => new Promise((done) => {
      app.invalidate();
      requestAnimationFrame(() => done());
    }),
  });
}

function operationFacts(history, i) {
  inRange(history, i);
  return {
    client: history.clientName(i), key: history.part(i).name, text: history.text(i),
    input: history.input(i), output: history.output(i), call: history.call[i],
    ret: history.ret[i], core: history.part(i).core.has(i),
    contradiction: history.part(i).contradiction.has(i),
  };
}

function inRange(history, i) {
  if (Number.isInteger(i) && i >= 0 && i < history.count) return i;
  throw new RangeError(`there is no operation ${i}; there are ${history.count}`);
}

function keyNumber(history, name) {
  const number = history.parts.findIndex((part) => part.name === name);
  if (number < 0) throw new RangeError(`there is no key ${name}`);
  return number;
}

function pickOnPage(app, x, y) {
  const corner = app.canvas.getBoundingClientRect();
  return app.stage.pick(x - corner.left, y - corner.top);
}

function onPage(app, box) {
  if (!box) return null;
  const corner = app.canvas.getBoundingClientRect();
  return { ...box, x: box.x + corner.left, y: box.y + corner.top };
}
