/*
 * A row: items sorted by time, with the window and point queries over them.
 */

class Row {
  constructor() {
    this.items = [];
    this.starts = [];
    this.ends = [];
    // The latest end so far: in an overfull row ends may go back, and a binary
    // search needs values that never decrease.
    this.reach = [];
    this.until = -Infinity;
    this.y = 0;
    this.height = 0;
  }

  add(item, start, end) {
    this.until = Math.max(this.until, end);
    this.items.push(item);
    this.starts.push(start);
    this.ends.push(end);
    this.reach.push(this.until);
  }

  /* Positions [from, to) of the items that touch the times first..last. */
  between(first, last) {
    return [lowerBound(this.reach, first), upperBound(this.starts, last)];
  }

  /* The item at a time, or the nearest one within `slack` of it, or NONE. */
  at(time, slack) {
    const [from, to] = this.between(time - slack, time + slack);
    let best = NONE;
    let bestDistance = Infinity;
    for (let at = from; at < to; at++) {
      const distance = Math.max(this.starts[at] - time, time - this.ends[at], 0);
      // Among several that contain the time, the one that began last lies on top.
      if (distance <= bestDistance) { best = this.items[at]; bestDistance = distance; }
    }
    return best;
  }
}

/* First position whose value is not below `value`. */
function lowerBound(sorted, value) {
  return firstWhere(sorted.length, (i) => sorted[i] >= value);
}

/* First position whose value is above `value`. */
function upperBound(sorted, value) {
  return firstWhere(sorted.length, (i) => sorted[i] > value);
}

function firstWhere(length, holds) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
