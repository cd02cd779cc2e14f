/*
 * What surrounds the picture of a run: the cursor's panel, steps, search, filters, the
 * findings, the moment in the address, and the keys. The App (app.js) draws and
 * remembers; this tells it where to go, and shows what there is.
 */

/* What an address of an instant shows around it: so much, or this share of the run. */
const ADDRESS_WINDOW_NS = 0.4e9;
const ADDRESS_SHARE = 1 / 6;
const ANNOUNCE_DELAY_MS = 150;
const NOT_FOLLOWED = { fact: NONE, how: "" };

class RunPage extends Surroundings {
  constructor(app) {
    super(app, [...RUN_KEYS, KEYS_OF_OPERATIONS]);
    const { run, history } = app;
    this.run = run;
    app.state.server = NONE;
    this.pin = run.focus;
    // The finding that was asked for last, and the time that was in sight with it.
    this.visited = NONE;
    this.first = "";
    // The fact that a likely link was followed to last, and what it is: "likely cause".
    this.followed = NOT_FOLLOWED;
    this.everything = Array.from({ length: run.count }, (_, i) => i);
    this.query = new Query("", history, run);
    this.panel = new CursorPanel(app, { choose: (server) => this.choose(server) });
    this.walk = new Walk(run, app.states);
    app.state.steps = this.walk.known;
    this.filters = new Filters(run, () => this.applyFilters());
    this.matches = new FactMatches(run, () => this.showMatches());
    this.play = new Play({
      time: () => app.state.cursor.time, start: run.start, end: run.end,
      move: (time) => app.setCursor({ time, fact: NONE }, { reveal: true }),
      changed: () => this.showPlay(), stopped: () => this.announceSoon(),
    });
  }

  /* Shows the moment to begin with: that of the address, or else the finding. */
  start() {
    const { app, run } = this;
    app.state.shownKinds = this.filters.kinds;
    this.connect();
    app.onCursor(() => this.cursorMoved());
    run.onLoad((part) => this.partLoaded(part));
    this.matches.search(null);
    this.play.suit(app.window.length);
    this.showPlay();
    app.setCursor(app.state.cursor);
    this.followAddress(true);
  }

  connect() {
    super.connect();
    const on = (id, act) => { byId(id).onclick = act; };
    fillHelp(byId("help-contents"), helpOfRun(this.app.history));
    this.filters.fill(byId("filter-contents"));
    on("step-start", () => this.showEdge(true));
    on("step-end", () => this.showEdge(false));
    on("step-back", () => this.step(byId("step-kind").value, -1));
    on("step-on", () => this.step(byId("step-kind").value, 1));
    on("match-back", () => this.step("match", -1));
    on("match-on", () => this.step("match", 1));
    on("play", () => this.play.toggle());
    byId("step-kind").replaceChildren(...STEPS.map(({ name, title }) =>
      element("option", { value: name }, title)));
    byId("message-kind").replaceChildren(...CALL_KINDS.map((name, kind) =>
      element("option", { value: String(kind) }, name)));
    byId("message-kind").value = String(CALL_KINDS.indexOf("vote"));
    byId("step-kind").onchange = () => this.showStepKind();
    byId("speed").replaceChildren(...SPEEDS.map((speed) =>
      element("option", { value: String(speed) }, `× ${speed}`)));
    byId("speed").onchange = (event) => this.play.choose(Number(event.target.value));
    this.showStepKind();
    const filter = byId("filter");
    document.addEventListener("pointerdown", (event) => {
      if (!filter.contains(event.target)) filter.open = false;
    });
  }

  /* Shows what was not known before, if it is of what the page shows. */
  partLoaded({ first, count }) {
    const has = (i) => first <= i && i < first + count;
    if ([...findingFacts(this.run)].some(has)) this.app.showFinding();
    if (has(this.position())) this.panel.update();
  }

  showStepKind() { byId("message-kind").hidden = byId("step-kind").value !== "message"; }

  showPlay() {
    byId("play").textContent = this.play.isOn ? "❚❚ Pause" : "▶ Play";
    byId("speed").value = String(this.play.speed);
  }

  // The cursor

  /* The position that the cursor is at: the state shown is that after it. */
  position() {
    const { time, fact } = this.app.state.cursor;
    return fact === NONE ? this.run.positionAt(time) : fact;
  }

  cursorMoved() {
    this.panel.update();
    this.writeAddressSoon();
    if (!this.play.isOn) this.announceSoon();
  }

  /* Selects a fact and puts the cursor there. */
  async goTo(i) {
    const { app, run } = this;
    if (i === NONE) return;
    await run.need(i, i);
    app.select({ fact: i });
    app.reveal({ fact: i });
  }

  /* Chooses the server that a fact happened at, if it did at one. */
  chooseOf(fact) {
    const { run, app } = this;
    if (run.loaded(fact) && run.isServer(run.program(fact))) {
      app.state.server = run.program(fact);
    }
  }

  showEdge(isStart) {
    const { start, end } = this.run;
    this.app.setCursor({ time: isStart ? start : end, fact: NONE }, { reveal: true });
  }

  choose(server) {
    this.app.state.server = this.app.state.server === server ? NONE : server;
    this.cursorMoved();
  }

  chooseBeside(by) {
    const { server } = this.app.state;
    const next = server === NONE ? (by > 0 ? 0 : this.run.servers - 1) : server + by;
    if (next >= 0 && next < this.run.servers) this.choose(next);
  }

  // Steps

  /* Goes to the next (`by` 1) or previous (-1) of a kind; says so if there is none. */
  async step(step, by) {
    this.play.stop();
    if (step === "match") { this.stepMatch(by); return; }
    const { time, fact } = this.app.state.cursor;
    // Between two facts, the one that the cursor has passed last is the previous one.
    const from = fact !== NONE ? fact
      : this.run.positionAt(time) + (by > 0 ? 0 : 1);
    const found = await this.walk.next(step, from, by, { server: this.app.state.server,
      kind: Number(byId("message-kind").value) });
    const { title } = STEPS.find(({ name }) => name === step);
    if (found === NONE) this.say(`no ${by > 0 ? "further" : "earlier"} ${title}`);
    else this.goTo(found);
  }

  /* The next match of the search by time, a fact or an operation, around the end. */
  stepMatch(by) {
    const { app, run } = this;
    const { history, state } = app;
    const operations = [...state.matches ?? []].filter((i) => app.isShown(i));
    const selected = state.selected?.operation;
    const time = selected === undefined ? state.cursor.time : history.call[selected];
    const isBeyond = (i) => (selected === undefined ? by * (history.call[i] - time) > 0
      : by * (i - selected) > 0);
    const near = (list) => (by > 0 ? list[0] : list[list.length - 1]);
    const position = selected === undefined ? this.position()
      : run.positionAt(time) + (by > 0 ? 0 : 1);
    let fact = this.matches.beside(position, by);
    let operation = near(operations.filter(isBeyond));
    if (fact === NONE && operation === undefined) {
      fact = this.matches.beside(by > 0 ? NONE : run.count, by);
      operation = near(operations);
    }
    if (fact === NONE && operation === undefined) { this.say("no match"); return; }
    if (fact === NONE || (operation !== undefined && run.loaded(fact)
      && by * (history.call[operation] - run.time(fact)) < 0)) {
      app.goTo(operation);
    } else this.goTo(fact);
  }

  showCause() {
    const fact = this.app.state.selected?.fact;
    if (fact === undefined) { this.say("select a fact first"); return; }
    if (this.run.cause(fact) === NONE) this.say("no cause is known");
    else this.follow(this.run.cause(fact), this.run.isLikely(fact) ? "likely cause" : "");
  }

  showEffect() {
    const fact = this.app.state.selected?.fact;
    if (fact === undefined) { this.say("select a fact first"); return; }
    const [effect] = this.run.effects(fact);
    if (effect === undefined) this.say("nothing came of it");
    else this.follow(effect, this.run.isLikely(effect) ? "likely effect" : "");
  }

  /* Goes to a cause or an effect, and has it said if it is only a likely one. */
  follow(fact, how) {
    this.followed = { fact, how };
    this.goTo(fact);
  }

  // Findings

  /* Shows a finding as the page opens with it: the cursor at it, and all that proves it. */
  async showPin(number) {
    const { app, run } = this;
    this.pin = app.state.pin = number;
    this.visited = NONE;
    app.showFinding();
    const { at, proof } = run.pins[number];
    await Promise.all([at, ...proof].map((fact) => run.need(fact, fact)));
    // Another may have been asked for in the meantime.
    if (this.pin !== number) return;
    app.openFinding();
    await this.goTo(at);
    const { first, last } = app.window;
    this.visited = { number, first, last };
  }

  /* Shows the finding; once that has been asked for and is on show, the next one. */
  async nextPin() {
    const { run } = this;
    const { pins } = run;
    if (pins.length === 0) { this.say("nothing was found"); return; }
    const number = this.isPinOnShow() ? (this.pin + 1) % pins.length : this.pin;
    await this.showPin(number);
  }

  /* Whether all is as it was shown last: finding, cursor and zoom. */
  isPinOnShow() {
    const { app, pin, run, visited } = this;
    const { first, last } = app.window;
    return visited !== NONE && visited.number === pin && visited.first === first
      && visited.last === last && app.state.cursor.fact === run.pins[pin].at;
  }

  showPromise() {
    const pin = this.run.pins[this.pin];
    if (!pin || pin.promise === NONE) this.say("no promise is known");
    else this.showEnd(pin, pin.promise);
  }

  showBreak() {
    const pin = this.run.pins[this.pin];
    if (pin) this.showEnd(pin, pin.at);
    else this.say("nothing was found");
  }

  /* Goes to one end of a finding, and has the other one in sight as well. */
  async showEnd(pin, fact) {
    const { app, run } = this;
    const ends = [pin.at, ...pin.promise === NONE ? [] : [pin.promise]];
    await Promise.all([...ends, ...pin.proof].map((one) => run.need(one, one)));
    const { first, last } = app.window;
    const isInSight = (one) => first <= run.time(one) && run.time(one) <= last;
    if (!ends.every(isInSight)) app.openFinding();
    await this.goTo(fact);
  }

  // Search and filters

  search(query) {
    this.query = query;
    this.applyFilters();
  }

  applyFilters() {
    const { app, filters, query } = this;
    app.state.shownKinds = filters.kinds;
    byId("filter-state").textContent = filters.isOpen ? "" : "on";
    const wanted = query.isEmpty || query.error !== "" ? null : query.fact ?? (() => false);
    const accepted = filters.test();
    this.matches.search(wanted === null ? accepted
      : accepted === null ? wanted : both(accepted, wanted));
  }

  showMatches() {
    const { app, matches } = this;
    app.state.filter = matches.isAll ? null : (i) => matches.has(i);
    app.tables.facts.setItems(matches.isAll ? this.everything : matches.positions);
    byId("matches").textContent = this.matchesText();
    byId("search-note").textContent = this.query.error;
    byId("search-note").hidden = this.query.error === "";
    byId("search").setAttribute("aria-invalid", String(this.query.error !== ""));
    app.invalidate();
  }

  /* How many facts and operations match; null if nothing is asked for. */
  matchCount() {
    const { matches } = this;
    const operations = this.app.state.matches;
    if (matches.isAll && operations === null) return null;
    return (matches.isAll ? 0 : matches.positions.length) + (operations?.size ?? 0);
  }

  matchesText() {
    const { matches, query, run } = this;
    if (query.error !== "" || (matches.isAll && query.isEmpty)) return "";
    const counts = [];
    if (!matches.isAll) counts.push(counted(matches.positions.length, "fact"));
    const operations = this.app.state.matches;
    if (operations?.size > 0) counts.push(counted(operations.size, "operation"));
    if (!matches.isComplete) {
      counts.push(`searched ${matches.found.parts} of ${run.parts.length} parts`);
    }
    return counts.join(" · ");
  }

  // The address

  /*
   * Goes where the address says. One that names no moment leads to the finding when the
   * page opens, and later changes no more than what it says.
   */
  async followAddress(isFirst) {
    const { app, run } = this;
    const said = readAddress(location.hash, app.history, run);
    const position = await this.factSaid(said);
    if (position !== NONE) app.select({ fact: position });
    const { first, last } = app.history.span;
    const time = position !== NONE ? run.time(position)
      : said.time === null ? null : Math.min(last, Math.max(first, said.time));
    if (time !== null) app.setCursor({ time, fact: position });
    else if (isFirst && run.pins.length > 0
      && said.operation === null && said.annotation === null) {
      await this.showPin(run.focus);
      // Nobody has asked for it yet: it is what the first `f` shows.
      this.visited = NONE;
    }
    // One thing can be selected: what happened in the run goes first.
    this.selectSaid(position === NONE ? said
      : { ...said, operation: null, annotation: null });
    if (said.window !== null) app.show(said.window.first, said.window.last);
    else if (time !== null) this.showAround(time);
    if (said.server !== null) {
      app.state.server = said.server;
      this.cursorMoved();
    }
    const wrong = said.number !== null && position === NONE
      ? [...said.wrong, `no fact #${said.number}`] : said.wrong;
    this.tellWrong(wrong);
  }

  /* As much around a time as one sees of a finding. */
  showAround(time) {
    const { start, end } = this.run;
    const length = Math.min(ADDRESS_WINDOW_NS, (end - start) * ADDRESS_SHARE);
    this.app.show(time - length / 2, time + length / 2);
  }

  /* The position of the fact that an address names, or NONE. */
  async factSaid({ time, number }) {
    const { run } = this;
    if (number === null) return NONE;
    if (time !== null) await run.needTimes(time, time);
    if (run.positionOf(number) === NONE) await run.all();
    return run.positionOf(number);
  }

  place() {
    const { app, run } = this;
    const { cursor, selected, server } = app.state;
    const fact = selected?.fact;
    return { ...super.place(), time: cursor.time, server: server === NONE ? null : server,
      number: fact === undefined || !run.loaded(fact) ? null : run.number(fact) };
  }

  windowMoved() {
    super.windowMoved();
    this.play.suit(this.app.window.length);
  }

  // What is said

  announceSoon() {
    this.later("announce", ANNOUNCE_DELAY_MS, () => {
      this.say(`${this.first}${this.announcement()}`);
      this.first = "";
      if (this.followed.fact === this.app.state.cursor.fact) this.followed = NOT_FOLLOWED;
    });
  }

  /* Says something before the next announcement of where the cursor is. */
  sayFirst(text) {
    this.first = `${text}; `;
    this.announceSoon();
  }

  announcement() {
    const { app, run } = this;
    const { cursor, selected } = app.state;
    const states = app.states.at(this.position());
    const server = app.state.server === NONE ? leading(states) : app.state.server;
    const standing = server === NONE ? nobodyText(states)
      : standingText(run, server, states[server]);
    const { followed } = this;
    const how = followed.fact === cursor.fact && followed.how !== ""
      ? `${followed.how}: ` : "";
    const fact = selected?.fact === cursor.fact && run.loaded(cursor.fact)
      ? `${how}${run.text(cursor.fact)}; ` : "";
    return `${fact}${timeText(cursor.time, 1e5)}, ${standing}`;
  }

  /* Says something instead of where the cursor is, if that was about to be said. */
  say(text) {
    clearTimeout(this.timers.announce);
    super.say(text);
  }

  // Keys

  closeMenus() {
    const filter = byId("filter");
    if (!filter.open) return super.closeMenus();
    filter.open = false;
    filter.querySelector("summary").focus();
    return true;
  }

  actionOf(key) {
    // With an operation selected, the arrows lead to its neighbours.
    const isAtOperation = this.app.state.selected?.operation !== undefined;
    return key.startsWith("Arrow") && isAtOperation ? undefined : super.actionOf(key);
  }
}
