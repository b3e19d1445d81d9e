"""What a method says is handed over once."""

from bengrn.notes import note, taken_notes


def test_notes_are_taken_once_and_said_twice_kept_once(capsys):
    taken_notes()
    note("stopped  early")
    note("stopped early")
    assert taken_notes() == ["stopped early"]
    assert taken_notes() == []
    assert "note: stopped early" in capsys.readouterr().err
