/*
 * The panel on the right: everything about the selected operation or annotation, or,
 * with nothing selected, how to read the picture.
 */

const MOST_LISTED = 30;

class Details {
  constructor(panel, history, actions, run = null) {
    Object.assign(this, { panel, history, actions, run });
  }

  show(selected) {
    if (selected === null) {
      this.fill(this.run === null ? historyHints(this.history) : runHints(this.history));
    } else if (selected.fact !== undefined) {
      this.fill(factContents(this.run, selected.fact, this.actions));
    } else if (selected.operation === undefined) {
      this.fill(this.ofAnnotation(selected.annotation));
    } else this.fill(this.ofOperation(selected.operation));
    this.panel.scrollTop = 0;
  }

  fill(children) { this.panel.replaceChildren(...children.filter(Boolean)); }

  ofOperation(i) {
    const { history } = this;
    const part = history.part(i);
    return [
      this.heading(`#${i} ${history.text(i)}`, "mono"),
      this.accusation(i, part),
      facts(this.operationFacts(i)),
      this.operationButtons(i, part),
      ...this.pathContents(i, part),
    ];
  }

  /* What an operation has to do with the history not being linearizable. */
  accusation(i, part) {
    if (!part.core.has(i)) return null;
    const text = part.contradiction.has(i)
      ? "One of the operations that contradict one another: had any one of them "
        + "never returned, the others could be explained."
      : "The contradiction builds on this operation: both are part of the minimal "
        + "illegal sub-history.";
    return element("p", { className: "note bad" }, text);
  }

  operationFacts(i) {
    const { history } = this;
    const { call, ret } = history;
    const rows = [
      ["Client", history.clientName(i)],
      ["Key", history.part(i).name],
      ["Input", history.input(i)],
      ["Output", history.output(i)],
      ["Called", timeText(call[i])],
      ["Returned", Number.isFinite(ret[i]) ? timeText(ret[i]) : "never"],
      ["Took", durationText(ret[i] - call[i])],
    ];
    return rows.filter(([name, value]) => name !== "Key" || value !== "");
  }

  operationButtons(i, part) {
    const path = part.path();
    const place = path?.place.get(i);
    const step = (by) => place === undefined ? undefined : path.order[place + by];
    return element("div", { className: "actions" },
      this.goButton("Previous in order", step(-1)),
      this.goButton("Next in order", step(1)),
      element("button", { onclick: () => this.actions.zoomTo(i) }, "Zoom to it"));
  }

  goButton(title, operation) {
    return element("button", { disabled: operation === undefined,
      onclick: () => this.actions.select(operation) }, title);
  }

  /* Where the operation stands in the linearization, and what is missing from it. */
  pathContents(i, part) {
    const path = part.path();
    if (!path) {
      return [element("p", { className: "note" },
        "No linearization was worked out for this key.")];
    }
    const place = path.place.get(i);
    const whole = part.verdict === "ok";
    const contents = [element("h3", {}, whole ? "Linearization"
      : "Longest partial linearization")];
    if (place === undefined) {
      contents.push(element("p", { className: "note bad" }, part.pathOf(i) === NONE
        ? "No partial linearization that was found includes this operation."
        : "The partial linearization on show does not include this operation."));
    } else contents.push(this.stateFacts(path, place, part));
    return whole ? contents : [...contents, ...this.leftOut(path, part)];
  }

  stateFacts(path, place, part) {
    const before = place > 0 ? path.states[place - 1] : part.initial;
    return facts([
      ["Position", `${place + 1} of ${path.order.length}`],
      ["State before", this.history.string(before)],
      ["State after", this.history.string(path.states[place])],
    ]);
  }

  /* The operations that the partial linearization could not take in. */
  leftOut(path, part) {
    const number = this.history.parts.indexOf(part);
    const missing = [];
    for (let i = 0; i < this.history.count; i++) {
      if (this.history.columns.part[i] === number && !path.place.has(i)) missing.push(i);
    }
    const listed = missing.slice(0, MOST_LISTED);
    const more = missing.length - listed.length;
    return [
      element("h3", {}, `Left out of it (${missing.length})`),
      element("ul", { className: "operation-list" },
        ...listed.map((i) => element("li", {}, this.actions.link(i)))),
      more > 0 ? element("p", { className: "note" }, `and ${more} more`) : null,
    ];
  }

  ofAnnotation(i) {
    const note = this.history.annotations[i];
    const rows = [["Row", note.tag], ["Details", note.details]];
    if (note.end === null) rows.push(["At", timeText(note.start)]);
    else {
      rows.push(["From", timeText(note.start)], ["To", timeText(note.end)],
        ["Took", durationText(note.end - note.start)]);
    }
    return [this.heading(note.text, ""), facts(rows.filter(([, value]) => value !== ""))];
  }

  heading(text, className) {
    return element("div", { className: "heading" },
      element("h2", { className }, text),
      element("button", { title: "Close (Escape)", "aria-label": "Close",
        onclick: () => this.actions.clear() }, "×"));
  }
}

function facts(rows) {
  return element("dl", { className: "facts-list" },
    ...rows.flatMap(([name, value]) =>
      [element("dt", {}, name), element("dd", {}, value)]));
}

/* The hints of a page with a run, whose keys are in a dialog of their own (help.js). */
function runHints(history) {
  const operations = history.count > 0 ? "an operation, " : "";
  return [
    element("h2", { className: "screen-only" }, "Nothing selected"),
    element("p", { className: "note screen-only" },
      `Click a message, a fact, ${operations}or an annotation for all that is known of it. `,
      element("kbd", {}, "?"), " lists keys and signs."),
    history.count > 0 ? element("h3", {}, "Colours of operations") : null,
    history.count > 0 ? colourLegend(history) : null,
  ];
}

/* The hints of a page without a run. */
function historyHints(history) {
  const title = history.count > 0 ? "Click an operation or annotation"
    : "Click an annotation";
  const bars = history.count > 0 ? "Each bar runs from a call to its return. " : "";
  return [
    element("h2", { className: "screen-only" }, title),
    element("p", { className: "note screen-only" },
      `${bars}Hover for a summary, click for everything that is known. `,
      element("kbd", {}, "?"), " lists keys and signs."),
    history.count > 0 ? element("h3", {}, "Colours") : null,
    history.count > 0 ? colourLegend(history) : null,
  ];
}

function colourLegend(history) {
  const legend = element("div", { className: "legend" });
  history.kinds.names.slice(0, KIND_COLOURS).forEach((name, kind) => {
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = `var(--kind-${kind})`;
    swatch.style.borderColor = `var(--kind-${kind}-edge)`;
    legend.append(swatch, element("span", {}, name || "operation"));
  });
  const explain = (className, text) => legend.append(
    element("span", { className: `swatch ${className}` }), element("span", {}, text));
  if (history.count > 0) explain("path", "where it takes effect in the linearization");
  if (history.parts.some((part) => part.verdict !== "ok")) {
    explain("left-out", "not in the partial linearization on show");
  }
  if (history.errors().length > 0) {
    explain("contradiction", "contradict one another");
    explain("core", "what the contradiction builds on");
  }
  return legend;
}
