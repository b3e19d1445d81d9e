"""Records and their store: whole, checkable, never overwritten."""

import json

import pytest

from bengrn.digests import digest_json
from bengrn.errors import StoreError
from bengrn.record import SCHEMA, Record
from bengrn.store import Store


def _record(**changes):
    base = {
        "key": "a" * 64,
        "status": "ok",
        "method": {"name": "pearson", "origin": "own"},
        "truth": {"name": "omnipath"},
        "data": {"name": "pancreas", "cell_type": None},
        "seed": 0,
        "scores": {"strict": {"ap": {"value": 0.5, "version": "1"}}},
        "created": "2026-01-01T00:00:00+00:00",
    }
    return Record(**{**base, **changes})


def test_a_record_survives_json():
    record = _record(warnings=("low power",))
    assert Record.from_json(record.to_json(), "here") == record


def test_a_truncated_record_is_refused():
    with pytest.raises(StoreError, match="not a whole record"):
        Record.from_json(_record().to_json()[:100], "here")


def test_a_record_changed_by_hand_is_refused():
    text = _record().to_json().replace('"value": 0.5', '"value": 0.9')
    with pytest.raises(StoreError, match="changed after it was written"):
        Record.from_json(text, "here")


def test_a_newer_schema_is_refused():
    body = json.loads(_record().to_json())
    body["schema"] = SCHEMA + 1
    with pytest.raises(StoreError, match="Update bengrn"):
        Record.from_json(json.dumps(body), "here")


def test_a_record_from_before_heads_is_read():
    body = json.loads(_record().to_json())
    del body["heads"], body["digest"]
    body["schema"] = 1
    text = json.dumps({**body, "digest": digest_json(body)})
    assert Record.from_json(text, "here") == _record()


@pytest.mark.parametrize(
    ("heads", "label"),
    [
        ({}, "pearson"),
        ({"truth": "omnipath", "recipe": "strict", "leaky": False}, "pearson (heads by omnipath)"),
        ({"truth": "x", "recipe": "gwps", "leaky": True}, "pearson (leaky: published:gwps by x)"),
    ],
)
def test_the_label_says_what_heads_were_selected_by(heads, label):
    assert _record(heads=heads).label == label


def test_attempts_are_kept_beside_each_other(tmp_path):
    store = Store(tmp_path)
    store.write(_record(status="error", reason="it failed"))
    store.write(_record())
    assert [record.status for record in store.records()] == ["error", "ok"]


def test_a_failure_is_never_served(tmp_path):
    store = Store(tmp_path)
    store.write(_record(status="timeout", reason="too long"))
    assert store.find("a" * 64) is None


def test_the_newest_finished_attempt_is_served(tmp_path):
    store = Store(tmp_path)
    for value in (0.1, 0.2):
        store.write(_record(scores={"strict": {"ap": {"value": value, "version": "1"}}}))
    store.write(_record(status="error", reason="later"))
    assert store.find("a" * 64).value("ap") == 0.2


def test_a_full_or_unwritable_folder_is_one_clear_line(tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, not a folder")
    with pytest.raises(StoreError, match=r"cannot be written .*--out"):
        Store(blocked).check_writable()


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match=r"No space left on device.*make room"):
        Store(tmp_path).write(_record())
    assert list((tmp_path / "records").iterdir()) == []
