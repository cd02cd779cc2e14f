/*
 * The head of the page: verdict, facts, and for a history that is not linearizable
 * the reason, the minimal illegal sub-history and the partial linearizations.
 */

const MOST_IN_LINE = 12;

const VERDICTS = {
  ok: "Linearizable", illegal: "Not linearizable", unknown: "Undecided",
};

function showHeadline(history) {
  const { page } = history;
  const verdict = byId("verdict");
  verdict.hidden = page.verdict === "";
  verdict.textContent = VERDICTS[page.verdict] ?? "";
  verdict.className = `verdict ${page.verdict}`;
  byId("title").textContent = page.title;
  byId("facts").textContent = headlineFacts(history).join(" · ");
  const notes = page.run?.notes ?? [];
  byId("run-notes").textContent = notes.join(" ");
  byId("run-notes").hidden = notes.length === 0;
}

function headlineFacts(history) {
  const { page, span } = history;
  const list = [];
  if (page.run) {
    list.push(counted(page.run.count, "fact"), counted(page.run.servers, "server"));
  }
  if (history.count > 0) {
    list.push(counted(history.count, "operation"));
    list.push(counted(page.clients.length, "client"));
    if (history.parts.length > 1) list.push(counted(history.parts.length, "key"));
  }
  if (history.annotations.length > 0) {
    list.push(counted(history.annotations.length, "annotation"));
  }
  list.push(`${durationText(span.last - span.first)} long`);
  if (page.verdict !== "") list.push(`checked in ${durationText(page.elapsed * 1e9)}`);
  if (page.clock !== "") list.push(page.clock);
  return list;
}

/*
 * Fills the box: what was found in the run, and about one part. `actions` has link,
 * choose and search (app.js), and `page`, what surrounds a run, or null.
 */
function showFinding(history, part, actions) {
  const box = byId("finding");
  const pins = actions.page === null ? [] : pinContents(actions.page);
  const isWrong = part !== undefined && part.verdict !== "ok";
  box.hidden = pins.length === 0 && !isWrong;
  if (box.hidden) return;
  const isUndecided = pins.length === 0 && part.verdict !== "illegal";
  box.className = isUndecided ? "finding undecided" : "finding";
  keepingFocus(box, () => [...pins, ...(isWrong ? partContents(part, actions) : [])]);
}

function partContents(part, actions) {
  return [
    element("p", { className: "reason" }, ...reasonContents(part, actions)),
    part.core.size > 0 ? coreLine(part, actions) : null,
    part.pathCount > 0 ? pathLine(part, actions) : null,
  ];
}

// What was found in a run

const PIN_NAMES = { rule: "Rule broken", failure: "Test failed", hint: "Hint" };
const NEXT_NAMES = { rule: "a broken rule", failure: "the failure", hint: "hint" };

/* The finding that is pinned: which rule, how it is broken, and where to see it. */
function pinContents(page) {
  const { run } = page;
  const pin = run.pins[page.pin];
  if (!pin) return [];
  return [
    element("p", { className: "reason" },
      element("span", { className: `verdict ${pin.kind === "hint" ? "unknown" : "illegal"}` },
        PIN_NAMES[pin.kind] ?? pin.kind), " ",
      // A failure and a hint have no name of their own.
      pin.kind === "rule" ? element("strong", {}, `${pin.title}: `) : "", pinText(pin)),
    pinLine(page, pin),
  ];
}

/* How it is broken; reports begin that with the rule, which stands before it here. */
function pinText({ title, text }) {
  return text.startsWith(`${title}: `) ? text.slice(title.length + 2) : text;
}

function pinLine(page, pin) {
  const { run } = page;
  const go = (key, title, text, at, act = () => page.goTo(at)) =>
    pinButton(page, key, title, text, at, act);
  const shown = pin.proof.slice(0, MOST_IN_LINE);
  const more = pin.proof.length - shown.length;
  return element("div", { className: "more" },
    pin.promise === NONE ? ""
      : go("promise", "What said otherwise before (p)", "Promise", pin.promise,
        () => page.showPromise()),
    go("break", "Where it happened (b)", pin.kind === "rule" ? "Break" : "Show", pin.at,
      () => page.showBreak()),
    shown.length > 0 ? "Shown by" : "",
    ...shown.map((i) => go(`proof-${i}`, run.loaded(i) ? run.text(i) : "",
      run.loaded(i) ? `#${run.number(i)}` : "…", i)),
    more > 0 ? `and ${more} more` : "",
    run.pins.length > 1 ? nextPinButton(page) : "");
}

function pinButton(page, key, title, text, at, act) {
  const isThere = page.app.state.selected?.fact === at;
  // On paper only the numbers of facts say something.
  const className = key.startsWith("proof-") ? "operation" : "operation screen-only";
  const button = element("button", { className, title,
    "aria-pressed": String(isThere), onclick: act }, text);
  button.dataset.key = key;
  return button;
}

function nextPinButton(page) {
  const { pins } = page.run;
  const next = (page.pin + 1) % pins.length;
  const button = element("button", { className: "operation screen-only",
    title: `The next of ${pins.length} findings (f)`,
    onclick: () => page.showPin(next) }, `Next: ${NEXT_NAMES[pins[next].kind]}`);
  button.dataset.key = "next-pin";
  return button;
}

// What is wrong with a part of the history

function reasonContents(part, actions) {
  const key = part.name === "" ? "" : `Key ${part.name}: `;
  if (part.verdict === "unknown") {
    return [`${key}the checker ran out of time before it reached a verdict.`];
  }
  return [key, ...part.reason.map((fragment) =>
    typeof fragment === "number" ? actions.link(fragment, `#${fragment}`) : fragment)];
}

/* The minimal illegal sub-history: the contradiction, then the latest of the rest. */
function coreLine(part, actions) {
  const rest = [...part.core].filter((i) => !part.contradiction.has(i));
  const operations = [...part.contradiction, ...rest.sort((a, b) => b - a)];
  const listed = operations.slice(0, MOST_IN_LINE);
  const more = operations.length - listed.length;
  return element("div", { className: "more" },
    `Minimal illegal sub-history (${operations.length}):`,
    ...listed.map((i) => actions.link(i, `#${i}`)),
    more > 0 ? `and ${more} earlier` : "",
    element("button", { className: "operation screen-only",
      title: "Show only these operations",
      onclick: () => actions.search(CORE_QUERY) }, "show only these"));
}

function pathLine(part, actions) {
  const { chosen, pathCount } = part;
  const step = (by, title, sign) => element("button", {
    className: "operation screen-only", title, "aria-label": title, disabled: !(chosen + by in part.data),
    onclick: () => actions.choose(part, chosen + by) }, sign);
  const length = part.path().order.length;
  const omitted = part.omitted > 0 ? ` kept, ${part.omitted} shorter left out` : "";
  return element("div", { className: "more" },
    step(-1, "Longer partial linearization", "◀"),
    `Partial linearization ${chosen + 1} of ${pathCount}${omitted}: `
      + `${length} of ${counted(part.size, "operation")}`,
    step(1, "Next partial linearization", "▶"));
}
