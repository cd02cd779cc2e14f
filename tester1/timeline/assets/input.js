/*
 * Mouse, fingers, wheel and keyboard on the timeline. Decides what a gesture means and
 * tells the App; draws nothing and remembers only the drag in progress.
 */

const DRAG_STARTS = 4;
const ZOOM_STEP = 1.5;

class Input {
  constructor(canvas, app) {
    this.canvas = canvas;
    this.app = app;
    this.press = null;
    // Where each finger is that touches the canvas.
    this.fingers = new Map();
    const on = (type, handle, options) =>
      canvas.addEventListener(type, (event) => handle.call(this, event), options);
    on("pointerdown", this.onDown);
    on("pointermove", this.onMove);
    on("pointerup", this.onUp);
    on("pointercancel", (event) => {
      this.press = null;
      this.fingers.delete(event.pointerId);
    });
    on("pointerleave", () => app.hover(null));
    on("dblclick", this.onDouble);
    on("wheel", this.onWheel, { passive: false });
    // What has the focus since a click is no choice of the keyboard. The browser's own
    // :focus-visible forgets that with the first key that is pressed afterwards.
    this.isFocusByPointer = false;
    document.addEventListener("pointerdown", () => { this.isFocusByPointer = true; },
      { capture: true });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Tab") this.isFocusByPointer = false;
    }, { capture: true });
    document.addEventListener("keydown", (event) => this.onKey(event));
    // Some browsers press a button when Space is let go, whatever became of the key.
    document.addEventListener("keyup", (event) => {
      if (event.key === " " && this.hasTakenSpace) event.preventDefault();
      this.hasTakenSpace = false;
    });
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  pick(event) {
    const { x, y } = this.point(event);
    return this.app.stage.pick(x, y);
  }

  onDown(event) {
    if (event.button !== 0) return;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.press = { x: event.clientX, y: event.clientY, dragging: false };
    this.canvas.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    if (!this.press) {
      this.app.hover(this.pick(event), event.clientX, event.clientY);
      const { x, y } = this.point(event);
      const { stage } = this.app;
      if (x < stage.gutter && stage.serverAt(y) !== NONE) this.canvas.style.cursor = "pointer";
      return;
    }
    if (this.fingers.size > 1) { this.pinch(event); return; }
    const { press } = this;
    const [dx, dy] = [event.clientX - press.x, event.clientY - press.y];
    if (!press.dragging && Math.hypot(dx, dy) < DRAG_STARTS) return;
    this.press = { x: event.clientX, y: event.clientY, dragging: true };
    this.canvas.style.cursor = "grabbing";
    this.app.hover(null);
    this.app.pan(-dx, -dy);
  }

  /* Two fingers: what was between them stays between them. */
  pinch(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const [, other] = [...this.fingers].find(([id]) => id !== event.pointerId);
    const now = { x: event.clientX, y: event.clientY };
    this.fingers.set(event.pointerId, now);
    // It is no click any more, not even once one of them is lifted.
    this.press = { ...now, dragging: true };
    this.app.hover(null);
    this.app.pan(-(now.x - before.x) / 2, -(now.y - before.y) / 2);
    const apart = Math.hypot(before.x - other.x, before.y - other.y);
    const left = this.canvas.getBoundingClientRect().left;
    if (apart > 0) {
      this.app.zoom(Math.hypot(now.x - other.x, now.y - other.y) / apart,
        (now.x + other.x) / 2 - left);
    }
  }

  onUp(event) {
    const { press } = this;
    this.fingers.delete(event.pointerId);
    this.canvas.style.cursor = "";
    // The finger that stays goes on dragging from where it is.
    const [remaining] = this.fingers.values();
    this.press = remaining ? { ...remaining, dragging: true } : null;
    if (press && !press.dragging) this.app.click(this.pick(event), this.point(event));
  }

  onDouble(event) {
    const target = this.pick(event);
    if (target?.operation !== undefined) this.app.zoomToOperation(target.operation);
    else this.app.zoom(ZOOM_STEP ** 2, this.point(event).x);
  }

  /* The wheel zooms, sideways (or with Shift) it moves; over the names it scrolls. */
  onWheel(event) {
    const { x } = this.point(event);
    if (x < this.app.stage.gutter && !event.ctrlKey) return;
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 16;
    const sideways = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.app.pan(sideways * pixels, 0);
    } else this.app.zoom(Math.exp(-event.deltaY * pixels / 400), x);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (!this.app.page?.closeMenus()) this.app.clear();
      return;
    }
    if (this.isOfFocus(event)) return;
    if (this.app.page?.onKey(event)) {
      this.hasTakenSpace = event.key === " ";
      return;
    }
    const action = PAGE_KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    action(this.app);
  }

  /* Whether a key means something to what has the focus, and so nothing to the page. */
  isOfFocus({ target, key }) {
    if (target.matches(TEXT_FIELDS)) return true;
    if (target.matches("select") && key.startsWith("Arrow")) return true;
    if (this.isFocusByPointer) return false;
    if (key === " " || key === "Enter") return target.matches(PRESSED);
    return scrollsBy(target, key);
  }
}

const TEXT_FIELDS = "input:not([type=checkbox])";
const PRESSED = "button, summary, a, select, input";

/* Whether a key scrolls what has the focus: who came with Tab has no other way to. */
function scrollsBy(place, key) {
  if (place.tagName === "CANVAS") return false;
  const { scrollWidth, clientWidth, scrollHeight, clientHeight } = place;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    return place.matches("[tabindex]") && scrollWidth > clientWidth;
  }
  return /^(Arrow|Home|End)/.test(key) && place.matches("[tabindex]")
    && scrollHeight > clientHeight;
}

/* Keys that work anywhere on any page, but where they mean something else. */
const PAGE_KEYS = {
  "+": (app) => app.zoomCursor(ZOOM_STEP),
  "=": (app) => app.zoomCursor(ZOOM_STEP),
  "-": (app) => app.zoomCursor(1 / ZOOM_STEP),
  0: (app) => app.fit(),
  e: (app) => app.jumpToError(),
  n: (app) => app.stepInOrder(1),
  p: (app) => app.stepInOrder(-1),
  "[": (app) => app.stepInOrder(-1),
  "]": (app) => app.stepInOrder(1),
  "/": () => byId("search").focus(),
  ArrowLeft: (app) => app.stepInLane(-1),
  ArrowRight: (app) => app.stepInLane(1),
  ArrowUp: (app) => app.stepLanes(-1),
  ArrowDown: (app) => app.stepLanes(1),
  Enter: (app) => app.zoomToSelected(),
};
