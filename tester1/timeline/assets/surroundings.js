/*
 * What surrounds the picture on every page: the help, the address, the link that can be
 * copied, and what is said to those who listen. A page of a run (run_page.js) and one
 * of a history alone (history_page.js) have more of their own.
 */

/* Not more often: browsers refuse an address that changes hundreds of times a minute. */
const ADDRESS_DELAY_MS = 400;

class Surroundings {
  /* `keys` are the sections of keys that act on such a page (help.js). */
  constructor(app, keys) {
    this.app = app;
    this.keys = actionsByKey(keys);
    this.timers = {};
    this.isAddressOld = false;
  }

  connect() {
    const on = (id, act) => { byId(id).onclick = act; };
    on("help-button", () => this.showHelp());
    on("help-close", () => byId("help").close());
    on("copy-link", () => this.copyLink());
    on("address-note-close", () => { byId("address-note").hidden = true; });
    addEventListener("hashchange", () => this.followAddress(false));
  }

  // The address

  address() { return addressOf(this.place(), this.app.run); }

  /* What the address names: what is selected, the key on show, and what is in sight. */
  place() {
    const { state, history, window: { first, last } } = this.app;
    const { operation = null, annotation = null } = state.selected ?? {};
    return { operation, annotation, window: { first, last },
      key: state.key === NONE ? null : history.parts[state.key].name };
  }

  /* Shows the key and selects the operation or annotation that an address names. */
  selectSaid({ key, operation, annotation }) {
    const { app } = this;
    if (key !== null) app.showKey(key);
    const target = operation !== null ? { operation }
      : annotation !== null ? { annotation } : null;
    if (target === null) return;
    app.select(target);
    app.reveal(target);
  }

  writeAddressSoon() {
    if (this.isAddressOld) return;
    this.isAddressOld = true;
    setTimeout(() => {
      this.isAddressOld = false;
      window.history.replaceState(null, "", this.address());
    }, ADDRESS_DELAY_MS);
  }

  /* Another stretch of time is in sight. */
  windowMoved() { this.writeAddressSoon(); }

  /* Something else is selected, or another key is on show. */
  selectionMoved() { this.writeAddressSoon(); }

  async copyLink() {
    window.history.replaceState(null, "", this.address());
    const isCopied = await copyText(location.href);
    this.say(isCopied ? "link copied" : "copy the link from the address bar");
    byId("copy-link").textContent = isCopied ? "Copied" : "See address bar";
    this.later("copied", 2000, () => { byId("copy-link").textContent = "Copy link"; });
  }

  /* Says what an address names though there is no such thing, for all to see. */
  tellWrong(wrong) {
    byId("address-note").hidden = wrong.length === 0;
    if (wrong.length === 0) return;
    const text = `this page has ${wrong.join(" and ")}`;
    byId("address-note-text").textContent =
      `The address asks for more than there is: ${text}.`;
    this.sayFirst(text);
  }

  // What is said

  say(text) { byId("announcer").textContent = text; }

  sayFirst(text) { this.say(text); }

  later(name, delay, act) {
    clearTimeout(this.timers[name]);
    this.timers[name] = setTimeout(act, delay);
  }

  // Keys

  showHelp() { byId("help").showModal(); }

  /* Closes what lies over the page; whether there was something. */
  closeMenus() { return byId("help").open; }

  /* Whether a key was one of this page's, and is done with. */
  onKey(event) {
    if (byId("help").open) return true;
    const act = this.actionOf(event.key);
    if (!act) return false;
    event.preventDefault();
    act(this, event.key);
    return true;
  }

  actionOf(key) { return this.keys.get(key); }
}
