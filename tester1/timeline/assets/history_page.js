/*
 * What surrounds the picture of a history alone, or of annotations: there is no run, no
 * cursor, and nothing that has to be read first.
 */

class HistoryPage extends Surroundings {
  constructor(app) { super(app, HISTORY_KEYS); }

  start() {
    fillHelp(byId("help-contents"), helpOfHistory(this.app.history));
    this.connect();
    this.followAddress();
  }

  /* Goes where the address says, and changes no more than what it says. */
  followAddress() {
    const { app } = this;
    const said = readAddress(location.hash, app.history, null);
    this.selectSaid(said);
    if (said.window !== null) app.show(said.window.first, said.window.last);
    this.tellWrong(said.wrong);
  }
}
