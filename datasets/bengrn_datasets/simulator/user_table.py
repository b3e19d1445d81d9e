"""Reader of a user's own network: a table of source, target, and what is known of each edge."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bengrn_datasets.simulator.recipe import SignedEdges

__all__ = ["UserNetwork", "read_user_network"]

_SIGNS = {"+": 1, "1": 1, "+1": 1, "-": -1, "-1": -1, "0": 0, "?": 0, "": 0}
_COLUMNS = ("source", "target", "sign", "strength", "evidence")


@dataclass(frozen=True)
class UserNetwork:
    """Unique edges, and the strengths of those that have one."""

    edges: SignedEdges
    strengths: Mapping[tuple[str, str], float]


def read_user_network(path: Path) -> UserNetwork:
    """Read a table with a header, separated by tabs or commas.

    Parameters
    ----------
    path
        Columns `source` and `target`; optional are `sign` (+1, -1, or 0 for unknown), `strength` (a signed
        number, which replaces the drawn one) and `evidence` (the least goes first where a cycle is broken).
        Other columns are ignored.

    Raises
    ------
    ValueError
        If a column is missing, a line is malformed or contradicts itself, or an edge is listed twice.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path.name} is not text (byte {error.start}); expected a table in UTF-8"
        ) from error
    header = lines[0] if lines else ""
    table = list(csv.reader(lines, delimiter="\t" if "\t" in header else ","))
    column = {name.strip().lower(): place for place, name in enumerate(table[0] if table else ())}
    lacking = [name for name in ("source", "target") if name not in column]
    if lacking:
        raise ValueError(
            f"{path.name} has no column {lacking[0]!r}; expected a first line with source, target and, if "
            "known, sign, strength, evidence, separated by tabs or commas"
        )
    found: dict[tuple[str, str], tuple[int, float, float]] = {}
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        where = f"{path.name}, line {number}"
        if len(cells) != len(table[0]):
            raise ValueError(
                f"{where} has {len(cells)} values; expected {len(table[0])}, as in the first line"
            )
        value = {name: cells[column[name]].strip() if name in column else "" for name in _COLUMNS}
        pair = (value["source"], value["target"])
        if not all(pair):
            raise ValueError(f"{where} lacks a source or a target")
        if pair in found:
            raise ValueError(f"{where} lists {pair[0]} -> {pair[1]} again; expected each edge once")
        found[pair] = _edge(value, where)
    if not found:
        raise ValueError(f"{path.name} lists no edge")
    pairs = sorted(found)
    return UserNetwork(
        SignedEdges(
            tuple(source for source, _ in pairs),
            tuple(target for _, target in pairs),
            tuple(found[pair][0] for pair in pairs),
            tuple(found[pair][2] for pair in pairs),
        ),
        {pair: strength for pair, (_, strength, _) in found.items() if strength},
    )


def _edge(value: Mapping[str, str], where: str) -> tuple[int, float, float]:
    """Return sign, strength (0 where none is given) and evidence of a line."""
    if value["sign"] not in _SIGNS:
        raise ValueError(f"{where} has the sign {value['sign']!r}; expected +1, -1, or 0 for unknown")
    sign = _SIGNS[value["sign"]]
    strength = _number(value["strength"], "strength", where)
    if value["strength"] and not strength:
        raise ValueError(f"{where} has strength 0; expected a positive or negative number, or leave it empty")
    if sign and strength and (strength > 0) != (sign > 0):
        raise ValueError(f"{where} has the sign {value['sign']} but the strength {value['strength']}")
    if strength:
        sign = 1 if strength > 0 else -1
    return sign, strength, _number(value["evidence"], "evidence", where)


def _number(text: str, what: str, where: str) -> float:
    """Return a finite number; 0 where there is none."""
    try:
        number = float(text or 0)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{where} has the {what} {text!r}; expected a number")
    return number
