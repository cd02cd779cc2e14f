/*
 * `window.raftlab`: the page for scripts, and for the tests.
 *
 * Operations are numbers from 0, in the order of their calls, and so are facts; a call
 * is the fact that it was sent with. Times are nanoseconds after the page's origin;
 * boxes are CSS pixels of the browser's window.
 */

function makeApi(app) {
  const { history, stage } = app;
  return Object.freeze({
    ...app.run ? runApi(app) : {},
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
    /** What is at a point: {operation}, {annotation}, {fact}, {server}, or null. */
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
    search: (query) => {
      app.search(query);
      return app.runPage ? app.runPage.matchCount() : app.state.matches?.size ?? null;
    },
    /** Selects and shows the operations that cannot be explained. */
    jumpToError: () => app.jumpToError(),
    /** Operations of the linearization on show, for a key. */
    linearization: (name) =>
      [...history.parts[keyNumber(history, name)].path()?.order ?? []],
    /** The instants at which that linearization is drawn. */
    instants: (name) =>
      [...placedPath(history, history.parts[keyNumber(history, name)])?.at ?? []],
    /** What the last frame drew: {number, operations, merged, labels, messages, …}. */
    frame: () => ({ ...app.frame }),
    /** What is visible, as the text of an SVG file. */
    svg: () => svgOf(app),
    /** Resolves when a frame with all changes so far is drawn. */
    settled: () => new Promise((done) => {
      app.invalidate();
      requestAnimationFrame(() => done());
    }),
  });
}

/* What there is of a page with a run besides. */
function runApi(app) {
  const { run, stage } = app;
  return {
    factCount: run.count,
    serverCount: run.servers,
    pins: Object.freeze(run.pins.map((pin) => Object.freeze({ ...pin }))),
    /** A fact's texts, times and place; its part must be loaded. */
    fact: (i) => factFacts(run, i),
    /** The call that was sent with a fact, or null. */
    callOf: (i) => run.call(i),
    /** The calls of which something is within the window, drawn or not. */
    callsInSight: () => {
      const found = [];
      eachCallInSight(run, app.window, (calls, i) => found.push(calls.sent[i]));
      return found;
    },
    /** What is said beside the rings of the finding: boxes with lines, and their facts. */
    callouts: () => stage.callouts.map(({ lines, ring, ...box }) =>
      ({ ...onPage(app, box), lines, facts: ring.facts })),
    /** The rings of the finding: the facts of each, and where it is. */
    rings: () => stage.rings.map(({ x, y, facts }) => ({ ...onPage(app, { x, y }), facts })),
    /** The flags of findings: boxes with their fact; `away` if it is out of sight. */
    pinFlags: () => stage.pinFlags.map(({ left, right, fact, away }) =>
      ({ ...onPage(app, { x: left, y: stage.runTop, width: right - left,
        height: stage.pinRow }), fact, away })),
    /** The chosen server, or -1. */
    chosenServer: () => app.state.server,
    /** The frame around the window in the overview, in pixels from its left. */
    overviewFrame: () => app.overview.frame(),
    /** The words on bars of servers: boxes with the text. */
    words: () => stage.words.map(({ write, ...box }) => onPage(app, box)),
    /** Facts with a mark in the last frame. */
    drawnMarks: () => [...stage.marks.slots].filter((at) => at > 0).map((at) => at - 1),
    /** Calls with an arrow in the last frame. */
    drawnMessages: () => stage.messages.ids(),
    /** Whether the last frame drew the cross of a lost call. */
    isCrossed: (call) => stage.messages.isCrossed(call),
    /** The rectangle of a server's lane. */
    serverBox: (server) => onPage(app, stage.serverBox(server)),
    /** The rectangle around a call's arrows, or null if they were not drawn. */
    messageBox: (call) => onPage(app, stage.messages.box(call)),
    /** Stretches and lives of a server, or null while they are not read. */
    livesOf: (server) => stage.lives?.[server] ?? null,
    /** The cursor: {time, fact}. */
    cursor: () => ({ ...app.state.cursor }),
    /** Moves the cursor to a time, or to a fact (as its second argument). */
    setCursor: (time, fact = NONE) => app.setCursor({ time, fact }, { reveal: true }),
    /** How the servers stand at a time, as plain data. */
    stateAt: (time) => plainStates(app, run.positionAt(time)),
    /** The same once a fact has happened. */
    stateAfter: (fact) => plainStates(app, fact),
    /** Selects a fact and brings it into sight. */
    selectFact: async (fact) => {
      await run.need(fact, fact);
      app.select({ fact });
      app.reveal({ fact });
    },
    /** Steps to the next (1) or previous (-1) of a kind, as the keys do. */
    step: (name, by = 1) => app.page.step(name, by),
    loadedParts: () => run.loadedParts,
    /** Resolves when all facts are loaded and the states of servers are shown. */
    allLoaded: async () => {
      await app.statesRead;
      await run.need(0, run.count);
    },
  };
}

function factFacts(run, i) {
  if (!run.loaded(i)) throw new RangeError(`fact ${i} is not loaded, or there is none`);
  return { number: run.number(i), time: run.time(i), kind: run.kind(i),
    topic: run.topic(i), program: run.program(i), incarnation: run.incarnation(i),
    cause: run.cause(i), likely: run.isLikely(i), term: run.term(i),
    routine: run.routine(i), text: run.text(i), details: run.details(i),
    call: run.callOfFact[i] - 1 };
}

function plainStates(app, position) {
  return app.states.at(position).map((state) => ({ ...state,
    next: Object.fromEntries(state.next), match: Object.fromEntries(state.match) }));
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
