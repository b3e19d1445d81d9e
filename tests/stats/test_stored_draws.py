"""Draws on disk: whole, checked, named after their content, merged by copying."""

import dataclasses
import shutil

import numpy as np
import pytest

from bengrn.errors import StoreError
from bengrn.record import Record
from bengrn.stats.drawn import Drawn
from bengrn.stats.interval import ARCSINE, IDENTITY, LOG, counts_scale
from bengrn.stats.stored import draws_digest
from bengrn.store import Store

SCALES = {"ap": LOG, "auroc": ARCSINE, "epr": counts_scale(0.07), "mine": IDENTITY}


def _draws(seed=0):
    rng = np.random.default_rng(seed)
    moved = rng.random((len(SCALES), 100)).astype(np.float32)
    moved[2, 3] = np.nan
    return {
        name: Drawn(0.5 + number / 7, moved[number], scale, 20, 12.5 + number, number % 2, number > 1)
        for number, (name, scale) in enumerate(SCALES.items())
    }


def _record(keys):
    return Record(
        key="a" * 64, status="ok", method={"name": "m"}, truth={"name": "t"}, data={}, seed=0, keys=keys
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "reports")


def test_draws_come_back_as_they_were(store):
    draws = _draws()
    back = store.read_draws(_record(store.write_draws(draws)))
    for name, one in draws.items():
        other = back[name]
        np.testing.assert_array_equal(other.draws_D, one.draws_D)
        same = ("value", "n_regulators", "n_effective", "direction", "as_ratio")
        assert [getattr(other, fact) for fact in same] == [getattr(one, fact) for fact in same]
        assert (other.scale.name, other.scale.unit) == (one.scale.name, one.scale.unit)
        assert other.scale.forth(np.array(0.3)) == one.scale.forth(np.array(0.3))


def test_equal_draws_are_one_file(store):
    assert store.write_draws(_draws()) == store.write_draws(_draws())
    assert len(list((store.root / "draws").iterdir())) == 1


def test_another_number_is_another_file(store):
    assert store.write_draws(_draws(0)) != store.write_draws(_draws(1))
    changed = {**_draws(), "ap": dataclasses.replace(_draws()["ap"], n_effective=1.0)}
    assert draws_digest(changed) != draws_digest(_draws())


def test_no_draws_leave_no_file(store):
    assert store.write_draws({}) == {}
    assert not (store.root / "draws").exists()


def test_a_record_without_draws_says_what_to_do(store):
    with pytest.raises(StoreError, match=r"--draws 0, or by an earlier version. Run"):
        store.read_draws(_record({}))


def test_a_missing_file_says_that_draws_are_copied_with_records(store):
    record = _record(store.write_draws(_draws()))
    next((store.root / "draws").iterdir()).unlink()
    with pytest.raises(StoreError, match=r"copied with them.*--force"):
        store.read_draws(record)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-300]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not an npz"),
        lambda path: path.write_bytes(path.read_bytes().replace(b"draws/ap", b"draws/xx")),
        lambda path: np.savez(path, about=np.array("[]")),
        lambda path: np.savez(path, about=np.array("{")),
    ],
)
def test_a_damaged_file_is_one_clear_line(store, damage):
    record = _record(store.write_draws(_draws()))
    damage(next((store.root / "draws").iterdir()))
    with pytest.raises(StoreError, match=r"no whole file of draws .*--force") as refused:
        store.read_draws(record)
    assert len(str(refused.value).splitlines()) == 1


def test_draws_of_another_network_are_refused(store):
    record, other = (_record(store.write_draws(_draws(seed))) for seed in (0, 1))
    shutil.copy(store.draws_file(other.keys["draws"]), store.draws_file(record.keys["draws"]))
    with pytest.raises(StoreError, match="other draws than its record says"):
        store.read_draws(record)


def test_stores_are_merged_by_copying_files(store, tmp_path):
    record, elsewhere = _record(store.write_draws(_draws())), Store(tmp_path / "elsewhere")
    store.write(record)
    elsewhere.write_draws(_draws(1))
    shutil.copytree(store.root, elsewhere.root, dirs_exist_ok=True)
    (found,) = elsewhere.records()
    assert elsewhere.read_draws(found).keys() == SCALES.keys()


def test_a_full_disk_leaves_no_half_written_draws(store, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.savez_compressed", full)
    with pytest.raises(StoreError, match="No space left on device"):
        store.write_draws(_draws())
    assert list((store.root / "draws").iterdir()) == []
