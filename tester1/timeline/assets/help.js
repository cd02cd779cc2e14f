/*
 * The keys, and the dialog that lists them. What has no `act` here works on every page
 * (input.js).
 */

const HELP_ROW = { keys: ["?"], text: "this list", act: (page) => page.showHelp() };
const LOOK_ROWS = [
  { keys: ["Enter"], text: "zoom to the selection" },
  { keys: ["Esc"], text: "clear the selection" },
  { keys: ["/"], text: "search; Enter: next match, Shift+Enter: previous one" },
  HELP_ROW,
];

/*
 * What each key does: {keys, names, text, act}. A key of `keys` calls `act` with the
 * page and the key; `names` are shown in its stead.
 */
const RUN_KEYS = [
  { title: "The finding", rows: [
    { keys: ["f"], text: "what was found; again: the next finding",
      act: (page) => page.nextPin() },
    { keys: ["p"], text: "the promise: what said otherwise before",
      act: (page) => page.showPromise() },
    { keys: ["b"], text: "the break: the fact with which it broke",
      act: (page) => page.showBreak() },
  ] },
  { title: "Steps", rows: [
    { keys: ["ArrowRight", "ArrowLeft"], names: ["→", "←"],
      text: "next, previous fact of the chosen server",
      act: (page, key) => page.step("fact", key === "ArrowRight" ? 1 : -1) },
    { keys: ["ArrowDown", "ArrowUp"], names: ["↓", "↑"],
      text: "choose the next, previous server",
      act: (page, key) => page.chooseBeside(key === "ArrowDown" ? 1 : -1) },
    ...STEPS.filter(({ name }) => name !== "fact").map(({ name, title, on, back }) => (
      { keys: [on, back], text: `next, previous ${title}`,
        act: (page, key) => page.step(name, key === on ? 1 : -1) })),
    { keys: ["w"], text: "why: to the cause of the selected fact",
      act: (page) => page.showCause() },
    { keys: ["o"], text: "what came of it: to its first effect",
      act: (page) => page.showEffect() },
    { keys: ["Home", "End"], text: "start, end of the run",
      act: (page, key) => page.showEdge(key === "Home") },
  ] },
  { title: "Play and look", rows: [
    { keys: [" "], names: ["Space"], text: "play, pause", act: (page) => page.play.toggle() },
    { keys: [",", "."], text: "play slower, faster",
      act: (page, key) => page.play.change(key === "." ? 1 : -1) },
    { keys: ["+", "-", "0"], text: "zoom in, zoom out (around the cursor), show everything" },
    ...LOOK_ROWS,
  ] },
];

const KEYS_OF_OPERATIONS = { title: "Operations", rows: [
  { keys: ["←", "→", "↑", "↓"],
    text: "with an operation selected: neighbours in the lane, other lanes" },
  { keys: ["[", "]"], text: "previous, next in the linearization" },
  { keys: ["e"], text: "operations that cannot be explained" },
] };

/* On a page without a run. */
const ZOOM_ROW = { keys: ["+", "-", "0"], text: "zoom in, zoom out, show everything" };
const HISTORY_KEYS = [
  { title: "Operations", rows: [
    { keys: ["←", "→"], text: "previous, next operation of the client" },
    { keys: ["↑", "↓"], text: "operation of the client above, below" },
    { keys: ["p", "n"], text: "previous, next in the linearization; also [ and ]" },
    { keys: ["e"], text: "operations that cannot be explained" },
  ] },
  { title: "Look", rows: [ZOOM_ROW, ...LOOK_ROWS] },
];
const KEYS_OF_ANNOTATIONS = [{ title: "Look", rows: [ZOOM_ROW,
  ...LOOK_ROWS.filter(({ keys }) => ["Esc", "?"].includes(keys[0]))] }];

const WORD_HELP = ["word, \"two words\"", "in the text or the details; all words must fit"];
const RUN_SEARCH = [
  WORD_HELP,
  ["term:5  term:5..7", "the term that a fact shows"],
  ["kind:vote", "kind of message, fact or operation; what one steps to; topic"],
  ["server:2", "what happened at a server"],
  ["from:1  to:3", "ends of a message"],
  ["is:lost  is:finding", "lost messages; what shows the finding"],
  ["#123", "a fact, or an operation, by number"],
  ["t:1.2..1.5", "a stretch of time, in seconds"],
  ["client:3  key:x  is:core", "operations"],
];
const HISTORY_SEARCH = [
  WORD_HELP,
  ["client:3  key:x", "operations of a client, of a key"],
  ["is:core", "the fewest operations that cannot be explained"],
  ["#12", "an operation by number"],
];

/* What sections of keys do, by key. */
function actionsByKey(sections) {
  const actions = new Map();
  for (const { rows } of sections) {
    for (const { keys, act } of rows) if (act) for (const key of keys) actions.set(key, act);
  }
  return actions;
}

/* What the help of a page of a run lists: {keys, click, search, signs}. */
function helpOfRun(history) {
  return { keys: history.count > 0 ? [...RUN_KEYS, KEYS_OF_OPERATIONS] : RUN_KEYS,
    click: "select; on an empty place: put the cursor there", search: RUN_SEARCH,
    signs: signs() };
}

/* The same of a page without a run, which may have no operations either. */
function helpOfHistory(history) {
  const hasOperations = history.count > 0;
  return { keys: hasOperations ? HISTORY_KEYS : KEYS_OF_ANNOTATIONS,
    click: "select; on an empty place: clear the selection",
    search: hasOperations ? HISTORY_SEARCH : [],
    signs: hasOperations ? colourLegend(history) : null };
}

/* Fills the help dialog. */
function fillHelp(place, { keys, click, search, signs: listed }) {
  const section = (title, contents) => element("section", {}, element("h3", {}, title),
    contents);
  place.replaceChildren(
    ...keys.map(({ title, rows }) => section(title, definitions(
      rows.map(({ keys: own, names, text }) =>
        [(names ?? own).map((key) => element("kbd", {}, key)), text])))),
    section("Mouse and touch", definitions([
      [["click"], click],
      [["drag"], "move"],
      [["wheel"], "zoom; with Shift: move in time"],
    ])),
    ...search.length === 0 ? [] : [section("Search", definitions(search.map(
      ([words, text]) => [[element("code", {}, words)], text])))],
    ...listed === null ? [] : [section("Signs", listed)]);
}

function definitions(rows) {
  return element("dl", { className: "keys-list" }, ...rows.flatMap(([terms, text]) =>
    [element("dt", {}, ...terms), element("dd", {}, text)]));
}

/* What the signs of the cursor's panel mean. */
function signs() {
  const role = (role, alive = true) => roleMark({ alive, role, term: 1 });
  const entry = { index: 12, term: 5, command: "x" };
  const box = (differs, stands) => logBox({ first: 12, last: 12 },
    { what: CELL.entry, differs, stands, entry, last: entry });
  return definitions([
    [[role(ROLES.follower), role(ROLES.candidate), role(ROLES.leader)],
      "follower, candidate, leader, in the colour of the term"],
    [[box(DIFFERS.no, STANDS.applied)], "applied (✓)"],
    [[box(DIFFERS.no, STANDS.committed)], "committed (·)"],
    [[box(DIFFERS.no, STANDS.open)], "neither of them, as far as it shows"],
    [[box(DIFFERS.other, STANDS.open)],
      "≠ another entry than the leader's, + one that the leader has not, − missing"],
    [["?"], "no fact has shown it"],
  ]);
}
