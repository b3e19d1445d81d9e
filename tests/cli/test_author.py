"""For those who write a method: a start that works, and a judge that sees faults."""

import json
import subprocess
import sys


def test_a_new_method_is_valid_and_passes_its_own_test(bengrn, tmp_path):
    assert bengrn("new", "method", "my-idea").code == 0
    folder = tmp_path / "my-idea"
    assert bengrn("validate", folder / "my_idea.py").code == 0
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'my-idea = "my_idea"' in (folder / "pyproject.toml").read_text()


def test_a_new_method_never_overwrites(bengrn, tmp_path):
    (tmp_path / "my-idea").mkdir()
    ran = bengrn("new", "method", "my-idea")
    assert ran.code == 2
    assert "exists already" in ran.message


def test_a_name_that_cannot_be_a_package_is_refused(bengrn):
    ran = bengrn("new", "method", "My Idea!")
    assert ran.code == 2
    assert "lower-case words" in ran.message


def test_validate_prints_each_check_and_fails_for_a_fault(bengrn, method_file):
    ran = bengrn("validate", method_file("print('hello')"))
    assert ran.code == 1
    assert "failed   silence: infer printed 'hello'" in ran.out
    assert "passed   direction" in ran.out


def test_validate_as_json(bengrn, method_file):
    ran = bengrn("validate", method_file(), "--json")
    assert json.loads(ran.out)["valid"] is True


def test_validate_of_something_unknown_is_one_line(bengrn):
    ran = bengrn("validate", "pearsn")
    assert ran.code == 2
    assert "Did you mean 'pearson'?" in ran.message


def test_the_kit_is_a_pytest_plugin(tmp_path, method_file):
    good, bad = method_file(name="good.py"), method_file("print('hello')", name="bad.py")
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n")
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_nothing.py"]
    for path, code in ((good, 0), (bad, 1)):
        done = subprocess.run(
            [*command, "--bengrn-method", str(path)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
    assert "silence: infer printed 'hello'" in done.stdout
