/*
 * The tables of operations and of annotations: the same facts as the timeline, for
 * reading in order, sorting, and screen readers.
 */

function operationTable(place, history, app) {
  const columns = [
    { title: "#", width: "70px", number: true, text: (i) => String(i), sort: (i) => i },
    { title: "Client", width: "80px", text: (i) => history.clientName(i) },
    { title: "Key", width: "90px", text: (i) => history.part(i).name },
    { title: "Operation", width: "minmax(200px, 1fr)", text: (i) => history.text(i) },
    { title: "Called", width: "130px", number: true,
      text: (i) => timeText(history.call[i]), sort: (i) => history.call[i] },
    { title: "Took", width: "130px", number: true,
      text: (i) => durationText(history.ret[i] - history.call[i]),
      sort: (i) => history.ret[i] - history.call[i] },
    { title: "Order", width: "90px", number: true, text: (i) => orderText(history, i),
      sort: (i) => history.part(i).path()?.place.get(i) ?? Infinity },
  ];
  const shownColumns = history.parts.some((part) => part.name !== "") ? columns
    : columns.filter((column) => column.title !== "Key");
  return new VirtualTable(place, {
    columns: shownColumns,
    label: "Operations",
    none: "No operations match.",
    look: (i) => app.state.selected?.operation === i ? "selected"
      : history.part(i).contradiction.has(i) ? "error" : "",
    onPick: (i) => app.select({ operation: i }),
  });
}

/* The operation's position in its key's linearization. */
function orderText(history, i) {
  const place = history.part(i).path()?.place.get(i);
  return place === undefined ? "–" : String(place + 1);
}

function annotationTable(place, history, app) {
  const notes = history.annotations;
  const length = (i) => (notes[i].end ?? notes[i].start) - notes[i].start;
  const columns = [
    { title: "From", width: "130px", number: true,
      text: (i) => timeText(notes[i].start), sort: (i) => notes[i].start },
    { title: "Took", width: "120px", number: true,
      text: (i) => notes[i].end === null ? "" : durationText(length(i)), sort: length },
    { title: "Row", width: "140px", text: (i) => notes[i].tag },
    { title: "Annotation", width: "minmax(160px, 1fr)", text: (i) => notes[i].text },
    { title: "Details", width: "minmax(160px, 1.4fr)", text: (i) => notes[i].details },
  ];
  const table = new VirtualTable(place, {
    columns,
    label: "Annotations",
    none: "This run has no annotations.",
    look: (i) => app.state.selected?.annotation === i ? "selected" : "",
    onPick: (i) => app.select({ annotation: i }),
  });
  table.setItems(notes.map((_, i) => i).sort((a, b) => notes[a].start - notes[b].start));
  return table;
}
