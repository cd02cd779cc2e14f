/*
 * The page on paper: the picture as it is in sight, as lines instead of pixels and in
 * light colours, whatever the screen has. The style sheet does the rest.
 */

function watchPrinting(app) {
  const paper = byId("paper");
  const show = () => paper.replaceChildren(pictureOf(app, readTheme(paper)));
  const clear = () => paper.replaceChildren();
  addEventListener("beforeprint", show);
  addEventListener("afterprint", clear);
  // A preview in the developer tools has no such events.
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? show() : clear()));
}

/* The picture in the colours of a theme, as an element. */
function pictureOf(app, theme) {
  const parsed = new DOMParser().parseFromString(svgOf(app, theme), "image/svg+xml");
  return document.importNode(parsed.documentElement, true);
}
