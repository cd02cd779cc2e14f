/*
 * The filters: which kinds of messages, which topics and which servers are shown, and
 * whether only what the finding is about. A message counts by its kind, with all its
 * facts, and everything else by its topic.
 */

class Filters {
  /* `onChange` is called when another choice was made. */
  constructor(run, onChange) {
    this.run = run;
    this.onChange = onChange;
    this.kinds = new Set([...CALL_KINDS.keys(), ...run.topics]);
    this.servers = new Set(Array.from({ length: run.servers }, (_, i) => i));
    this.onlyFinding = false;
    this.finding = findingFacts(run);
    this.counts = new Map();
    this.countedParts = 0;
    this.outputs = new Map();
    this.boxes = [];
    for (const part of run.parts) if (run.loaded(part.first)) this.countPart(part);
    run.onLoad((part) => { this.countPart(part); this.showCounts(); });
  }

  get isOpen() {
    const { kinds, servers, onlyFinding, run } = this;
    return !onlyFinding && servers.size === run.servers
      && kinds.size === CALL_KINDS.length + run.topics.length;
  }

  /* The test that facts have to pass, null if all do. */
  test() {
    return this.isOpen ? null : (i) => this.accepts(i);
  }

  accepts(i) {
    const { run } = this;
    const program = run.program(i);
    if (run.isServer(program) && !this.servers.has(program)) return false;
    if (this.onlyFinding && !this.isOfFinding(i)) return false;
    return this.kinds.has(this.kindOf(i));
  }

  /* A call belongs to the finding with all its stations. */
  isOfFinding(i) {
    const call = this.run.callOf(i);
    return this.finding.has(i) || (call !== null
      && [call.sent, call.handed, call.answered, call.ended]
        .some((station) => this.finding.has(station)));
  }

  kindOf(i) { return this.run.callOf(i)?.kind ?? this.run.topic(i); }

  countPart({ first, count }) {
    for (let i = first; i < first + count; i++) {
      const kind = this.kindOf(i);
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    }
    this.countedParts += 1;
  }

  // The controls

  fill(place) {
    const { run } = this;
    this.note = element("p", { className: "note" });
    const reset = element("button", { className: "small", onclick: () => this.reset() },
      "Show everything");
    place.replaceChildren(
      this.group("Messages", CALL_KINDS.map((name, kind) =>
        this.box(this.kinds, kind, name, true))),
      this.group("Other facts", run.topics.map((topic) =>
        this.box(this.kinds, topic, topic, true))),
      this.group("Servers", [...this.servers].map((server) =>
        this.box(this.servers, server, run.name(server), false))),
      ...(run.pins.length === 0 ? []
        : [this.group("Finding", [this.findingBox()])]),
      this.note, reset);
    this.showCounts();
  }

  group(title, boxes) {
    return element("fieldset", {}, element("legend", {}, title), ...boxes);
  }

  box(chosen, value, title, hasCount) {
    const output = element("span", { className: "count" });
    if (hasCount) this.outputs.set(value, output);
    const input = element("input", { type: "checkbox", checked: true,
      onchange: () => {
        if (input.checked) chosen.add(value);
        else chosen.delete(value);
        this.onChange();
      } });
    this.boxes.push(input);
    return element("label", {}, input, element("span", {}, title), output);
  }

  findingBox() {
    this.findingInput = element("input", { type: "checkbox",
      onchange: () => {
        this.onlyFinding = this.findingInput.checked;
        this.onChange();
      } });
    return element("label", {}, this.findingInput, element("span", {}, "only what shows it"),
      element("span", { className: "count" }, this.finding.size.toLocaleString("en")));
  }

  showCounts() {
    if (!this.note) return;
    for (const [kind, output] of this.outputs) {
      output.textContent = (this.counts.get(kind) ?? 0).toLocaleString("en");
    }
    const { length } = this.run.parts;
    this.note.textContent = this.countedParts === length ? ""
      : `Counted so far: ${this.countedParts} of ${length} parts.`;
  }

  reset() {
    this.kinds = new Set([...CALL_KINDS.keys(), ...this.run.topics]);
    this.servers = new Set(Array.from({ length: this.run.servers }, (_, i) => i));
    this.onlyFinding = false;
    this.fill(this.note.parentElement);
    this.onChange();
  }
}
