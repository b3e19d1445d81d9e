"""What the tests of the simulator share: the original's inputs, and a measure of agreement in law."""

import os
from pathlib import Path

import numpy as np
import pytest

from bengrn_datasets.simulator.network import GeneCircuit


def _numbers(path):
    return [[float(cell) for cell in line.split(",")] for line in path.read_text().splitlines() if line]


@pytest.fixture(scope="session")
def sergio_folder():
    """Return the folder of one of the original's data sets, by number."""

    def find(number):
        mirror = os.environ.get("BENGRN_DATA")
        if not mirror:
            pytest.skip("needs the original's inputs: set BENGRN_DATA")
        found = list((Path(mirror) / "sergio/data_sets").glob(f"*_DS{number}"))
        return found[0] if found else pytest.skip(f"DS{number} is not in BENGRN_DATA")

    return find


@pytest.fixture(scope="session")
def sergio_inputs(sergio_folder):
    """Read circuit and rates of one of the original's data sets, by number."""

    def read(number):
        folder = sergio_folder(number)
        edges, rates = [], {}
        for row in _numbers(next(folder.glob("Interaction*"))):
            n = int(row[1])
            columns = row[2 : 2 + n], row[2 + n : 2 + 2 * n], row[2 + 2 * n : 2 + 3 * n]
            edges += [(int(one), int(row[0]), k, hill) for one, k, hill in zip(*columns, strict=True)]
        for row in _numbers(next(folder.glob("Regs*"))):
            rates[int(row[0])] = row[1:]
        source, target, strength, hill = (np.array(column) for column in zip(*edges, strict=True))
        names = tuple(f"g{position:04d}" for position in range(1 + max(source.max(), target.max())))
        circuit = GeneCircuit(names, source, target, strength, hill)
        return circuit, np.array([rates[master] for master in circuit.masters.tolist()])

    return read


@pytest.fixture(scope="session")
def summaries():
    """Summarise cells (types x cells, G): what two simulators should agree in."""

    def summarise(x_CG, types):
        x_BCG = np.asarray(x_CG, np.float64).reshape(types, -1, x_CG.shape[1])
        pairs = np.triu_indices(x_CG.shape[1], 1)
        return {
            "mean": np.log(x_BCG.mean(axis=1) + 0.01).ravel(),
            "variance": np.log(x_BCG.var(axis=1) + 0.001).ravel(),
            "correlation": np.corrcoef(x_CG.T)[pairs],
            "correlation within a type": np.corrcoef(x_BCG[-1].T)[pairs],
        }

    return summarise


@pytest.fixture(scope="session")
def excess():
    """Tell how far the averages of two groups of runs are apart, in what seeds alone explain: 1 if alike."""

    def measure(ours, theirs, name):
        a, b = (np.array([one[name] for one in group]) for group in (ours, theirs))
        explained = a.var(axis=0, ddof=1) * (1 / len(a) + 1 / len(b))
        return np.sqrt(np.mean((a.mean(axis=0) - b.mean(axis=0)) ** 2) / np.mean(explained))

    return measure
