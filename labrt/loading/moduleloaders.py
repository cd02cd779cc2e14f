"""The `__loader__` of a world's modules, for those who ask a module where it is from.

The world itself loads without them. `importlib.reload`, `inspect`, `pkgutil` and
their like find here what they find on any module.
"""

from __future__ import annotations

from importlib.abc import Loader as AbstractLoader
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Protocol


class WorldLoader(Protocol):
    """A world's own loader, as far as those of its modules have to know it."""

    def prepare(self, module: ModuleType, spec: ModuleSpec) -> ModuleType:
        """Give a module what the world's modules have."""

    def code_of(self, filename: str) -> CodeType | None:
        """The compiled source of a file, None if there is no such file."""


class PrivateLoader(SourceFileLoader):
    """What a private module has for its `__loader__`: it finds source and data."""

    def __init__(self, name: str, path: str, loader: WorldLoader) -> None:
        super().__init__(name, path)
        self._loader = loader

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code in it, as a module of the world."""
        # Unprepared it would run over the process's built-ins, and import with them.
        spec = module.__spec__
        assert spec is not None
        self._loader.prepare(module, spec)
        code = self._loader.code_of(self.path)
        assert code is not None, "only files have a loader"
        exec(code, vars(module))


class SubstituteLoader(AbstractLoader):
    """The loader in the spec of a substitute: it always loads the one that there is."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The substitute, which there is already."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: it is complete."""
