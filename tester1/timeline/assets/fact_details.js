/*
 * The selected fact: all that is known of it, the call that it is a part of, and why
 * it happened: the chain of causes behind it and the effects it had.
 */

const MOST_CAUSES = 12;
const MOST_EFFECTS = 12;
const STATIONS = [["sent", "sent"], ["handed", "handed over"], ["answered", "answered"],
  ["ended", "delivered"]];

/* The contents of the details panel for a fact; `actions` has go, cause and effect. */
function factContents(run, i, actions) {
  return [
    ...factHead(run, i, actions),
    ...callContents(run, i, actions),
    ...whyContents(run, i, actions),
  ];
}

function factHead(run, i, actions) {
  const program = run.program(i);
  const meta = [`#${run.number(i)}`, run.kind(i), timeText(run.time(i)),
    program === NONE ? "" : run.name(program),
    program === NONE ? "" : `incarnation ${run.incarnation(i)}`,
    run.term(i) === NONE ? "" : `term ${run.term(i)}`];
  const details = run.details(i);
  return [
    element("div", { className: "heading" },
      element("h2", { className: "mono", tabIndex: -1 }, run.text(i)),
      element("button", { title: "Close (Escape)", "aria-label": "Close",
        onclick: () => actions.clear() }, "×")),
    element("p", { className: "note meta" }, meta.filter(Boolean).join(" · ")),
    details === "" ? null : element("pre", { className: "fact-text", tabIndex: 0,
      role: "region", "aria-label": "All that is known of it" }, details),
  ];
}

// The call

function callContents(run, i, actions) {
  const call = run.callOf(i);
  if (call === null) return [];
  const rows = STATIONS.filter(([station]) => call[station] !== NONE)
    .map(([station, name]) => stationRow(run, i, call, station,
      station === "ended" && call.lost !== "" ? "lost" : name, actions));
  const ends = `${run.name(call.source)} to ${run.name(call.target)}`;
  return [
    element("h3", {}, `${CALL_KINDS[call.kind]}: ${ends}`),
    element("p", { className: call.lost === "" ? "note" : "note bad" },
      [call.method, outcomeText(call)].filter(Boolean).join(" · ")),
    element("ol", { className: "fact-list" }, ...rows),
  ];
}

function outcomeText({ lost, ended, granted }) {
  if (lost !== "") return `Lost: ${lost}`;
  if (ended === NONE) return "Not ended when the run did";
  return granted === NONE ? "" : `Answered with ${granted === 1 ? "yes" : "no"}`;
}

function stationRow(run, i, call, station, name, actions) {
  const at = call[station];
  const later = station === "sent" ? timeText(call.sentAt)
    : `+${durationText(call[`${station}At`] - call.sentAt)}`;
  return element("li", { className: at === i ? "current" : "" },
    factLink(run, at, actions, name), ` ${later} `,
    run.loaded(at) && run.details(at) !== "" && at !== i
      ? element("code", {}, contentsLine(run.details(at))) : "");
}

/* What a message holds, in a line. */
function contentsLine(details) {
  return details.split("\n").filter((line) => line.startsWith("  "))
    .map((line) => line.trim()).join(", ");
}

// Why

function whyContents(run, i, actions) {
  const cause = run.cause(i);
  const effects = run.effects(i);
  const effect = effects[0] ?? NONE;
  const step = (title, at, act) => element("button", { disabled: at === NONE,
    onclick: act }, title);
  const causeName = run.isLikely(i) ? "Likely cause" : "Cause";
  const effectName = effect !== NONE && run.isLikely(effect) ? "Likely effect" : "Effect";
  return [
    element("h3", {}, "Why"),
    element("div", { className: "actions" },
      step(`◀ ${causeName} (w)`, cause, () => actions.cause()),
      step(`${effectName} (o) ▶`, effect, () => actions.effect())),
    ...causeList(run, i, actions),
    ...effectList(run, effects, actions),
  ];
}

/* The chain of causes, the nearest first, as far as their parts are loaded. */
function causeList(run, i, actions) {
  const chain = [];
  let [from, at] = [i, run.cause(i)];
  while (at !== NONE && chain.length < MOST_CAUSES) {
    chain.push({ fact: at, how: run.isLikely(from) ? "likely cause:" : "because of" });
    [from, at] = [at, run.loaded(at) ? run.cause(at) : NONE];
  }
  if (chain.length === 0) {
    return [element("p", { className: "note" }, "No cause is known.")];
  }
  return [
    element("ol", { className: "fact-list", "aria-label": "Causes, the nearest first" },
      ...chain.map(({ fact, how }) => factRow(run, fact, how, actions))),
    at === NONE ? null : element("p", { className: "note" }, "and what led to that"),
  ];
}

function effectList(run, effects, actions) {
  const shown = effects.slice(0, MOST_EFFECTS);
  const more = effects.length - shown.length;
  return [
    shown.length === 0 ? null : element("ul",
      { className: "fact-list", "aria-label": "Effects" },
      ...shown.map((fact) => factRow(run, fact,
        run.isLikely(fact) ? "likely led to" : "led to", actions))),
    more > 0 ? element("p", { className: "note" }, `and ${counted(more, "more effect")}`)
      : null,
  ];
}

function factRow(run, fact, how, actions) {
  if (!run.loaded(fact)) {
    return element("li", {}, element("span", { className: "how" }, how), " ",
      factLink(run, fact, actions, "a fact that is not loaded yet"));
  }
  const program = run.program(fact);
  return element("li", {}, element("span", { className: "how" }, how), " ",
    factLink(run, fact, actions), ` ${timeText(run.time(fact))} `,
    program === NONE ? "" : `${run.name(program)} `, element("code", {}, run.text(fact)));
}

/* A button that leads to a fact. */
function factLink(run, fact, actions, name = "") {
  const number = run.loaded(fact) ? `#${run.number(fact)}` : "";
  return element("button", { className: "operation", onclick: () => actions.go(fact) },
    [name, number].filter(Boolean).join(" "));
}
