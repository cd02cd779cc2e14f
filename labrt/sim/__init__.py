"""Virtual time: the kernel, and what a simulated world is made of.

From below: `kernel` (tasks, time, who goes on), `locks`, `world` (one incarnation of a
program), `modules/` (what a world sees of the standard library), and `runtime`, which
puts them together with reports and with `guards` against what does not end.
"""
