"""Write a new method plug-in: a working start, not a stub."""

import keyword
import re
import shutil
import tempfile
from importlib import resources
from pathlib import Path
from string import Template

from bengrn.errors import SettingError, StoreError

__all__ = ["write_method"]

_FILES = {
    "method.py.template": "{module}.py",
    "test_method.py.template": "test_{module}.py",
    "pyproject.toml.template": "pyproject.toml",
}


def write_method(name: str, where: Path) -> Path:
    """Write a folder with a module, a test and a pyproject, all or nothing.

    Raises
    ------
    SettingError
        If the name cannot name a package.
    StoreError
        If the folder exists or cannot be written.
    """
    module = name.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or keyword.iskeyword(module):
        raise SettingError(f"{name!r} cannot name a method; expected lower-case words joined by '-'.")
    folder = where / name
    if folder.exists():
        raise StoreError(f"{folder} exists already. Choose another name, or move it away.")
    # the suffix keeps the class from hiding what the module imports, such as Network
    fill = {"name": name, "module": module, "class_name": name.title().replace("-", "") + "Method"}
    try:
        where.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".new-", dir=where))
        try:
            for source, target in _FILES.items():
                text = (resources.files("bengrn") / "data" / source).read_text()
                (work / target.format(**fill)).write_text(Template(text).substitute(fill))
            work.chmod(0o755)
            work.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"{where} cannot be written ({error.strerror}).") from error
    return folder
