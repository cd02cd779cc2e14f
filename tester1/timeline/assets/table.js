/*
 * A table of any length: only the rows in sight are in the document. Columns are
 * {title, width, text(item), sort(item)?, number?, isFixed?}; a click on a title sorts,
 * unless it is fixed. `onRows` is told which items come into sight; `note` stands above
 * the table.
 */

const TABLE_ROW = 26;
const ROWS_BEYOND = 8;

class VirtualTable {
  constructor(place, { columns, label, look, onPick, none, note = "",
    onRows = () => {} }) {
    Object.assign(this, { columns, look, onPick, onRows });
    this.items = [];
    this.order = { column: null, down: false };
    this.focused = 0;
    this.extent = element("div", { className: "extent", role: "rowgroup" });
    this.scroll = element("div", { className: "scroll", role: "presentation",
      onscroll: () => this.render() }, this.extent);
    this.none = element("p", { className: "none", hidden: true }, none);
    const about = { className: "table", role: "table", "aria-label": label };
    this.table = element("div", about, this.head(), this.none, this.scroll);
    this.table.addEventListener("keydown", (event) => this.onKey(event));
    place.replaceChildren(
      ...note === "" ? [] : [element("p", { className: "table-note" }, note)], this.table);
    // A style sheet may have other columns for a narrow page.
    this.table.style.setProperty("--columns",
      columns.map((column) => column.width).join(" "));
  }

  head() {
    const head = element("div", { className: "head", role: "row" });
    this.titles = this.columns.map((column) => {
      const title = column.isFixed ? element("span", {}, column.title)
        : element("button", { onclick: () => this.sortBy(column) }, column.title);
      // A button cannot be the head of a column, but be in one.
      head.append(element("div", { role: "columnheader",
        className: column.number ? "number" : "" }, title));
      return title;
    });
    return head;
  }

  setItems(items) {
    this.items = [...items];
    this.focused = 0;
    this.none.hidden = items.length > 0;
    this.table.setAttribute("aria-rowcount", String(items.length + 1));
    this.extent.style.height = `${items.length * TABLE_ROW}px`;
    this.sort();
  }

  sortBy(column) {
    const down = this.order.column === column && !this.order.down;
    this.order = { column, down };
    const [arrow, direction] = down ? [" ↓", "descending"] : [" ↑", "ascending"];
    this.titles.forEach((title, i) => {
      const sorted = this.columns[i] === column;
      title.textContent = this.columns[i].title + (sorted ? arrow : "");
      title.parentElement.setAttribute("aria-sort", sorted ? direction : "none");
    });
    this.sort();
  }

  sort() {
    const { column, down } = this.order;
    if (column) {
      const value = column.sort ?? column.text;
      const sign = down ? -1 : 1;
      this.items.sort((a, b) => sign * compared(value(a), value(b)) || a - b);
    }
    this.render();
  }

  render() {
    const top = Math.floor(this.scroll.scrollTop / TABLE_ROW);
    const count = Math.ceil(this.scroll.clientHeight / TABLE_ROW);
    const from = Math.max(0, top - ROWS_BEYOND);
    const to = Math.min(this.items.length, top + count + ROWS_BEYOND);
    const items = this.items.slice(from, to);
    // The row that Tab leads to is in sight, even if another had the focus last.
    this.entrance = Math.max(top, Math.min(this.focused, Math.min(to, top + count) - 1));
    const hadFocus = this.extent.contains(document.activeElement);
    this.extent.replaceChildren(...items.map((item, i) => this.row(item, from + i)));
    if (hadFocus) this.rowAt(this.focused)?.focus({ preventScroll: true });
    if (count > 0) this.onRows(items);
  }

  row(item, at) {
    const row = element("div", { className: `row ${this.look(item)}`, role: "row",
      tabIndex: at === this.entrance ? 0 : -1, "aria-rowindex": String(at + 2),
      onfocus: () => { this.focused = at; },
      onclick: () => { this.focused = at; this.onPick(item); } },
    ...this.columns.map((column) => element("span", { role: "cell",
      className: column.number ? "cell number" : "cell" }, column.text(item))));
    row.style.top = `${at * TABLE_ROW}px`;
    row.dataset.item = String(item);
    return row;
  }

  rowAt(at) {
    return this.extent.querySelector(`[aria-rowindex="${at + 2}"]`);
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / TABLE_ROW) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page,
      Home: -Infinity, End: Infinity };
    if (!this.extent.contains(event.target)) return;
    if (event.key === "Enter") this.onPick(this.items[this.focused]);
    else if (event.key in steps) this.focusRow(this.focused + steps[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focusRow(at) {
    this.focused = Math.max(0, Math.min(this.items.length - 1, at));
    this.bringIntoSight(this.focused);
    this.render();
    this.rowAt(this.focused)?.focus({ preventScroll: true });
  }

  /* Scrolls to an item, if the table lists it. */
  reveal(item) {
    const at = this.items.indexOf(item);
    if (at < 0) return;
    this.focused = at;
    this.bringIntoSight(at);
    this.render();
  }

  /* Scrolls to the first item that is not before one of a table in its first order. */
  revealFrom(item) {
    const { items } = this;
    const at = Math.min(items.length - 1, lowerBound(items, item));
    if (at < 0) return;
    this.focused = at;
    this.scroll.scrollTop = (at + 0.5) * TABLE_ROW - this.scroll.clientHeight / 2;
    this.render();
  }

  bringIntoSight(at) {
    const top = at * TABLE_ROW;
    const { scrollTop, clientHeight } = this.scroll;
    if (top < scrollTop) this.scroll.scrollTop = top;
    else if (top + TABLE_ROW > scrollTop + clientHeight) {
      this.scroll.scrollTop = top + TABLE_ROW - clientHeight;
    }
  }
}

function compared(a, b) {
  if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
