"""Plug-ins: found one by one, and never able to take the program down."""

import re
import subprocess
import sys
import textwrap
from importlib import metadata

import pytest

from bengrn import registry as registry_module
from bengrn.errors import PluginError, UnknownNameError
from bengrn.registry import build_registry

PLUGIN = """
from dataclasses import dataclass
from typing import ClassVar
from bengrn.plugin import hookimpl

@dataclass(frozen=True)
class Mine:
    name: ClassVar[str] = "{name}"
    source: ClassVar[str] = "a test"

    def infer(self, adata, *, regulators, seed):
        return None

@hookimpl
def {hook}():
    {body}
"""


def _write(tmp_path, name="mine", hook="bengrn_methods", body="return [Mine]"):
    path = tmp_path / f"plugin_{len(list(tmp_path.iterdir()))}.py"
    path.write_text(PLUGIN.format(name=name, hook=hook, body=body))
    return path


def test_a_file_is_a_plugin(tmp_path):
    path = _write(tmp_path)
    found = build_registry([path]).find("method", "mine")
    assert (found.package, found.capabilities) == (path.name, ("infer",))


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no method 'gene3'\. Did you mean 'genie3'"):
        build_registry().find("method", "gene3")


def test_an_ambiguous_name_names_both_packages_only_when_used(tmp_path):
    registry = build_registry([_write(tmp_path, "pearson")])
    with pytest.raises(UnknownNameError, match=r"2 packages declare .*bengrn/pearson"):
        registry.find("method", "pearson")
    assert registry.find("method", "bengrn/pearson").package == "bengrn"
    assert registry.find("method", "genie3").name == "genie3"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hook": "bengrn_method"}, "bengrn_method, which is no hook"),
        ({"body": "return [object]"}, "lacks name, source"),
        ({"body": "raise RuntimeError('boom')"}, "RuntimeError: boom"),
        ({"name": "a/b"}, "without '/'"),
    ],
)
def test_a_file_that_declares_wrongly_is_refused_with_its_reason(tmp_path, change, said):
    with pytest.raises(PluginError, match=re.escape(said)):
        build_registry([_write(tmp_path, **change)])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(PluginError, match="there is no such file"):
        build_registry([tmp_path / "absent.py"])


def test_a_class_that_is_not_frozen_is_refused(tmp_path):
    path = _write(tmp_path)
    path.write_text(path.read_text().replace("frozen=True", "frozen=False"))
    with pytest.raises(PluginError, match=r"@dataclass\(frozen=True\)"):
        build_registry([path])


def test_a_broken_installed_plugin_is_listed_and_the_rest_works(monkeypatch):
    class Broken:
        name = "broken"
        dist = None

        def load(self):
            raise ImportError("no module named 'absent'")

    real = metadata.entry_points(group="bengrn")
    monkeypatch.setattr(registry_module.metadata, "entry_points", lambda group: [*real, Broken()])
    registry = build_registry()
    assert [one.plugin for one in registry.broken] == ["broken"]
    assert "no module named 'absent'" in registry.broken[0].reason
    assert registry.find("method", "pearson").name == "pearson"


def test_building_the_registry_loads_nothing_heavy():
    code = """
        import sys
        from bengrn.registry import build_registry
        registry = build_registry()
        assert not registry.broken, registry.broken
        heavy = {"torch", "scanpy", "anndata", "pandas", "sklearn", "omnipath"} & set(sys.modules)
        assert not heavy, heavy
    """
    subprocess.run([sys.executable, "-P", "-c", textwrap.dedent(code)], check=True)
