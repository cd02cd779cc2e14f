/*
 * The colours of annotations. Whoever makes one chooses its background, mostly a light
 * one: on a dark page the hue stays and the lightness goes. The text on it is as dark
 * or as light as it takes to be read.
 */

/* Between a text and what it stands on, as WCAG has it for small texts. */
const LEAST_CONTRAST = 4.5;
const DARK_NOTE_LIGHTNESS = 0.27;
/* How colourful a dark one may be: one of a strong colour more than one of a pale one. */
const PALE_SATURATION = 0.3;
const SATURATION_GAIN = 1.2;
const MOST_SATURATION = 0.6;

/* How an annotation looks in a theme: {fill, ink}, colours as "#rrggbb". */
function noteLook(theme, colour) {
  if (!theme.notes.has(colour)) {
    const chosen = channelsOf(colour, theme.page);
    const isDark = luminance(channelsOf(theme.page)) < luminance(channelsOf(theme.text));
    const fill = isDark ? darkened(chosen) : chosen;
    theme.notes.set(colour, { fill: hexOf(fill), ink: inkOn(fill, theme) });
  }
  return theme.notes.get(colour);
}

/* The theme's own colour of texts if it can be read there, else black or white. */
function inkOn(fill, theme) {
  return [theme.text, "#000000", "#ffffff"].find((ink) =>
    contrast(channelsOf(ink), fill) >= LEAST_CONTRAST);
}

/* Red, green and blue, 0 to 255, of any colour that styles may have, on a ground. */
function channelsOf(colour, ground = "#000000") {
  const context = element("canvas", { width: 1, height: 1 }).getContext("2d");
  for (const layer of [ground, colour]) {
    // What is no colour leaves the ground's.
    context.fillStyle = layer;
    context.fillRect(0, 0, 1, 1);
  }
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

function hexOf(channels) {
  return `#${channels.map((one) => Math.round(one).toString(16).padStart(2, "0")).join("")}`;
}

/* The same hue for a dark page; what is dark already stays as dark. */
function darkened(channels) {
  const parts = channels.map((one) => one / 255);
  const [least, most] = [Math.min(...parts), Math.max(...parts)];
  const lightness = (least + most) / 2;
  const room = 1 - Math.abs(2 * lightness - 1);
  const saturation = room === 0 ? 0 : (most - least) / room;
  const wanted = Math.min(lightness, DARK_NOTE_LIGHTNESS);
  const kept = Math.min(saturation, MOST_SATURATION,
    PALE_SATURATION + SATURATION_GAIN * (1 - lightness));
  const spread = kept * (1 - Math.abs(2 * wanted - 1));
  // Each channel lies between the least and the most as before, so the hue is the same.
  return parts.map((one) => 255 * (wanted - spread / 2
    + (most > least ? spread * (one - least) / (most - least) : 0)));
}

/* How light a colour is, 0 to 1, as WCAG has it. */
function luminance(channels) {
  const [red, green, blue] = channels.map((one) => {
    const part = one / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
