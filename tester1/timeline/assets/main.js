/*
 * Starts the page: reads the data, connects the controls, and draws.
 */

const TOO_OLD = "This browser cannot read the facts of the run: Chrome 103, Firefox 113, "
  + "Safari 16.4 and later ones can.";

function main() {
  const history = new History(JSON.parse(byId("raftlab-data").textContent));
  const { run: index } = history.page;
  const canRead = "DecompressionStream" in window;
  if (index && !canRead) index.notes.push(TOO_OLD);
  const app = new App(history, index && canRead ? new Run(index, readText) : null);
  showHeadline(history);
  fillKeys(history);
  if (app.run) prepareForRun();
  connectControls(app);
  app.start();
  app.showView("timeline");
  window.raftlab = makeApi(app);
  if (app.run) app.readRun();
  else app.openHistory();
}

/* The choice of keys, those that are not linearizable first. */
function fillKeys(history) {
  const ranks = { illegal: 0, unknown: 1, ok: 2 };
  const rank = (i) => ranks[history.parts[i].verdict];
  const numbers = history.parts.map((_, i) => i)
    .sort((a, b) => rank(a) - rank(b) || a - b);
  const option = (value, text) => element("option", { value: String(value) }, text);
  byId("key").replaceChildren(option(NONE, `All (${history.parts.length})`),
    ...numbers.map((i) => option(i, keyTitle(history.parts[i]))));
  byId("key-group").hidden = history.parts.length < 2;
}

function keyTitle(part) {
  const title = `${part.name} (${part.size})`;
  return part.verdict === "ok" ? title
    : `${title} – ${VERDICTS[part.verdict].toLowerCase()}`;
}

/* Shows what only pages with a run have. */
function prepareForRun() {
  document.body.classList.add("of-run-page");
  for (const one of document.querySelectorAll(".of-run, #tab-facts")) one.hidden = false;
  byId("side").setAttribute("aria-label", "The instant at the cursor, and details");
  byId("canvas").setAttribute("aria-label",
    "Timeline of servers, messages, operations and annotations");
  byId("keys").textContent = "Arrow keys step through the facts of the chosen server and "
    + "choose another, f shows what was found, question mark lists all keys.";
  const search = byId("search");
  search.placeholder = "term:5 kind:vote server:2";
  search.setAttribute("aria-label",
    "Search facts and operations; Enter goes to the next match, Shift+Enter back");
}

function connectControls(app) {
  for (const view of Object.keys(VIEWS)) {
    byId(`tab-${view}`).onclick = () => app.showView(view);
  }
  byId("tab-operations").hidden = app.history.count === 0;
  byId("tab-annotations").hidden = app.history.annotations.length === 0;
  byId("key").onchange = (event) => app.showKey(Number(event.target.value));
  byId("zoom-in").onclick = () => app.zoomCursor(ZOOM_STEP);
  byId("zoom-out").onclick = () => app.zoomCursor(1 / ZOOM_STEP);
  byId("fit").onclick = () => app.fit();
  byId("jump").onclick = () => app.jumpToError();
  byId("jump").hidden = app.history.errors().length === 0;
  const search = byId("search");
  byId("search-group").hidden = app.history.count === 0 && app.run === null;
  search.oninput = () => app.search(search.value);
  search.onkeydown = (event) => {
    if (event.key === "Enter") app.stepMatch(event.shiftKey ? -1 : 1);
  };
  byId("export-svg").onclick = () => app.exportSvg();
}

main();
