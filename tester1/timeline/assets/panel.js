/*
 * The panel of the cursor: how every server stands at that instant, their logs side by
 * side, and what their threads wait for. It is made anew for each instant, and keeps
 * the focus where it was.
 */

const ROLE_SIGNS = { [ROLES.follower]: "follower", [ROLES.candidate]: "candidate",
  [ROLES.leader]: "leader" };
const DIFFERENCE_SIGNS = { [DIFFERS.other]: "≠", [DIFFERS.missing]: "−",
  [DIFFERS.more]: "+" };
const DIFFERENCE_WORDS = { [DIFFERS.other]: "another than the leader's",
  [DIFFERS.missing]: "missing", [DIFFERS.more]: "more than the leader has" };
const STANDING_SIGNS = { [STANDS.committed]: "·", [STANDS.applied]: "✓" };
const STANDING_WORDS = { [STANDS.open]: "not committed", [STANDS.committed]: "committed",
  [STANDS.applied]: "applied" };

/* Pixels. */
const LOGS_WIDTH = 370;
const NARROWEST_CELL = 45;
const WIDEST_CELL = 110;
const FAR_RIGHT = 1e6;

class CursorPanel {
  /* `actions` has choose(server). */
  constructor(app, actions) {
    this.app = app;
    this.actions = actions;
    this.unfolded = [];
    this.column = NONE;
    this.pending = false;
    this.waits = null;
    byId("threads").addEventListener("toggle", () => this.showThreads());
    // The newest entries stand at the right: that is what is shown, until one moves. To
    // ask for it with each instant would have the browser lay out the page twice.
    this.isAtEnd = true;
    byId("logs").addEventListener("scroll", ({ target }) => {
      this.isAtEnd = target.scrollLeft + target.clientWidth >= target.scrollWidth - 1;
    }, { passive: true });
  }

  /* Shows the cursor's instant, at the latest with the next frame. */
  update() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => this.render());
  }

  render() {
    this.pending = false;
    const { run } = this.app;
    const { time, fact } = this.app.state.cursor;
    const position = fact === NONE ? run.positionAt(time) : fact;
    this.states = this.app.states.at(position);
    byId("cursor-time").textContent = timeText(time);
    byId("cursor-fact").textContent = this.placeText(position, fact !== NONE);
    byId("servers-title").textContent = this.serversTitle();
    keepingFocus(byId("servers"), () => [this.serverTable()]);
    this.showLogs();
    byId("links").textContent = this.linksText(time);
    this.showThreads();
  }

  placeText(position, atFact) {
    const { run } = this.app;
    if (position === NONE) return "before the first fact";
    const number = run.loaded(position) ? `#${run.number(position)}, ` : "";
    const place = `${(position + 1).toLocaleString("en")} of ${counted(run.count, "fact")}`;
    return `${atFact ? "at" : "after"} ${number}${place}`;
  }

  // Servers

  serverTable() {
    const keeper = this.keeper();
    const heads = ["server", "term", "vote", "commit", "applied", "snap",
      ...(keeper === NONE ? [] : ["next", "match"])];
    return element("table", { className: "states", "aria-labelledby": "servers-title" },
      element("thead", {}, element("tr", {},
        ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...this.states.map((state, server) =>
        this.serverRow(state, server, keeper))));
  }

  serversTitle() {
    const keeper = this.keeper();
    return keeper === NONE ? "Servers"
      : `Servers; next and match as ${this.app.run.name(keeper)} shows them`;
  }

  /* The leader whose next and match indices are shown. */
  keeper() { return leading(this.states); }

  serverRow(state, server, keeper) {
    const { run } = this.app;
    const kept = (of) => element("td", {}, keeper === server ? ""
      : shownNumber(this.states[keeper][of].get(server)));
    const number = (value) => element("td", {}, shownNumber(value));
    return element("tr", { className: this.rowLook(state, server) },
      element("th", { scope: "row" }, this.serverButton(state, server)),
      element("td", {}, state.term === null ? "?" : termChip(state.term)),
      element("td", {}, state.vote === null ? "?" : run.name(state.vote)),
      number(state.commit), number(state.applied),
      element("td", {}, state.base.index > 0 ? String(state.base.index) : "–"),
      ...(keeper === NONE ? [] : [kept("next"), kept("match")]));
  }

  rowLook(state, server) {
    const chosen = server === this.app.state.server ? "chosen" : "";
    return `${chosen} ${state.alive ? "" : "down"}`.trim();
  }

  serverButton(state, server) {
    const role = roleText(state);
    const button = element("button", { className: "server",
      title: `Choose ${this.app.run.name(server)}: steps and the address are about it`,
      "aria-pressed": String(server === this.app.state.server),
      onclick: () => this.actions.choose(server) },
    roleMark(state), element("span", { className: "name" }, this.app.run.name(server)),
    element("span", { className: "role" }, role));
    button.dataset.key = `server-${server}`;
    return button;
  }

  // Logs

  showLogs() {
    const { run } = this.app;
    const { leader, columns } = logTable(this.states, this.unfolded);
    byId("logs-title").textContent = leader === NONE ? `Logs; ${nobodyText(this.states)}`
      : `Logs, compared with ${run.name(leader)}'s, which leads`;
    const scroll = byId("logs");
    const none = element("p", { className: "note" }, "No log has shown an entry yet.");
    // Without servers there is nothing to compare, and no end to the indices.
    const hasLogs = columns.length > 0 && run.servers > 0;
    keepingFocus(scroll, () => [hasLogs ? this.tableOfLogs(columns) : none]);
    if (this.isAtEnd) scroll.scrollLeft = FAR_RIGHT;
    keepingFocus(byId("log-notes"), () => [this.columnText(columns), this.foldButton()]);
  }

  tableOfLogs(columns) {
    const { run } = this.app;
    const table = element("table", { className: "logs", "aria-labelledby": "logs-title" },
      element("thead", {}, element("tr", {},
        element("td", {}), ...columns.map((column) => this.columnHead(column)))),
      element("tbody", {}, ...this.states.map((state, server) =>
        element("tr", { className: this.rowLook(state, server) },
          element("th", { scope: "row" }, run.name(server)),
          ...columns.map((column) => logCell(column, column.cells[server]))))));
    // Few columns have room for more of their commands.
    const width = Math.floor(LOGS_WIDTH / columns.length) - 2;
    table.style.setProperty("--cell",
      `${Math.max(NARROWEST_CELL, Math.min(WIDEST_CELL, width))}px`);
    return table;
  }

  columnHead(column) {
    const { first, last } = column;
    const isFold = first < last;
    const text = isFold ? `${first}…${last}` : String(first);
    const title = isFold ? `${counted(last - first + 1, "index")} that look alike: unfold`
      .replace("indexs", "indices") : `What stands at index ${first}`;
    const button = element("button", { title, "aria-label": `${text}: ${title}`,
      "aria-pressed": String(!isFold && first === this.column),
      onclick: () => this.pickColumn(column) }, text);
    button.dataset.key = `column-${last}`;
    return element("th", { scope: "col", className: isFold ? "fold" : "" }, button);
  }

  pickColumn({ first, last }) {
    if (first < last) this.unfolded.push([first, last]);
    else this.column = this.column === first ? NONE : first;
    this.update();
  }

  /* All of the entries at the chosen index, whose commands the table may cut short. */
  columnText(columns) {
    const column = columns.find(({ first, last }) =>
      first === last && first === this.column);
    if (!column) return null;
    const holders = new Map();
    column.cells.forEach((cell, server) => {
      const text = cell.what === CELL.entry ? entryText(cell.entry)
        : ["nothing", "in the snapshot", "unknown"][cell.what];
      holders.set(text, [...holders.get(text) ?? [], this.app.run.name(server)]);
    });
    const lines = [...holders].map(([text, names]) =>
      element("li", {}, element("code", {}, text), ` ${names.join(" ")}`));
    return element("ul", { className: "column-text", "aria-label": `Index ${column.first}` },
      ...lines);
  }

  foldButton() {
    if (this.unfolded.length === 0) return null;
    const button = element("button", { className: "small",
      onclick: () => { this.unfolded = []; this.update(); } }, "Fold what is alike");
    button.dataset.key = "fold";
    return button;
  }

  // Links and threads

  linksText(time) {
    const { run } = this.app;
    const sides = run.sides.find(({ start, end }) => start <= time && time < end);
    if (!sides) return "";
    const names = (programs) => programs.map((program) => run.name(program)).join(" ");
    const links = sides.links.map(([from, to]) => `${run.name(from)}→${run.name(to)}`);
    const groups = sides.groups.map(names).join(" | ");
    return [sides.groups.length > 1 ? `Reach one another: ${groups}` : "",
      links.length > 0 ? `Cut: ${links.join(", ")}` : ""].filter(Boolean).join(". ");
  }

  /* What threads wait for is read when somebody first wants to see it. */
  async showThreads() {
    if (!byId("threads").open) return;
    this.waits ??= readText("waits").then((data) => new Waits(data));
    const waits = await this.waits;
    const { run, state } = this.app;
    const programs = [...waits.of.keys()].sort((a, b) => a - b);
    const found = programs.map((program) => [run.name(program),
      waits.at(program, state.cursor.time)]);
    const idle = found.filter(([, threads]) => threads.length === 0).map(([name]) => name);
    const none = programs.length === 0 ? "not recorded"
      : idle.length > 0 ? `None waits: ${idle.join(" ")}` : "";
    byId("thread-list").replaceChildren(
      ...found.filter(([, threads]) => threads.length > 0)
        .flatMap(([name, threads]) => threadList(name, threads)),
      element("p", { className: "none" }, none));
  }
}

function threadList(name, threads) {
  const items = threads.map(({ thread, reason, line, since }) => element("li", {},
    element("code", {}, thread), ` waits for ${reason} since ${timeText(since)}`,
    line === "" ? "" : element("div", { className: "where" }, line)));
  return [element("h4", {}, name), element("ul", {}, ...items)];
}

function roleText(state) {
  if (!state.alive) return state.incarnation === null ? "not started" : "down";
  return state.role === null ? "?" : ROLE_NAMES[state.role];
}

/* The shape that a server has in its lane. */
function roleMark(state) {
  const shape = state.alive ? ROLE_SIGNS[state.role] ?? "unknown" : "down";
  const mark = element("span", { className: `role-mark ${shape}`,
    "aria-hidden": "true" });
  if (state.term !== null && state.alive) {
    mark.style.setProperty("--term", termColour(state.term));
  }
  return mark;
}

function termChip(term, text = String(term)) {
  const chip = element("span", { className: "term" }, text);
  chip.style.background = termColour(term);
  chip.style.color = termColour(term, "-ink");
  return chip;
}

function termColour(term, part = "") {
  return `var(--term-${Math.max(0, term - 1) % TERM_COLOURS}${part})`;
}

/* A cell of the table of logs. */
function logCell(column, cell) {
  const words = cellWords(cell);
  if (words === "") return element("td", {});
  return element("td", { title: words }, logBox(column, cell),
    element("span", { className: "unseen" }, words));
}

/* Term and command of a cell, and signs for what is to be seen in it. */
function logBox({ first, last }, cell) {
  const { what, differs, stands } = cell;
  const isFold = last > first;
  const look = [["absent", "snapshot", "unknown", "entry"][what],
    ["", "other", "missing", "more"][differs],
    ["open", "committed", "applied"][stands], isFold ? "fold" : ""];
  const sign = (DIFFERENCE_SIGNS[differs] ?? "")
    + (what === CELL.absent ? "" : STANDING_SIGNS[stands] ?? "");
  return element("span", { className: `cell-box ${look.filter(Boolean).join(" ")}`,
    "aria-hidden": "true" },
  ...(what === CELL.entry ? entryContents(cell, isFold) : [plainCell(what, first, last)]),
  element("span", { className: "sign" }, sign));
}

function plainCell(what, first, last) {
  const text = { [CELL.absent]: "", [CELL.unknown]: "?",
    [CELL.snapshot]: first === last ? "snap" : `${first}…${last}` }[what];
  return element("span", { className: "command" }, text);
}

function entryContents({ entry, last }, isFold) {
  const other = isFold && last !== null && last.term !== entry.term;
  const terms = other ? `${shownNumber(entry.term)}–${shownNumber(last.term)}`
    : shownNumber(entry.term);
  const chip = entry.term === null ? element("span", { className: "term" }, "?")
    : termChip(other && last.term !== null ? last.term : entry.term, terms);
  return [chip, element("span", { className: "command" },
    isFold ? "…" : entry.command ?? "?")];
}

function cellWords({ what, differs, stands, entry }) {
  if (what === CELL.absent) return differs === DIFFERS.no ? "" : "missing";
  const words = what === CELL.entry ? entryText(entry)
    : what === CELL.snapshot ? "in the snapshot" : "unknown";
  const difference = differs === DIFFERS.no ? "" : `, ${DIFFERENCE_WORDS[differs]}`;
  return `${words}, ${STANDING_WORDS[stands]}${difference}`;
}

function entryText({ term, command }) {
  return `T${shownNumber(term)} ${command ?? "?"}`;
}

/* Fills a place anew; what had the focus has it again, if it is still there. */
function keepingFocus(place, make) {
  const key = place.contains(document.activeElement)
    ? document.activeElement.dataset.key : undefined;
  place.replaceChildren(...make().filter((child) => child !== null));
  if (key === undefined) return;
  [...place.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key)
    ?.focus({ preventScroll: true });
}
