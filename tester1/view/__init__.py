"""What people see of a run's facts; nothing here judges them.

`cells` has the words for each fact, and `rows` puts them together, repeats folded;
`standing` says how each server stands at the end, `selection` which facts matter to a
failure; `layout` sets all that in columns, and `report` makes it the report of a
failure. `perfetto` and `shiviz` write the facts for other programs.
"""
