/*
 * Starts the page: reads the data, connects the controls, and draws.
 */

function main() {
  const history = new History(JSON.parse(byId("raftlab-data").textContent));
  const { run: index } = history.page;
  const app = new App(history, index ? new Run(index, readText) : null);
  showHeadline(history);
  fillKeys(history);
  connectControls(app);
  app.start();
  app.showView("timeline");
  window.raftlab = makeApi(app);
  if (app.run) app.readRun();
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

function connectControls(app) {
  for (const view of ["timeline", "operations", "annotations"]) {
    byId(`tab-${view}`).onclick = () => app.showView(view);
  }
  byId("tab-operations").hidden = app.history.count === 0;
  byId("tab-annotations").hidden = app.history.annotations.length === 0;
  byId("key").onchange = (event) => app.showKey(Number(event.target.value));
  byId("zoom-in").onclick = () => app.zoomMiddle(ZOOM_STEP);
  byId("zoom-out").onclick = () => app.zoomMiddle(1 / ZOOM_STEP);
  byId("fit").onclick = () => app.fit();
  byId("jump").onclick = () => app.jumpToError();
  byId("jump").hidden = app.history.errors().length === 0;
  const search = byId("search");
  byId("search-group").hidden = app.history.count === 0;
  search.oninput = () => app.search(search.value);
  search.onkeydown = (event) => { if (event.key === "Enter") app.nextMatch(); };
}

main();
