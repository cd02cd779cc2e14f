"""The tester of the labs, room by room; `docs/design.md` says how they work together.

Who wants to read it begins with one run of one test:

- `lab`: the run itself, its options and seed, its failure, and what is to be undone;
- `cluster`: what a test holds in its hand, a `Config` with servers, clients and limits;
- `hosts`: where programs run: `worlds` in this process, or a process each, by the mode;
- `contact`: how programs and tester reach each other, and with which messages;
- `timeline`: the annotations of a test, and the page that shows its run.

Around it:

- `session`: lab tests in a session of pytest, from the options to the report of a
  failure; `plugin` is its name for others, `guest` what every environment loads;
- `batch`: many runs and their grades, in the rooms `runs`, `results` and `grading`;
- `cli`: the command `raftlab`.

Below it, and good for themselves:

- `sandbox`: processes for code that nobody trusts, confined and supervised;
- `porcupine`: the linearizability checker;
- `solution` and `suites`: whose code is tested, and which tests there are (`starter` is
  what `raftlab init` begins a solution with);
- `teardown` and `files`: taking a test down completely, and files that fail.
"""
