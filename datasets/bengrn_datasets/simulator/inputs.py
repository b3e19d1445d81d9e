"""What a simulation is given: checked, and with the production that average levels would cause."""

import math

import numpy as np
import numpy.typing as npt

from bengrn_datasets.simulator.network import GeneCircuit

__all__ = ["check_count", "check_rates", "mean_production", "noise_weights", "per_gene"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# the amplitude of the noise is root(P + together D) + apart root(D); two independent normals with the
# amplitudes root(P) and root(D) have the law of one with root(P + D)
_NOISE = {"sp": (0, 0), "spd": (0, 1), "dpd": (1, 0)}


def noise_weights(noise_type: str) -> tuple[int, int]:
    """Return `together` and `apart` of a type of noise (see `steady_state`)."""
    if noise_type not in _NOISE:
        raise ValueError(f"there is no noise type {noise_type!r}; choose one of {', '.join(_NOISE)}")
    return _NOISE[noise_type]


def check_rates(circuit: GeneCircuit, rates_MB: npt.ArrayLike) -> Floats:
    """Return the rates of the M masters in B cell types, positive and finite."""
    rates = np.asarray(rates_MB, np.float64)
    masters = circuit.masters
    if rates.ndim != 2 or rates.shape[0] != len(masters) or rates.shape[1] == 0:
        raise ValueError(
            f"the rates have the shape {rates.shape}; expected ({len(masters)}, B): a row for each master "
            "regulator, in the order of circuit.masters, and a column for each cell type"
        )
    wrong = np.argwhere(~(np.isfinite(rates) & (rates > 0)))
    if len(wrong):
        row, column = wrong[0]
        gene = circuit.genes[masters[row]]
        raise ValueError(
            f"the rate of {gene} in cell type {column} is {rates[row, column]}; it must be positive"
        )
    return rates


def check_count(name: str, value: int, least: int = 1) -> int:
    """Return a number of cells or steps; refuse one that is not whole or too small."""
    if value != int(value) or value < least:
        raise ValueError(f"{name} is {value}; expected a whole number, at least {least}")
    return int(value)


def per_gene(circuit: GeneCircuit, name: str, value: npt.ArrayLike, *, zero: bool = False) -> Floats:
    """Return a positive setting (or zero, where allowed), one number for all genes or one each, as (G,)."""
    given = np.asarray(value, np.float64)
    if given.shape not in ((), (len(circuit.genes),)):
        raise ValueError(f"{name} has the shape {given.shape}; expected one number, or {len(circuit.genes)}")
    least = 0.0 if zero else math.nextafter(0, 1)
    if not (np.isfinite(given) & (given >= least)).all():
        found = given.min() if np.isfinite(given).all() else "not finite"
        raise ValueError(f"{name} is {found}; it must be {'zero or ' if zero else ''}positive")
    return np.broadcast_to(given, (len(circuit.genes),)).copy()


def mean_production(circuit: GeneCircuit, genes: Integers, mean_GB: Floats, base_GB: Floats) -> Floats:
    """Return the production (N, B) of `genes` if all their regulators stood at their means.

    The half response of a regulator is its mean over all cell types, here as in the simulation.

    Parameters
    ----------
    genes
        Positions of N genes whose regulators' means are known.
    mean_GB
        The mean level of each gene in each type.
    base_GB
        Production that does not depend on regulators: the rates of masters, zero elsewhere.
    """
    here = np.isin(circuit.target_E, genes)
    regulator_E, strength_E = circuit.regulator_E[here], circuit.strength_E[here, None]
    mean_EB = mean_GB[regulator_E]
    half_E = mean_GB.mean(axis=1)[regulator_E, None]
    inverse_EB = np.divide(half_E, mean_EB, out=np.full_like(mean_EB, np.inf), where=mean_EB > 0)
    with np.errstate(over="ignore"):
        share_EB = 1 / (1 + inverse_EB ** circuit.hill_E[here, None])
    caused_EB = np.abs(strength_E) * np.where(strength_E > 0, share_EB, 1 - share_EB)
    production_GB = base_GB.copy()
    np.add.at(production_GB, circuit.target_E[here], caused_EB)
    return production_GB[genes]
