/*
 * The stretch of time in sight, and its scale in pixels.
 */

const SHORTEST_NS = 200;
const MARGIN = 0.015;

class TimeWindow {
  constructor(span) {
    const margin = (span.last - span.first) * MARGIN;
    this.whole = { first: span.first - margin, last: span.last + margin };
    this.first = this.whole.first;
    this.last = this.whole.last;
    this.left = 0;
    this.width = 1;
  }

  get length() { return this.last - this.first; }
  get perPixel() { return this.length / this.width; }

  /* Where on the canvas the window is: from x = left, `width` pixels. */
  place(left, width) {
    this.left = left;
    this.width = Math.max(1, width);
  }

  x(time) { return this.left + (time - this.first) / this.perPixel; }
  time(x) { return this.first + (x - this.left) * this.perPixel; }

  fit() {
    this.first = this.whole.first;
    this.last = this.whole.last;
  }

  /* Shows first..last, within what there is. */
  show(first, last) {
    const whole = this.whole.last - this.whole.first;
    const length = Math.min(whole, Math.max(SHORTEST_NS, last - first));
    const middle = (first + last) / 2;
    this.first = Math.min(Math.max(middle - length / 2, this.whole.first),
      this.whole.last - length);
    this.last = this.first + length;
  }

  /* Zooms by a factor (above 1: closer) around the time at x. */
  zoom(factor, x) {
    const anchor = this.time(x);
    const length = this.length / factor;
    const before = (x - this.left) / this.width;
    this.show(anchor - length * before, anchor + length * (1 - before));
  }

  pan(pixels) {
    const shift = pixels * this.perPixel;
    this.show(this.first + shift, this.last + shift);
  }

  /* Moves, and widens if need be, to have first..last in sight, if it is not. */
  reveal(first, last) {
    const inSight = first >= this.first
      && Math.min(last, first + this.length) <= this.last;
    if (inSight) return;
    const length = Math.max(this.length, (last - first) * 1.2);
    const middle = (first + last) / 2;
    this.show(middle - length / 2, middle + length / 2);
  }

  /* Round times in sight, about one per 110 pixels, with the step between them. */
  ticks() {
    const step = roundStep(this.length * 110 / this.width);
    const times = [];
    for (let n = Math.ceil(this.first / step); n * step <= this.last; n++) {
      times.push(n * step);
    }
    return { step, times };
  }
}

/* The smallest of 1, 2, 5, 10, … that is not below `least`. */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}
