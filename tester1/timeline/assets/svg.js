/*
 * The picture as SVG: the drawing code of the canvas, with a context that writes down
 * what it is told instead of painting it.
 *
 * It knows the part of a canvas's context that the drawing uses, no more: fills,
 * strokes, dashes, texts that are squeezed into a width, and rectangles to clip by. A
 * call of anything else is an error, as with a canvas. (Libraries for this do filters,
 * images and gradients as well, at sixty kilobytes, and do not squeeze texts.)
 */

const SVG_STATE = ["fillStyle", "strokeStyle", "lineWidth", "lineJoin", "globalAlpha",
  "font", "textAlign", "textBaseline"];
const SVG_BASELINES = { middle: "central", alphabetic: "alphabetic" };

class SvgContext {
  /* `measuring` is a canvas's context, for the widths of texts. */
  constructor(measuring) {
    this.measuring = measuring;
    this.parts = [];
    this.path = "";
    this.rectangle = null;
    this.dash = [];
    this.stack = [];
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1,
      lineJoin: "miter", globalAlpha: 1, font: "12px sans-serif", textAlign: "left",
      textBaseline: "alphabetic" });
  }

  save() {
    const state = Object.fromEntries(SVG_STATE.map((name) => [name, this[name]]));
    this.stack.push({ ...state, dash: this.dash, groups: 0 });
  }

  restore() {
    const { groups, ...state } = this.stack.pop();
    this.parts.push("</svg>".repeat(groups));
    Object.assign(this, state);
  }

  /* Clips by the rectangle that was added to the path last. */
  clip() {
    // A picture within the picture shows nothing beyond its edges.
    const [x, y, width, height] = this.rectangle.map(short);
    this.parts.push(`<svg x="${x}" y="${y}" width="${width}" height="${height}" `
      + `viewBox="${x} ${y} ${width} ${height}">`);
    this.stack[this.stack.length - 1].groups += 1;
  }

  // Paths

  beginPath() { this.path = ""; }
  closePath() { this.path += "Z"; }
  moveTo(x, y) { this.path += `M${short(x)} ${short(y)}`; }
  lineTo(x, y) { this.path += `${this.path === "" ? "M" : "L"}${short(x)} ${short(y)}`; }
  quadraticCurveTo(x1, y1, x, y) {
    this.path += `Q${short(x1)} ${short(y1)} ${short(x)} ${short(y)}`;
  }

  rect(x, y, width, height) {
    this.rectangle = [x, y, Math.max(0, width), Math.max(0, height)];
    this.path += `M${short(x)} ${short(y)}h${short(width)}v${short(height)}`
      + `h${short(-width)}Z`;
  }

  roundRect(x, y, width, height, radius) {
    const r = Math.min(radius, width / 2, height / 2);
    const corner = (dx, dy) => `a${short(r)} ${short(r)} 0 0 1 ${short(dx)} ${short(dy)}`;
    this.path += `M${short(x + r)} ${short(y)}h${short(width - 2 * r)}${corner(r, r)}`
      + `v${short(height - 2 * r)}${corner(-r, r)}h${short(2 * r - width)}`
      + `${corner(-r, -r)}v${short(2 * r - height)}${corner(r, -r)}Z`;
  }

  /* Whole circles are all that is drawn. */
  arc(x, y, radius) {
    const [r, across] = [short(radius), short(2 * radius)];
    this.path += `M${short(x + radius)} ${short(y)}a${r} ${r} 0 1 1 -${across} 0`
      + `a${r} ${r} 0 1 1 ${across} 0`;
  }

  setLineDash(dash) { this.dash = dash; }

  fill() { this.add(this.path, `fill="${this.fillStyle}"${this.alpha()}`); }
  stroke() { this.add(this.path, `fill="none"${this.strokeLook()}`); }

  fillRect(x, y, width, height) {
    this.withPath(() => { this.rect(x, y, width, height); this.fill(); });
  }

  strokeRect(x, y, width, height) {
    this.withPath(() => { this.rect(x, y, width, height); this.stroke(); });
  }

  withPath(paint) {
    const { path } = this;
    this.path = "";
    paint();
    this.path = path;
  }

  add(path, look) {
    if (path !== "") this.parts.push(`<path d="${path}" ${look}/>`);
  }

  strokeLook() {
    const dash = this.dash.length > 0 ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    const join = this.lineJoin === "miter" ? "" : ` stroke-linejoin="${this.lineJoin}"`;
    return ` stroke="${this.strokeStyle}" stroke-width="${short(this.lineWidth)}"`
      + `${dash}${join}${this.alpha()}`;
  }

  alpha() { return this.globalAlpha === 1 ? "" : ` opacity="${short(this.globalAlpha)}"`; }

  // Texts

  measureText(text) {
    this.measuring.font = this.font;
    return this.measuring.measureText(text);
  }

  fillText(text, x, y, room) {
    this.addText(text, x, y, room, `fill="${this.fillStyle}"${this.alpha()}`);
  }

  strokeText(text, x, y, room) {
    this.addText(text, x, y, room, `fill="none"${this.strokeLook()}`);
  }

  addText(text, x, y, room, look) {
    if (text === "") return;
    const squeezed = room !== undefined && this.measureText(text).width > room
      ? ` textLength="${short(room)}" lengthAdjust="spacingAndGlyphs"` : "";
    const anchor = this.textAlign === "center" ? ` text-anchor="middle"` : "";
    const baseline = SVG_BASELINES[this.textBaseline];
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" ${fontLook(this.font)}`
      + `${anchor} dominant-baseline="${baseline}"${squeezed} ${look}>`
      + `${xmlText(text)}</text>`);
  }

  /* The file. */
  text(width, height, title) {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" `
      + `viewBox="0 0 ${width} ${height}">\n<title>${xmlText(title)}</title>\n`
      + `${this.parts.filter((part) => part !== "").join("\n")}\n</svg>\n`;
  }
}

/* A font as the canvas has it, "bold 12px a, b", in the attributes of SVG. */
function fontLook(font) {
  const [, weight, size, family] = /^(bold )?([\d.]+)px (.*)$/s.exec(font);
  const bold = weight ? ` font-weight="bold"` : "";
  return `font-size="${size}" font-family="${xmlText(family)}"${bold} xml:space="preserve"`;
}

/* A number with as many decimals as can be seen. */
function short(value) { return String(Math.round(value * 100) / 100); }

/* A text within XML: markup is escaped, and characters that no file may have go. */
function xmlText(text) {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/* What is visible on the canvas, as a file. */
function svgOf(app, theme = app.theme) {
  const { stage } = app;
  const context = new SvgContext(document.createElement("canvas").getContext("2d"));
  new Frame(context, stage, theme, app.state).draw();
  return context.text(stage.width, stage.height, app.history.page.title);
}

/* Leaves the picture where the browser keeps what was loaded. */
function downloadSvg(app) {
  const name = app.history.page.title.replace(/[^\w.-]+/g, "-");
  const link = element("a", { download: `${name}.svg`,
    href: URL.createObjectURL(new Blob([svgOf(app)], { type: "image/svg+xml" })) });
  link.click();
  URL.revokeObjectURL(link.href);
}
