/*
 * The colours and fonts of the canvas, read from the style sheet, so that light and
 * dark are decided in one place.
 */

const KIND_COLOURS = 6;
const TERM_COLOURS = 8;
const SIDE_COLOURS = 4;

/* The theme of the page, or of an element with colours of its own. */
function readTheme(of = document.documentElement) {
  const style = getComputedStyle(of);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const theme = {};
  for (const name of ["page", "surface", "stripe", "line", "grid", "text", "muted",
    "accent", "good", "bad", "unsure", "path", "shade", "label", "error", "error-edge",
    "left-out", "left-out-edge"]) {
    theme[name] = colour(name);
  }
  theme.kinds = Array.from({ length: KIND_COLOURS }, (_, i) => ({
    fill: colour(`kind-${i}`), edge: colour(`kind-${i}-edge`),
  }));
  theme.terms = Array.from({ length: TERM_COLOURS }, (_, i) => ({
    fill: colour(`term-${i}`), ink: colour(`term-${i}-ink`),
  }));
  theme.calls = CALL_KINDS.map((kind) => colour(`call-${kind}`));
  theme.sides = Array.from({ length: SIDE_COLOURS }, (_, i) => ({
    fill: colour(`side-${i}`), edge: colour(`side-${i}-edge`),
  }));
  // Looks of annotations by the colour that was chosen (note_colours.js).
  theme.notes = new Map();
  theme.mono = `11px ${colour("mono")}`;
  theme.sans = `12px ${colour("sans")}`;
  theme.small = `10.5px ${colour("sans")}`;
  theme.bold = `bold 12px ${colour("sans")}`;
  return theme;
}

/* The colours of a term: neighbours differ, and after eight they begin again. */
function termLook(theme, term) { return theme.terms[(term - 1) % TERM_COLOURS]; }
