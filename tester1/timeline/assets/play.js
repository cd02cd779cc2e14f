/*
 * Play: the cursor moves through the run by itself, so many seconds of the run in a
 * second.
 */

const SPEEDS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];
/* How many seconds of a watch it takes to play what is in sight, if nobody chooses. */
const WINDOW_SECONDS = 6;

class Play {
  /*
   * `actions` has time(), start, end, move(time), changed() for when it starts, stops or
   * takes another speed, and stopped().
   */
  constructor(actions) {
    this.actions = actions;
    this.speed = 1;
    this.isChosen = false;
    this.isOn = false;
    this.before = 0;
  }

  toggle() {
    const { actions } = this;
    this.isOn = !this.isOn;
    this.before = performance.now();
    if (this.isOn) {
      // At the end there is nothing left to play but the whole, from the start.
      if (actions.time() >= actions.end) actions.move(actions.start);
      requestAnimationFrame((now) => this.step(now));
    } else actions.stopped();
    actions.changed();
  }

  stop() { if (this.isOn) this.toggle(); }

  step(now) {
    if (!this.isOn) return;
    // A page out of sight gets no frames; it goes on from where it was.
    const passed = Math.min(100, Math.max(0, now - this.before));
    this.before = now;
    const time = this.actions.time() + passed * 1e6 * this.speed;
    this.actions.move(Math.min(time, this.actions.end));
    if (time >= this.actions.end) this.toggle();
    else requestAnimationFrame((next) => this.step(next));
  }

  /* The next speed up or down. */
  change(by) {
    const at = Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(this.speed) + by));
    this.choose(SPEEDS[at]);
    this.actions.changed();
  }

  choose(speed) {
    this.speed = speed;
    this.isChosen = true;
  }

  /* Takes the speed that suits a stretch of the run, unless somebody has chosen one. */
  suit(length) {
    if (this.isChosen || this.isOn) return;
    const wanted = Math.log(length / 1e9 / WINDOW_SECONDS);
    const away = (speed) => Math.abs(Math.log(speed) - wanted);
    const nearest = SPEEDS.reduce((best, one) => (away(one) < away(best) ? one : best));
    if (nearest === this.speed) return;
    this.speed = nearest;
    this.actions.changed();
  }
}
