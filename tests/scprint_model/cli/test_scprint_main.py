"""What the program does with errors that are not its own."""

import errno

import pytest

from scprint_model import cli


def test_a_place_that_cannot_be_written_is_one_line(monkeypatch, capsys):
    def refuse():
        raise PermissionError(errno.EACCES, "Permission denied", "corpus/pairs.bin")

    monkeypatch.setattr(cli, "build", lambda arguments: refuse)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    expected = (
        "scprint: corpus/pairs.bin cannot be used (Permission denied). Choose another place, or make room.\n"
    )
    assert capsys.readouterr().err == expected
