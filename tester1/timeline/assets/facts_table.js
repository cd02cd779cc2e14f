/*
 * The table of facts: the run in the order in which it happened, for reading, and for
 * screen readers. Facts of parts that are not loaded yet have a row with their place,
 * and are read when the row comes into sight.
 */

function factsTable(place, run, app) {
  const ofLoaded = (text) => (i) => (run.loaded(i) ? text(i) : "…");
  const columns = [
    { title: "#", width: "80px", number: true,
      text: ofLoaded((i) => String(run.number(i))) },
    { title: "Time", width: "120px", number: true,
      text: ofLoaded((i) => timeText(run.time(i))) },
    { title: "Server", width: "110px", text: ofLoaded((i) => run.name(run.program(i))) },
    { title: "Kind", width: "120px", text: ofLoaded((i) => run.kind(i)) },
    { title: "Fact", width: "minmax(260px, 1fr)", text: ofLoaded((i) => run.text(i)) },
  ];
  const breaks = new Set(run.pins.filter(({ kind }) => kind === "rule")
    .map(({ at }) => at));
  const table = new VirtualTable(place, {
    columns: columns.map((column) => ({ ...column, isFixed: true })),
    label: "Facts",
    none: "No facts match.",
    look: (i) => (app.state.selected?.fact === i ? "selected"
      : breaks.has(i) ? "error" : ""),
    onPick: (i) => app.page.goTo(i),
    note: "What threads wait for is not listed here: it stands below the logs, for the "
      + "cursor's instant.",
    onRows: (items) => {
      const missing = items.filter((i) => !run.loaded(i));
      if (missing.length === 0) return;
      const last = missing[missing.length - 1];
      run.need(missing[0], last).then(() => table.render());
    },
  });
  return table;
}
