"""What is installed: the right top-level names, and the shipped data with them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_holds_the_packages_their_data_and_nothing_else(tmp_path):
    command = [sys.executable, "-P", "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"bengrn", "bengrn_methods", "bengrn_datasets"}
    for path in ROOT.glob("*/bengrn_*/data/*"):
        assert f"{path.parts[-3]}/data/{path.name}" in names
    for path in (ROOT / "bengrn" / "data").iterdir():
        assert f"bengrn/data/{path.name}" in names
