/*
 * Where a linearization is drawn: one instant per operation, inside its interval,
 * in the order of the linearization.
 *
 * Many choices are right. This one is easy to read: each instant lies between the
 * earliest and the latest possible, and operations that compete for the same
 * stretch of time share it evenly.
 */

function instants(order, call, ret, end) {
  const latest = latestInstants(order, ret, end);
  const rivals = equalRunsAhead(latest);
  const at = new Float64Array(order.length);
  let previous = -Infinity;
  order.forEach((operation, i) => {
    const earliest = Math.max(previous, call[operation]);
    // A path that was cut short may hold an order that leaves no room; stay put.
    const room = Math.max(0, latest[i] - earliest);
    at[i] = earliest + room / (rivals[i] + 1);
    previous = at[i];
  });
  return at;
}

/* The last instant of each step that still lets all later steps happen in time. */
function latestInstants(order, ret, end) {
  const latest = new Float64Array(order.length);
  let limit = end;
  for (let i = order.length - 1; i >= 0; i--) {
    limit = Math.min(limit, ret[order[i]]);
    latest[i] = limit;
  }
  return latest;
}

/* How many steps from each one on have the same latest instant, itself included. */
function equalRunsAhead(latest) {
  const runs = new Int32Array(latest.length);
  for (let i = latest.length - 1; i >= 0; i--) {
    runs[i] = i + 1 < latest.length && latest[i + 1] === latest[i] ? runs[i + 1] + 1 : 1;
  }
  return runs;
}
