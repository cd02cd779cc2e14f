/*
 * Play: the cursor moves through the run by itself, so many seconds of the run in a
 * second.
 */

const SPEEDS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];
const FIRST_SPEED = 0.1;

class Play {
  /*
   * `actions` has time(), start, end, move(time), and changed() for when it starts or
   * stops.
   */
  constructor(actions) {
    this.actions = actions;
    this.speed = FIRST_SPEED;
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
    }
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
    this.speed = SPEEDS[at];
    this.actions.changed();
  }
}
