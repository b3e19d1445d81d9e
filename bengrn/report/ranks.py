"""Records and their draws to comparisons: differences of pairs, and the ranks that methods may have."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import stdev
from typing import Any

from bengrn.errors import SettingError, StoreError
from bengrn.record import Record
from bengrn.report.entries import Entry, entries_of, newest
from bengrn.stats.compare import mean_over_seeds
from bengrn.stats.drawn import Drawn
from bengrn.stats.family import Pair, compare_all, rank_intervals

__all__ = ["Comparison", "DrawsOf", "Standing", "compare_entries", "rank_cells"]

# how a store hands out the draws of a record; a StoreError says why there are none
DrawsOf = Callable[[Record], Mapping[str, Drawn]]


@dataclass(frozen=True)
class Standing:
    """A method in a comparison.

    Parameters
    ----------
    name
        What it is called.
    value
        The metric; over several seeds their mean on the metric's scale.
    seeds
        How many were run.
    seed_sd
        Standard deviation over them; None for one.
    ranks
        Lowest and highest rank that it may have.
    """

    name: str
    value: float
    seeds: int
    seed_sd: float | None
    ranks: tuple[int, int]

    @property
    def rank(self) -> str:
        """The ranks as text, "2" or "2-4"."""
        low, high = self.ranks
        return f"{low}" if low == high else f"{low}-{high}"


@dataclass(frozen=True)
class Comparison:
    """Methods compared on one task by one metric.

    Parameters
    ----------
    metric
        Its name.
    as_ratio
        Whether differences are ratios.
    standings
        The best rank first.
    pairs
        Every two of them.
    left_out
        Lines that say who could not be compared, and why.
    """

    metric: str
    as_ratio: bool
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    left_out: tuple[str, ...]


def compare_entries(
    entries: Sequence[Entry],
    draws_of: DrawsOf,
    *,
    metric: str = "ap_lift",
    level: float = 0.95,
    margin: float | None = None,
) -> Comparison:
    """Compare every two methods of one task, adjusted for all pairs of them.

    Parameters
    ----------
    entries
        The methods.
    draws_of
        Record -> metric -> draws.
    metric, level, margin
        What is compared, and how (`compare_all`).

    Raises
    ------
    SettingError
        If the metric describes networks and none is the better for it.
    """
    left_out: list[str] = []
    drawn = {one.name: _drawn(one, draws_of, metric, left_out) for one in entries}
    paired = _paired({one.name: drawn[one.name] for one in entries if drawn[one.name]}, metric, left_out)
    methods = {name: [one for _, one in seeds] for name, seeds in paired.items()}
    if any(one.direction == 0 for seeds in methods.values() for one in seeds):
        raise SettingError(f"{metric} describes a network: neither a high nor a low one is better.")
    pairs = compare_all(methods, level=level, margin=margin)
    ranks = rank_intervals(list(methods), pairs)
    standings = [
        Standing(name, mean_over_seeds(seeds), len(seeds), _spread(seeds), ranks[name])
        for name, seeds in methods.items()
    ]
    direction = next((seeds[0].direction for seeds in methods.values()), 1)
    standings.sort(key=lambda one: (one.ranks, -direction * one.value))
    as_ratio = all(one.as_ratio for seeds in methods.values() for one in seeds)
    return Comparison(metric, as_ratio, tuple(standings), tuple(pairs), tuple(left_out))


def rank_cells(
    records: Sequence[Record], draws_of: DrawsOf, *, metric: str = "ap_lift", level: float = 0.95
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the ranks that the methods of one task may have, as cells of its leaderboard.

    Parameters
    ----------
    records
        Of one task, as a leaderboard shows them. Controls have no rank.
    draws_of
        Record -> metric -> draws; of a store, `Store.read_draws`.
    metric
        What methods are ranked by.
    level
        At which all ranks hold together.

    Returns
    -------
    cells
        Key of a record -> "2-4"; seeds of one method share their ranks. Records without draws, and a
        method alone, have none.
    left_out
        Lines that say which methods have no rank, and why.
    """
    entries = [one for one in entries_of(newest(records)) if not one.is_control]
    found = compare_entries(entries, draws_of, metric=metric, level=level)
    if len(found.standings) < 2:
        return {}, found.left_out
    cells = {one.name: one.rank for one in found.standings}
    ranks = {record.key: cells[one.name] for one in entries if one.name in cells for record in one.records}
    return ranks, found.left_out


def _drawn(entry: Entry, draws_of: DrawsOf, metric: str, left_out: list[str]) -> list[tuple[Record, Drawn]]:
    """Return the draws of a method, one per seed; none, and why, if one seed has none.

    The other seeds alone would flatter it: a score without an interval is often one of 0.
    """
    found, without = list[tuple[Record, Drawn]](), list[str]()
    for record in entry.records:
        seed = f" seed {record.seed}" if record.seed else ""
        cell = record.scores.get("strict", {}).get(metric, {})
        if cell.get("low") is None:
            why = cell.get("reason") or f"the record has no interval of {metric}"
            without.append(f"{entry.name}{seed}: {why}")
            continue
        try:
            found.append((record, draws_of(record)[metric]))
        except StoreError as error:
            without.append(f"{entry.name}{seed}: {error}")
        except KeyError:
            without.append(f"{entry.name}{seed}: its draws lack {metric}. Run it again with --force.")
    left_out += without
    return [] if without else found


def _paired(
    methods: Mapping[str, list[tuple[Record, Drawn]]], metric: str, left_out: list[str]
) -> dict[str, list[tuple[Record, Drawn]]]:
    """Keep what was scored alike, as most are; of draws that differ no difference can be made."""
    ways = [_way(record, metric) for seeds in methods.values() for record, _ in seeds]
    if not ways:
        return {}
    most = dict(Counter(tuple(one.items()) for one in reversed(ways)).most_common(1)[0][0])
    kept: dict[str, list[tuple[Record, Drawn]]] = {}
    for name, seeds in methods.items():
        for record, one in seeds:
            other = {what: value for what, value in _way(record, metric).items() if value != most[what]}
            if not other:
                kept.setdefault(name, []).append((record, one))
                continue
            what, value = next(iter(other.items()))
            left_out.append(
                f"{name}: scored with {what} {value}, the others with {most[what]}; run it as the others."
            )
    return kept


def _way(record: Record, metric: str) -> dict[str, Any]:
    """Return what must be the same for draws to be paired."""
    scoring = record.ingredients.get("scoring", {})
    way = {
        "task": str(record.task.get("digest"))[:12],
        "pairs": str(record.universe.get("digest"))[:12],
        "--draws": scoring.get("bootstrap_draws"),
        "score version": scoring.get("version"),
        f"{metric} version": record.scores["strict"][metric].get("version"),
    }
    return {**way, "--nulls": scoring.get("null_draws")} if metric.endswith("_lift") else way


def _spread(seeds: Sequence[Drawn]) -> float | None:
    return stdev(one.value for one in seeds) if len(seeds) > 1 else None
