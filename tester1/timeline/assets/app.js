/*
 * The page's state and what happens when it changes.
 *
 * Everything that a user, a test or another module can do is a method here. Each
 * changes the state, updates what depends on it, and asks for one frame; the browser
 * decides when that is drawn, so many changes in a row cost one frame.
 */

/* What is zoomed to around a finding: the time of its proof and this share of it. */
const FINDING_MARGIN = 0.4;
/* A proof of an instant, or of one fact alone, has this much around it. */
const FINDING_LEAST_NS = 3e6;
const FACT_LEAST_NS = 40e6;
/* Of more parts than this, what is in sight is read like all others, in idle time. */
const MOST_PARTS_AT_ONCE = 8;

/* When the style sheet is dark; on paper it never is. */
const DARK_SCREEN = "screen and (prefers-color-scheme: dark)";

/* The views, and the element of each. */
const VIEWS = { timeline: "timeline", facts: "facts-view", operations: "operations",
  annotations: "annotations" };

class App {
  /* `run` is null for a page about a history alone. */
  constructor(history, run) {
    this.history = history;
    this.run = run;
    this.states = null;
    // What surrounds the picture; that of a run is there once its states are read.
    this.page = null;
    this.window = new TimeWindow(history.span);
    this.stage = new Stage(history, this.window, run);
    this.state = { key: NONE, matches: null, selected: null, hover: null,
      focus: NONE, view: "timeline", filter: null, shownKinds: null, steps: {},
      cursor: { time: history.span.first, fact: NONE }, pin: run?.focus ?? NONE };
    this.cursorListeners = [];
    // Resolves when the states of servers are read and shown.
    this.statesRead = new Promise((done) => { this.tellStatesRead = done; });
    this.frame = { number: 0, ...noWork() };
    this.pending = false;
    this.errorsVisited = 0;
    this.canvas = byId("canvas");
    this.plot = byId("plot");
  }

  start() {
    this.theme = readTheme();
    this.tooltip = new Tooltip(byId("tooltip"), this.stage);
    this.overview = new Overview(byId("overview"), this.stage, {
      moved: () => this.move(() => {}),
      point: (time) => { if (this.run) this.setCursor({ time }); },
    });
    this.details = new Details(byId("details"), this.history, {
      select: (i) => this.select({ operation: i }),
      zoomTo: (i) => this.zoomToOperation(i),
      clear: () => this.clear(),
      link: (i) => this.link(i),
      go: (fact) => this.runPage?.goTo(fact),
      cause: () => this.runPage?.showCause(),
      effect: () => this.runPage?.showEffect(),
    }, this.run);
    this.tables = {
      operations: operationTable(byId("operations"), this.history, this),
      annotations: annotationTable(byId("annotations"), this.history, this),
    };
    if (this.run) this.tables.facts = factsTable(byId("facts-view"), this.run, this);
    this.input = new Input(this.canvas, this);
    this.watchPage();
    this.updateShown();
    this.updateFocus();
    this.details.show(null);
  }

  watchPage() {
    watchPrinting(this);
    // This comes before the browser paints: drawing at once avoids a stretched frame.
    new ResizeObserver(() => { this.resize(); this.draw(); }).observe(this.plot);
    matchMedia(DARK_SCREEN).addEventListener("change", () => {
      this.theme = readTheme();
      this.overview.renew();
      this.invalidate();
    });
    this.plot.addEventListener("scroll", () => {
      this.stage.scroll = this.plot.scrollTop;
      this.invalidate();
    });
  }

  /* What surrounds the picture of a run, or null: there is none, or it is not read yet. */
  get runPage() { return this.run === null ? null : this.page; }

  /* Opens the page of a history alone, at what its address says. */
  openHistory() {
    this.page = new HistoryPage(this);
    this.page.start();
  }

  // The run

  /*
   * Opens on the finding and reads the run: how servers lived, then the facts of the
   * finding and those in sight, then the rest.
   */
  async readRun() {
    const { run } = this;
    run.onLoad((part) => {
      if (part.start <= this.window.last && part.end >= this.window.first) {
        this.invalidate();
      }
    });
    const pin = run.pins[this.state.pin];
    this.state.cursor = pin ? { time: pin.time, fact: pin.at }
      : { time: run.end, fact: run.count - 1 };
    this.openFinding();
    const data = await readText("states");
    this.stage.lives = livesOf(data, run);
    this.states = new States(data, run);
    this.overview.renew();
    this.page = new RunPage(this);
    this.page.start();
    this.tellStatesRead();
    await run.all();
    this.invalidate();
  }

  /* Zooms to the chosen finding, as far as its facts are loaded. */
  openFinding() {
    const pin = this.run?.pins[this.state.pin];
    if (pin) this.show(...this.findingWindow(pin));
  }

  findingWindow(pin) {
    const times = [pin.time, ...pin.proof.filter((fact) => this.run.loaded(fact))
      .map((fact) => this.run.time(fact))];
    // Not as arguments of one call: a proof may have more facts than that can take.
    const first = times.reduce((a, b) => Math.min(a, b));
    const last = times.reduce((a, b) => Math.max(a, b));
    const margin = Math.max((last - first) * FINDING_MARGIN,
      pin.proof.length > 1 ? FINDING_LEAST_NS : FACT_LEAST_NS);
    return [first - margin, last + margin];
  }

  /*
   * Moves the cursor: the state shown is that after `fact`, or, if that is NONE, after
   * all facts up to `time`. With `reveal` it is brought into sight.
   */
  setCursor({ time, fact = NONE }, { reveal = false } = {}) {
    const { first, last } = this.history.span;
    const within = Math.min(last, Math.max(first, time));
    this.state.cursor = { time: within, fact };
    if (reveal) this.window.reveal(within, within);
    for (const callback of this.cursorListeners) callback(this.state.cursor);
    this.invalidate();
  }

  onCursor(callback) { this.cursorListeners.push(callback); }

  /* Moves the cursor to a fact, once it is loaded. */
  async cursorTo(fact, options) {
    if (!this.run.loaded(fact)) await this.run.need(fact, fact);
    this.setCursor({ time: this.run.time(fact), fact }, options);
  }

  /* Saves what is visible as a file. */
  exportSvg() { downloadSvg(this); }

  needInSight() {
    const { first, last } = this.window;
    const { length } = this.run.partsWithin(first, last);
    if (length <= MOST_PARTS_AT_ONCE) this.run.needTimes(first, last);
  }

  // Drawing

  invalidate() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.pending = false;
    // On paper the canvas is nowhere.
    const isShown = this.state.view === "timeline" && this.plot.clientWidth > 0;
    if (!isShown || this.stage.width < 1) return;
    const context = sized(this.canvas, this.stage.width, this.stage.height);
    const work = new Frame(context, this.stage, this.theme, this.state).draw();
    this.overview.draw(this.theme, (i) => this.isShown(i), byId("timeline").clientWidth,
      this.state.cursor);
    if (this.run) this.needInSight();
    this.frame = { number: this.frame.number + 1, ...work };
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (width < 1 || height < 1) return;
    const context = this.canvas.getContext("2d");
    context.font = this.theme.sans;
    this.stage.arrange(width, height, (text) => context.measureText(text).width);
    byId("plot-extent").style.height = `${Math.max(this.stage.extent, height)}px`;
    this.stage.scroll = this.plot.scrollTop;
    this.overview.renew();
    this.invalidate();
  }

  // What is shown

  isShown(i) {
    return this.state.key === NONE || this.history.columns.part[i] === this.state.key;
  }

  /* Lays out the operations of the chosen key, and lists them. */
  updateShown() {
    this.stage.show((i) => this.isShown(i));
    this.listOperations();
    this.resize();
  }

  listOperations() {
    const { matches } = this.state;
    const listed = [];
    for (let i = 0; i < this.history.count; i++) {
      if (this.isShown(i) && (matches === null || matches.has(i))) listed.push(i);
    }
    this.tables.operations.setItems(listed);
  }

  showKey(number) {
    this.state.key = number;
    byId("key").value = String(number);
    const { selected } = this.state;
    if (selected?.operation !== undefined && !this.isShown(selected.operation)) {
      this.clear();
    }
    this.updateShown();
    this.updateFocus();
    this.page?.selectionMoved();
  }

  search(query) {
    byId("search").value = query;
    const asked = new Query(query, this.history, this.run, this.state.steps);
    const matches = asked.error === "" ? asked.operations(this.history) : null;
    this.state.matches = matches;
    byId("matches").textContent = matches === null ? "" : counted(matches.size, "match")
      .replace("matchs", "matches");
    this.listOperations();
    this.runPage?.search(asked);
    this.invalidate();
  }

  /* Selects the match after the selected operation (`by` 1) or before it, around the end. */
  stepMatch(by) {
    if (this.run) { this.page?.step("match", by); return; }
    const found = [...this.state.matches ?? []].filter((i) => this.isShown(i));
    const current = this.state.selected?.operation ?? NONE;
    this.goTo(by > 0 ? found.find((i) => i > current) ?? found[0]
      : found.findLast((i) => i < current) ?? found[found.length - 1]);
  }

  showView(view) {
    this.state.view = view;
    for (const [name, panel] of Object.entries(VIEWS)) {
      byId(panel).hidden = name !== view;
      byId(`tab-${name}`).setAttribute("aria-selected", String(name === view));
    }
    byId("zoom").hidden = view !== "timeline";
    if (view === "timeline") this.resize();
    else {
      this.tables[view].render();
      const { selected } = this.state;
      // All facts are in their order: the cursor has a place among them, whatever matches.
      if (view === "facts" && this.runPage) this.tables.facts.revealFrom(this.page.position());
      else this.tables[view].reveal(selected?.operation ?? selected?.annotation);
    }
  }

  // The part in focus: whose line is drawn, and whose reason is shown

  updateFocus() {
    this.state.focus = this.partInFocus();
    this.showFinding();
    this.invalidate();
  }

  partInFocus() {
    const { key, selected } = this.state;
    if (key !== NONE) return key;
    if (selected?.operation !== undefined) {
      return this.history.columns.part[selected.operation];
    }
    return this.history.parts.length === 1 ? 0 : this.history.worstPart();
  }

  /*
   * Tells about the part in focus if something is wrong with it, else about the worst:
   * the box stays, or the timeline would jump at every click on a sound operation.
   */
  showFinding() {
    const { history } = this;
    const focused = history.parts[this.state.focus];
    const part = focused && focused.verdict !== "ok" ? focused
      : history.parts[history.worstPart()];
    showFinding(history, part, {
      link: (i, text) => this.link(i, text),
      choose: (part, number) => this.choosePath(part, number),
      search: (query) => this.search(query),
      page: this.runPage,
    });
  }

  choosePath(part, number) {
    part.choose(number);
    this.showFinding();
    this.details.show(this.state.selected);
    this.tables.operations.render();
    this.invalidate();
  }

  /* A button that leads to an operation. */
  link(i, text = `#${i} ${this.history.text(i)}`) {
    return element("button", { className: "operation", title: this.history.text(i),
      onclick: () => { this.select({ operation: i }); this.reveal({ operation: i }); } },
    text);
  }

  // Selection

  /* Selects {operation}, {annotation}, {fact}, or nothing (null). */
  select(target) {
    this.state.selected = target;
    const operation = target?.operation;
    if (target?.fact !== undefined) {
      this.runPage?.chooseOf(target.fact);
      this.cursorTo(target.fact);
    }
    if (operation !== undefined) this.showLongestPathOf(operation);
    this.details.show(target);
    this.updateFocus();
    this.tables.operations.render();
    this.tables.annotations.render();
    this.tables.facts?.render();
    this.announce(target);
    this.page?.selectionMoved();
  }

  clear() { this.select(null); }

  /* Of a key that is not linearizable, shows a longest order that has the operation. */
  showLongestPathOf(operation) {
    const part = this.history.part(operation);
    const path = part.pathOf(operation);
    if (path !== NONE && !part.path().place.has(operation)) part.choose(path);
  }

  announce(target) {
    const { history } = this;
    const operation = target?.operation;
    // With the cursor there, the page says how the servers stand as well.
    if (target?.fact !== undefined) return;
    byId("announcer").textContent = operation === undefined
      ? target ? history.annotations[target.annotation].text : ""
      : `client ${history.clientName(operation)}: ${history.text(operation)}`;
  }

  hover(target, x, y) {
    const before = this.state.hover;
    this.state.hover = target;
    this.tooltip.show(target, x, y);
    this.canvas.style.cursor = target && target.server === undefined ? "pointer" : "";
    if (target?.operation !== before?.operation || target?.fact !== before?.fact
      || target?.annotation !== before?.annotation) this.invalidate();
  }

  /*
   * What a click at a point means: what is there, or else the instant, and the server
   * whose lane it is; on a server's name, the server alone.
   */
  click(target, { x, y }) {
    if (target?.away) { this.runPage?.goTo(target.fact); return; }
    if (target !== null && target.server === undefined) { this.select(target); return; }
    const server = this.stage.serverAt(y);
    if (server !== NONE) this.state.server = server;
    if (x < this.stage.gutter && server !== NONE) {
      this.runPage?.cursorMoved();
      return;
    }
    this.select(null);
    if (this.run && x >= this.stage.gutter) this.setCursor({ time: this.window.time(x) });
  }

  // Moving

  zoom(factor, x) { this.move(() => this.window.zoom(factor, x)); }
  zoomMiddle(factor) { this.zoom(factor, this.stage.gutter + this.window.width / 2); }

  /* Zooms around the cursor if it is in sight, else around the middle. */
  zoomCursor(factor) {
    const { first, last } = this.window;
    const { time } = this.state.cursor;
    if (this.run && first <= time && time <= last) this.zoom(factor, this.window.x(time));
    else this.zoomMiddle(factor);
  }

  fit() { this.move(() => this.window.fit()); }

  pan(dx, dy) {
    this.plot.scrollTop += dy;
    this.move(() => this.window.pan(dx));
  }

  show(first, last) { this.move(() => this.window.show(first, last)); }

  move(change) {
    change();
    this.page?.windowMoved();
    this.tooltip.hide();
    this.invalidate();
  }

  interval(target) {
    const { history } = this;
    if (target.fact !== undefined) {
      const time = this.run.time(target.fact);
      return [time, time];
    }
    if (target.operation === undefined) {
      const note = history.annotations[target.annotation];
      return [note.start, note.end ?? note.start];
    }
    const { operation } = target;
    return [history.call[operation], Math.min(history.ret[operation], history.span.last)];
  }

  zoomToOperation(operation) {
    this.showView("timeline");
    this.select({ operation });
    const [first, last] = this.interval({ operation });
    const margin = Math.max(last - first, SHORTEST_NS) * 2;
    this.show(first - margin, last + margin);
    this.revealRow(operation);
  }

  zoomToSelected() {
    const { operation, fact } = this.state.selected ?? {};
    if (operation !== undefined) this.zoomToOperation(operation);
    else if (fact !== undefined && this.run.loaded(fact)) this.zoomToFact(fact);
  }

  /* Zooms to a fact with the call that it is a station of, from sending to the end. */
  zoomToFact(fact) {
    const call = this.run.callOf(fact);
    const time = this.run.time(fact);
    // Of a lost one the end is when its sender gave up, which may be seconds later.
    const times = call === null ? [time]
      : [time, call.sentAt, call.handedAt, call.answeredAt,
        call.lost === "" ? call.endedAt : NONE].filter((at) => at !== NONE);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    const margin = first === last ? FACT_LEAST_NS
      : Math.max((last - first) * FINDING_MARGIN, SHORTEST_NS);
    this.showView("timeline");
    this.show(first - margin, last + margin);
    this.revealServer(this.run.program(fact));
  }

  /* Brings what is selected into sight, in whichever view is open. */
  reveal(target) {
    if (this.state.view !== "timeline") {
      this.tables[this.state.view].reveal(
        target.fact ?? target.operation ?? target.annotation);
      return;
    }
    if (target.operation !== undefined && !this.isShown(target.operation)) {
      this.showKey(NONE);
    }
    this.move(() => this.window.reveal(...this.interval(target)));
    if (target.operation !== undefined) this.revealRow(target.operation);
    if (target.fact !== undefined) this.revealServer(this.run.program(target.fact));
  }

  revealServer(server) {
    const lane = this.stage.servers[server];
    if (lane) this.scrollTo(lane.y, lane.y + lane.height);
  }

  revealRow(operation) {
    const row = this.stage.rowOf.of.get(operation);
    this.scrollTo(row.y, row.y + row.height);
  }

  /* Scrolls as little as brings these heights of the lanes into sight. */
  scrollTo(from, to) {
    const { band, footer, height } = this.stage;
    const top = from - band - LANE_GAP;
    const bottom = to + LANE_GAP + footer - height;
    if (this.plot.scrollTop > top) this.plot.scrollTop = top;
    else if (this.plot.scrollTop < bottom) this.plot.scrollTop = bottom;
  }

  // Stepping from operation to operation

  goTo(operation) {
    if (operation === undefined) return;
    this.select({ operation });
    this.reveal({ operation });
  }

  /* The previous or next operation of the same client. */
  stepInLane(by) {
    const current = this.state.selected?.operation;
    if (current === undefined) { this.goTo(this.firstInSight()); return; }
    const items = this.laneOf(current).rows.flatMap((row) => row.items)
      .sort((a, b) => a - b);
    this.goTo(items[items.indexOf(current) + by]);
  }

  /* The operation of the client above or below that is nearest in time. */
  stepLanes(by) {
    const current = this.state.selected?.operation;
    if (current === undefined) { this.goTo(this.firstInSight()); return; }
    const { lanes } = this.stage;
    const lane = lanes[lanes.indexOf(this.laneOf(current)) + by];
    if (!lane) return;
    const [first, last] = this.interval({ operation: current });
    const near = lane.rows.map((row) => row.at((first + last) / 2, Infinity));
    this.goTo(near.find((operation) => operation !== NONE));
  }

  stepInOrder(by) {
    const current = this.state.selected?.operation;
    if (current === undefined) { this.goTo(this.firstInSight()); return; }
    const path = this.history.part(current).path();
    const place = path?.place.get(current);
    if (place !== undefined) this.goTo(path.order[place + by]);
  }

  laneOf(operation) {
    const row = this.stage.rowOf.of.get(operation);
    return this.stage.lanes.find((lane) => lane.rows.includes(row));
  }

  firstInSight() { return this.stage.inWindow()[0]; }

  /* Shows the operations that cannot be explained; again: those of the next key. */
  jumpToError() {
    const errors = this.history.errors();
    if (errors.length === 0) { this.jumpToFinding(); return; }
    const part = errors[this.errorsVisited++ % errors.length];
    this.showView("timeline");
    this.showKey(this.history.parts.indexOf(part));
    const culprits = [...part.contradiction].sort((a, b) => a - b);
    if (culprits.length === 0) return;
    const last = culprits[culprits.length - 1];
    this.select({ operation: last });
    this.showTogether(culprits);
    this.revealRow(last);
  }

  /* Shows the finding, with the cursor where it broke. */
  jumpToFinding() {
    const pin = this.run?.pins[this.state.pin];
    if (!pin) return;
    this.showView("timeline");
    this.openFinding();
    this.select({ fact: pin.at });
    this.revealServer(this.run.program(pin.at));
  }

  /* Zooms so that operations fill the width, all of them in sight. */
  showTogether(operations) {
    const spans = operations.map((operation) => this.interval({ operation }));
    const first = Math.min(...spans.map(([from]) => from));
    const last = Math.max(...spans.map(([, to]) => to));
    const margin = Math.max(last - first, SHORTEST_NS) * 0.15;
    this.show(first - margin, last + margin);
  }
}
