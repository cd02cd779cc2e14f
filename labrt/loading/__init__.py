"""Modules of a world's own: found, compiled, executed, and told from the process's.

`loader` is a world's modules, `importing` what its `import` statements mean, and
`modulenames` what modules are called inside and outside. `worldimportlib` and
`worldpickle` are the two library modules that look modules up by name, and
`moduleloaders` what a module shows of its origin. `sourcefile` reads and compiles a
file, `rebinding` gives code other globals.
"""
