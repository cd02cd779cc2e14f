/*
 * The colours and fonts of the canvas, read from the style sheet, so that light and
 * dark are decided in one place.
 */

const KIND_COLOURS = 6;

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const theme = {};
  for (const name of ["page", "surface", "stripe", "line", "grid", "text", "muted",
    "accent", "bad", "path", "shade", "label", "error", "error-edge",
    "left-out", "left-out-edge"]) {
    theme[name] = colour(name);
  }
  theme.kinds = Array.from({ length: KIND_COLOURS }, (_, i) => ({
    fill: colour(`kind-${i}`), edge: colour(`kind-${i}-edge`),
  }));
  theme.mono = `11px ${colour("mono")}`;
  theme.sans = `12px ${colour("sans")}`;
  return theme;
}
