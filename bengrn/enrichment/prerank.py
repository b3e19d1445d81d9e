"""Prerank GSEA of many rankings and many gene sets in one call.

Scores are those of `gseapy.prerank`; p-values come from random sets of the same size, drawn for each ranking
and set from a stream of their own, so that neither threads nor the rest of the batch change them.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bengrn.enrichment.ranked import Ranked, auroc, rank, row_of
from bengrn.enrichment.table import Prerank
from bengrn.errors import MetricError
from bengrn.fetch import cache_folder
from bengrn.progress import workers

__all__ = ["Prerank", "prerank"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Draws:
    """How random sets are drawn, and which sets are tested."""

    permutations: int
    seed: int
    min_size: int
    max_size: int
    stop_after: int
    keep: bool


@dataclass(frozen=True, eq=False)
class _Tested:
    """One pair of a ranking and a set; `reason` says why it could not be tested, if it could not."""

    ranking: str
    gene_set: str
    reason: str = ""
    size: int = 0
    values: tuple[float, ...] = ()  # ES, NES, p, p_high, AUROC
    null_B: Floats | None = None


def prerank(
    score_RG: Any,
    genes: Sequence[str],
    rankings: Sequence[str],
    sets: Mapping[str, Sequence[str]],
    *,
    pairs: Sequence[tuple[str, str]] | None = None,
    permutations: int = 1000,
    seed: int = 0,
    min_size: int = 1,
    max_size: int | None = None,
    without_own: bool = False,
    magnitude: bool = False,
    keep_null: bool = False,
    stop_after: int = 0,
    empty_ok: bool = False,
) -> Prerank:
    """Test whether gene sets stand high or low in rankings of the same G genes.

    Parameters
    ----------
    score_RG
        Shape (R, G), finite; dense, or CSR where an absent gene scores 0. Ranked from the highest; a gene's
        weight is the magnitude of its score.
    genes, rankings
        G and R names.
    sets
        Name to genes; genes that are not in the ranking are left out.
    pairs
        Which (ranking, set) to test; every set on every ranking, if None.
    permutations
        Random sets per pair.
    seed
        The only source of randomness.
    min_size, max_size
        Sets with fewer or more genes in the ranking are not tested.
    without_own
        Leave the gene that a ranking is named after out of that ranking.
    magnitude
        Rank by the magnitude of the scores.
    keep_null
        Keep the random scores: P x `permutations` numbers.
    stop_after
        Draw no more random sets once so many score as high as the pair itself; never stop early, if 0.
        NES and `p_P` then rest on fewer draws; `p_high_P` is h / draws (Besag & Clifford 1991, Biometrika
        78:301).
    empty_ok
        Return an empty table where no pair can be tested.

    Raises
    ------
    MetricError
        If a score is NaN or infinite, a name is missing, or no pair can be tested, as where no set shares a
        gene with the rankings.

    Notes
    -----
    Equal scores are ordered by a hash of gene and seed: neither the order of the genes nor the alphabet
    matters. A ranking of equal scores is not tested, nor a set that holds all or none of its genes.
    A set whose genes all score 0 gets ES 0 and p 1. Memory: G numbers per thread besides the input.
    """
    # numba would write what it compiles beside the installed code
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "numba"))
    wanted: dict[str, list[str]] = {}
    for ranking, one in pairs if pairs is not None else [(a, b) for a in rankings for b in sets]:
        wanted.setdefault(ranking, []).append(one)
    draws = _Draws(permutations, seed, min_size, max_size or len(genes), stop_after, keep_null)
    place = {gene: position for position, gene in enumerate(genes)}
    members = {name: _members(genes_of, place) for name, genes_of in sets.items()}
    at = {name: position for position, name in enumerate(rankings)}
    _check_names(wanted, at, sets)
    order_G = np.argsort([_hash(seed, gene) for gene in genes], kind="stable")

    def of_ranking(name: str) -> list[_Tested]:
        own = place.get(name, -1) if without_own else -1
        score_G = row_of(score_RG, at[name])
        ranked = rank(name, np.abs(score_G) if magnitude else score_G, order_G, own)
        if isinstance(ranked, str):
            return [_Tested(name, one, ranked) for one in wanted[name]]
        return [_test(ranked, one, members[one], draws) for one in wanted[name]]

    with ThreadPoolExecutor(workers()) as pool:
        tested = [one for several in pool.map(of_ranking, wanted) for one in several]
    if not empty_ok and all(one.reason for one in tested):
        _refuse(tested)
    return _table(tested, draws)


def _refuse(tested: Sequence[_Tested]) -> None:
    """Say why none of the pairs can be tested."""
    example = f" ({tested[0].ranking!r} and {tested[0].gene_set!r}: {tested[0].reason})" if tested else ""
    raise MetricError(
        f"None of {len(tested)} pairs of ranking and gene set can be tested{example}. Expected rankings that "
        "differ from gene to gene, and sets with some of their genes. Are both symbols of one species?"
    )


def _check_names(wanted: Mapping[str, Sequence[str]], at: Mapping[str, int], sets: Mapping[str, Any]) -> None:
    """Refuse a pair of a ranking or a set that there is not."""
    strange = [one for one in wanted if one not in at]
    strange += [one for several in wanted.values() for one in several if one not in sets]
    if strange:
        raise MetricError(
            f"{strange[0]!r} is to be tested, but is no ranking or gene set; name one that is given."
        )


def _members(genes: Sequence[str], place: Mapping[str, int]) -> Positions:
    """Return where the genes of a set are among those of the ranking."""
    return np.array(sorted({place[gene] for gene in genes if gene in place}), dtype=np.int64)


def _hash(seed: int, name: str) -> int:
    """Return 63 random bits that a name and a seed always give."""
    return int.from_bytes(hashlib.blake2b(f"{seed}\t{name}".encode(), digest_size=8).digest(), "little") >> 1


def _test(ranked: Ranked, gene_set: str, members: Positions, draws: _Draws) -> _Tested:
    """Score one set in one ranking, and draw its null."""
    from bengrn.enrichment.kernels import ROUNDING, draw_null, walk

    position_K = np.sort(ranked.rank_G[members])
    position_K = position_K[position_K >= 0]
    n, k = len(ranked.weight_N), len(position_K)
    if not max(draws.min_size, 1) <= k <= min(draws.max_size, n - 1):
        return _Tested(ranked.name, gene_set, f"{k} of its genes are among the {n} of the ranking")
    weight_K = ranked.weight_N[position_K]
    total = float(weight_K.sum())
    es = walk(position_K, weight_K, n, total) if total > 0 else 0.0
    # without weight, no random set can be less extreme
    null_B = np.empty(draws.permutations if total > 0 else 0)
    key = _hash(draws.seed, f"{ranked.name}\t{gene_set}")
    done = draw_null(ranked.weight_N, k, key, es, draws.stop_after, null_B)
    p_values = _significance(es, null_B[:done], draws.stop_after, ROUNDING)
    values = (es, *p_values, auroc(ranked, position_K))
    return _Tested(ranked.name, gene_set, "", k, values, null_B if draws.keep else None)


def _significance(es: float, null_D: Floats, stop_after: int, rounding: float) -> tuple[float, float, float]:
    """Return NES, gseapy's p and the one-sided p of a score, given D random ones."""
    if not len(null_D):
        return 0.0, 1.0, 1.0
    reached = int((null_D >= es - rounding).sum())
    stopped = 0 < stop_after <= reached
    p_high = reached / len(null_D) if stopped else (reached + 1) / (len(null_D) + 1)
    side_S = null_D[null_D >= 0] if es >= 0 else null_D[null_D < 0]
    if not len(side_S):
        return float(np.sign(es)), 1.0, p_high
    extreme = int((np.abs(side_S) >= abs(es) - rounding).sum())
    mean = abs(float(side_S.mean()))
    return es / mean if mean > 0 else 0.0, extreme / len(side_S), p_high


def _table(tested: Sequence[_Tested], draws: _Draws) -> Prerank:
    """Gather the pairs that were tested into arrays."""
    done = [one for one in tested if not one.reason]
    skipped = tuple((one.ranking, one.gene_set, one.reason) for one in tested if one.reason)
    es_P, nes_P, p_P, p_high_P, auroc_P = (
        np.array([one.values for one in done], dtype=np.float64).reshape(-1, 5).T
    )
    nulls = [np.resize(one.null_B, draws.permutations) for one in done if one.null_B is not None]
    return Prerank(
        tuple(one.ranking for one in done),
        tuple(one.gene_set for one in done),
        np.array([one.size for one in done], dtype=np.int64),
        es_P,
        nes_P,
        p_P,
        p_high_P,
        auroc_P,
        np.array(nulls) if draws.keep else None,
        skipped,
    )
