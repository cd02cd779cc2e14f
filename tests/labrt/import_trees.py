"""Small trees of modules, and what plain Python makes of importing them.

Each tree is a few files and the statements that use them. `outcome` runs the
statements and says what they bound or how they failed, in words that are the same
for every Python that runs them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

# What a world adds to a module's name, which the interpreter shows here and there.
_MARK = re.compile(r"@server#\d+")

# What every tree's main module begins with: it sees the tree's own events.
HEAD = "import sys\nresult = []\n"


@dataclass(frozen=True, slots=True)
class Tree:
    """Files by path, and the statements of the main module, which fill `result`."""

    name: str
    main: str
    files: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the tree below a folder of its own and return that."""
        root = folder / self.name
        for path, text in {
            **self.files,
            f"main_{self.name}.py": HEAD + self.main,
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return root

    def outcome(self, load: Callable[[str], ModuleType], root: Path) -> list[Any]:
        """Load the main module, and say what it made or how it failed."""
        try:
            result = load(f"main_{self.name}").result
        except BaseException as error:
            return describe(error, root)
        return ["made", [_plain(value, root) for value in result]]


def describe(error: BaseException, root: Path) -> list[Any]:
    """An exception's kind and text, without where the tree lies."""
    text = _plain(str(error), root)
    return [
        "raised",
        type(error).__name__,
        text,
        _plain(getattr(error, "name", None), root),
    ]


def _plain(value: object, root: Path) -> Any:
    if isinstance(value, ModuleType):
        return f"module {value.__name__!s}"
    if isinstance(value, str):
        return _MARK.sub("", str(value).replace(str(root), "ROOT"))
    return value


def python_outcomes(roots: Mapping[str, Path]) -> dict[str, list[Any]]:
    """Import every tree in one plain Python, which sees nothing but the library."""
    script = f"""
import importlib, json, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from tests.labrt.import_trees import TREES
sys.path.pop(0)
for loaded in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
    del sys.modules[loaded]
found, path = {{}}, list(sys.path)
roots = { ({name: str(root) for name, root in roots.items()})!r}
for tree in TREES:
    before = set(sys.modules)
    root = Path(roots[tree.name])
    sys.path[:] = [str(root), *path]
    importlib.invalidate_caches()
    found[tree.name] = tree.outcome(importlib.import_module, root)
    for name in set(sys.modules) - before:
        del sys.modules[name]
print(json.dumps(found))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    outcomes: dict[str, list[Any]] = json.loads(done.stdout)
    return outcomes


def _tree(name: str, main: str, **files: str) -> Tree:
    """Make a tree; in the names of files `__` is a folder and `init` a package."""
    paths = {
        path.replace("__", "/").replace("init", "__init__") + ".py": text
        for path, text in files.items()
    }
    return Tree(name, main, paths)


CIRCLE = {"pkg__init": "", "pkg__a": "from pkg import b\nNAME = 'a'"}

TREES = [
    _tree(
        "package_and_module",
        "import both, pkg.both\nresult.extend([both.NAME, pkg.both.NAME])",
        both="NAME = 'module'",
        both__init="NAME = 'package'",
        pkg__init="",
        pkg__both="NAME = 'module'",
        pkg__both__init="NAME = 'package'",
    ),
    _tree(
        "circle",
        "from pkg import a\nresult.append(a.b.a is a)",
        **CIRCLE,
        pkg__b="from pkg import a",
    ),
    _tree(
        "circle_as",
        "import pkg.a as a\nresult.append(a.b.a is a)",
        pkg__init="",
        pkg__a="import pkg.b as b",
        pkg__b="import pkg.a as a",
    ),
    _tree(
        "circle_relative",
        "from pkg import a\nresult.append(a.b.a is a)",
        pkg__init="",
        pkg__a="from . import b",
        pkg__b="from . import a",
    ),
    _tree(
        "circle_name",
        "import pkg.a",
        pkg__init="",
        pkg__a="from pkg.b import f\nx = 1",
        pkg__b="from pkg.a import x\nf = 1",
    ),
    _tree(
        "circle_package",
        "import pkg",
        pkg__init="from .a import f\ng = 1",
        pkg__a="from pkg import g\nf = 1",
    ),
    _tree(
        "circle_attribute",
        "import a",
        a="import b\nx = 1",
        b="import a\na.x",
    ),
    _tree(
        "circle_late",
        "import a\nresult.append(a.b.f())",
        a="import b\nx = 1",
        b="import a\ndef f(): return a.x",
    ),
    _tree("missing", "import nowhere"),
    _tree("missing_below", "import nowhere.below"),
    _tree("missing_in_package", "import pkg.nowhere", pkg__init=""),
    _tree("missing_in_module", "import mod.nowhere", mod=""),
    _tree("missing_in_library", "import json.nowhere"),
    _tree("missing_in_os", "import os.nowhere"),
    _tree("missing_name", "from mod import nothing", mod=""),
    _tree("missing_name_in_package", "from pkg import nothing", pkg__init=""),
    _tree("missing_name_in_library", "from json import nothing"),
    _tree("missing_name_in_time", "from time import nothing"),
    _tree("missing_name_in_random", "from queue import Queue, nothing"),
    _tree("missing_relative", "import pkg.a", pkg__init="", pkg__a="from . import b"),
    _tree(
        "missing_relative_module",
        "import pkg.a",
        pkg__init="",
        pkg__a="from .b import c",
    ),
    _tree(
        "missing_deeper",
        "from pkg import a",
        pkg__init="",
        pkg__a="import nowhere",
    ),
    _tree("beyond_top", "import pkg.a", pkg__init="", pkg__a="from ... import b"),
    _tree("relative_in_main", "from . import b"),
    _tree("relative_module_in_main", "from .b import c"),
    _tree("bad_arguments", "__import__('x', level=-1)"),
    _tree("empty_name", "__import__('')"),
    _tree("name_not_text", "__import__(3)"),
    _tree("names_not_text", "__import__('pkg', fromlist=[3])", pkg__init=""),
    _tree(
        "all_not_text",
        "from pkg import *",
        pkg__init="__all__ = [3]",
    ),
    _tree(
        "star_loads_all",
        "from pkg import *\nresult.append(a.x)\n"
        "result.extend([sorted(n for n in dir() if n[0] != '_')])",
        pkg__init="__all__ = ['a']\nb = 1",
        pkg__a="x = 1",
    ),
    _tree(
        "star_of_missing",
        "from mod import *",
        mod="__all__ = ['nothing']",
    ),
    _tree(
        "star_hides_underscores",
        "from mod import *\nresult.extend(n for n in dir() if n in ('a', '_b'))",
        mod="a = _b = 1",
    ),
    _tree(
        "module_getattr",
        "from mod import anything\nfrom mod import other as o\n"
        "result.extend([anything, o])",
        mod="def __getattr__(name): return name.upper()",
    ),
    _tree(
        "module_getattr_refuses",
        "from mod import anything",
        mod="def __getattr__(name): raise AttributeError('no ' + name)",
    ),
    _tree(
        "package_getattr",
        "from pkg import a, virtual\nresult.extend([a, virtual])",
        pkg__init="def __getattr__(name):\n"
        "    if name[0] != 'v': raise AttributeError(name)\n    return name",
        pkg__a="",
    ),
    _tree(
        "namespace",
        "import space.mod\nresult.extend([space.mod.x, hasattr(space, '__file__')])",
        space__mod="x = 1",
    ),
    _tree("namespace_missing", "from space import nothing", space__mod=""),
    _tree(
        "raises_and_returns",
        "import flag\n"
        "try:\n    import mod\nexcept ValueError as e:\n    result.append(str(e))\n"
        "result.append('mod' in sys.modules)\nflag.good = True\nimport mod\n"
        "result.append(mod.x)",
        flag="good = False",
        mod="import flag\nif not flag.good: raise ValueError('bad')\nx = 1",
    ),
    _tree(
        "raises_keeps_submodule",
        "try:\n    import pkg\nexcept ValueError: pass\n"
        "result.extend(['pkg' in sys.modules, 'pkg.a' in sys.modules])",
        pkg__init="from . import a\nraise ValueError",
        pkg__a="",
    ),
    _tree(
        "replaces_itself",
        "import mod\nfrom mod import x\n"
        "result.extend([mod.x, x, sys.modules['mod'] is mod])",
        mod="import sys\nclass M: x = 1\nsys.modules[__name__.partition('@')[0]] = M()",
    ),
    _tree(
        "removes_itself",
        "import mod",
        mod="import sys\ndel sys.modules[__name__.partition('@')[0]]",
    ),
    _tree(
        "placed_by_hand",
        "import types\nsys.modules['pkg.virtual'] = types.ModuleType('v')\n"
        "from pkg import virtual\nimport pkg.virtual as again\n"
        "result.append(again is virtual)",
        pkg__init="",
    ),
    _tree("barred", "sys.modules['mod'] = None\nimport mod", mod=""),
    _tree(
        "barred_name",
        "sys.modules['pkg.a'] = None\nfrom pkg import a",
        pkg__init="",
        pkg__a="",
    ),
    _tree(
        "binds_top",
        "import pkg.sub.leaf\nresult.extend([pkg, pkg.sub, pkg.sub.leaf])",
        pkg__init="",
        pkg__sub__init="",
        pkg__sub__leaf="",
    ),
    _tree(
        "binds_leaf",
        "import pkg.sub.leaf as leaf\nresult.append(leaf)",
        pkg__init="",
        pkg__sub__init="",
        pkg__sub__leaf="",
    ),
    _tree(
        "relative_levels",
        "import pkg.sub.leaf\nresult.append(pkg.sub.leaf.got)",
        pkg__init="",
        pkg__mod="x = 1",
        pkg__sub__init="",
        pkg__sub__near="y = 2",
        pkg__sub__leaf="from ..mod import x\nfrom .near import y\nfrom .. import mod\n"
        "from . import near\ngot = [x, y, mod.x, near.y]",
    ),
    _tree(
        "names_of_a_module",
        "import pkg.mod as m\n"
        "result.extend([m.__name__, m.__package__, m.__spec__.name, "
        "m.__spec__.parent, m.__file__, type(m.__loader__).__name__ != '', repr(m)])",
        pkg__init="",
        pkg__mod="",
    ),
    _tree(
        "import_module",
        "import importlib\nfrom importlib import import_module\n"
        "result.append(importlib.import_module('pkg.a').b.x)\n"
        "result.append(import_module('pkg.b').x)\n"
        "import pkg\nresult.extend([pkg.a, sys.modules['pkg.a'] is pkg.a])",
        pkg__init="",
        pkg__a="from importlib import import_module\n"
        "b = import_module('.b', package=__package__)",
        pkg__b="x = 1",
    ),
    _tree(
        "import_module_missing", "import importlib\nimportlib.import_module('nowhere')"
    ),
    _tree("import_module_relative", "import importlib\nimportlib.import_module('.a')"),
    _tree(
        "import_module_beyond",
        "import importlib\nimportlib.import_module('...a', 'pkg')",
        pkg__init="",
    ),
    _tree(
        "importlib_import",
        "import importlib\nresult.append(importlib.__import__('pkg.a'))\n"
        "result.append(importlib.__import__('pkg', fromlist=['a']).a)",
        pkg__init="",
        pkg__a="",
    ),
    _tree(
        "reload",
        "import importlib, mod\nmod.count.append(1)\nkept = mod.count\n"
        "again = importlib.reload(mod)\n"
        "result.extend([again is mod, again.count is kept])\n"
        "result.extend([again.count, again.__name__])",
        mod="try: count\nexcept NameError: count = []",
    ),
    _tree(
        "reload_package",
        "import importlib, pkg.a\nresult.append(importlib.reload(pkg.a) is pkg.a)\n"
        "result.append(importlib.reload(pkg).a is pkg.a)",
        pkg__init="",
        pkg__a="",
    ),
    _tree(
        "find_spec",
        "from importlib.util import find_spec, module_from_spec\n"
        "spec = find_spec('pkg.a')\n"
        "result.extend([spec.name, spec.origin, spec.parent])\n"
        "module = module_from_spec(spec)\nspec.loader.exec_module(module)\n"
        "result.extend([module.x, 'pkg.a' in sys.modules, find_spec('nowhere')])",
        pkg__init="",
        pkg__a="x = 1",
    ),
    _tree(
        "run_module",
        "import runpy\nspace = runpy.run_module('pkg.a')\n"
        "result.extend([space['x'], space['__name__']])",
        pkg__init="",
        pkg__a="from . import b\nx = b.y",
        pkg__b="y = 1",
    ),
    _tree(
        "walk_packages",
        "import pkgutil, pkg\n"
        "result.extend(m.name for m in pkgutil.walk_packages(pkg.__path__, 'pkg.'))\n"
        "result.append(pkgutil.get_data('pkg', 'a.py').decode())",
        pkg__init="",
        pkg__a="x = 1",
        pkg__sub__init="",
        pkg__sub__leaf="",
    ),
    _tree(
        "exec_and_eval",
        "space = {}\nexec('import mod\\nfrom pkg import a', space)\n"
        "result.extend([space['mod'].x, space['a'], eval(\"__import__('pkg.a')\")])",
        mod="x = 1",
        pkg__init="",
        pkg__a="",
    ),
    _tree(
        "builtins_module",
        "import builtins\nresult.append(builtins.__import__('mod').x)\n"
        "builtins.extra = 2\nresult.append(extra)\ndel builtins.extra",
        mod="x = 1",
    ),
    _tree(
        "added_to_path",
        "sys.path.insert(0, sys.path[0] + '/lib')\nimport hidden\n"
        "result.extend([hidden.x, sys.modules['hidden'] is hidden])",
        lib__hidden="x = 1",
    ),
    _tree("syntax_error", "import mod", mod="def f(:\n"),
    _tree(
        "shadows_the_library",
        "import statistics, os\nresult.extend([statistics.x, hasattr(os, 'getpid')])",
        statistics="x = 1",
    ),
    _tree(
        "folder_named_as_the_library",
        "import email, logs.a\n"
        "result.extend([hasattr(email, 'message_from_string'), logs.a])",
        email__template="",
        logs__a="",
    ),
]
