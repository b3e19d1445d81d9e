"""Records as rows: which columns there are, how a cell reads, what the footnotes say."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bengrn.record import Record

__all__ = [
    "Column",
    "compat_columns",
    "cost_columns",
    "enrichment_columns",
    "failures",
    "footnotes",
    "group",
    "strict_columns",
]


@dataclass(frozen=True)
class Column:
    """A column: its title, and what a finished record says in it."""

    title: str
    cell: Callable[[Record], str]
    is_text: bool = False


def _number(value: float | None) -> str:
    """Return a number with three significant digits."""
    if value is None:
        return "-"
    if value != 0 and abs(value) < 0.001:
        return f"{value:.2e}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _score(name: str, mode: str = "strict") -> Callable[[Record], str]:
    """Return a cell with a score, and its interval where there is one."""

    def cell(record: Record) -> str:
        found = record.scores.get(mode, {}).get(name)
        if found is None or found["value"] is None:
            return "-"
        text = _number(found["value"])
        if found.get("low") is not None:
            text += f" [{_number(found['low'])}, {_number(found['high'])}]"
        return text

    return cell


def _label(record: Record) -> str:
    seed = f" seed {record.seed}" if record.seed else ""
    return record.label + seed


def _seconds(record: Record) -> str:
    timing = record.timings.get("infer")
    if timing is None:
        return "-"
    return f"{timing['wall_s']:.1f}" + ("*" if timing.get("stored") else "")


def _memory(record: Record) -> str:
    peak = record.resources.get("peak_memory_bytes")
    return "-" if peak is None else f"{peak / 2**30:.2f}"


def strict_columns() -> list[Column]:
    """Return the columns of the headline table."""
    return [
        Column("method", _label, is_text=True),
        Column("AP", _score("ap")),
        Column("AP/random", _score("ap_ratio")),
        Column("AP lift", _score("ap_lift")),
        Column("EPR", _score("epr")),
        Column("EPR lift", _score("epr_lift")),
        Column("AUROC", _score("auroc")),
        Column("infer s", _seconds),
    ]


def compat_columns() -> list[Column]:
    """Return the columns that reproduce published numbers, named as what they are."""
    return [
        Column("method", _label, is_text=True),
        Column("'EPR' (odds ratio)", _score("epr_published", "compat")),
        Column("AUPRC (quantiles)", _score("auprc_quantile", "compat")),
        Column("AUPRC - random", _score("auprc_minus_random", "compat")),
        Column("random", _score("random_precision", "compat")),
    ]


def enrichment_columns(records: Sequence[Record]) -> list[Column]:
    """Return the columns of enrichment scores; none where no record has them."""
    if not any("tf_target_enrichment" in record.scores.get("strict", {}) for record in records):
        return []
    null = "null_percent"

    def by_chance(record: Record) -> str:
        return _number(record.scores.get("strict", {}).get("tf_target_enrichment", {}).get(null))

    return [
        Column("method", _label, is_text=True),
        Column("TF targets %", _score("tf_target_enrichment")),
        Column("by chance %", by_chance),
        Column("TFs", _score("tf_enrichment")),
        Column("cell type", _score("cell_type_enrichment")),
        Column("TF targets % (compat)", _score("tf_target_enrichment", "compat")),
        Column("TFs (compat)", _score("tf_enrichment", "compat")),
    ]


def cost_columns() -> list[Column]:
    """Return the columns of the timing table."""

    def phase(name: str, what: str) -> Callable[[Record], str]:
        def cell(record: Record) -> str:
            timing = record.timings.get(name)
            return "-" if timing is None else f"{timing[what]:.2f}"

        return cell

    return [
        Column("method", _label, is_text=True),
        Column("load s", phase("load", "wall_s")),
        Column("infer s", phase("infer", "wall_s")),
        Column("infer CPU s", phase("infer", "cpu_s")),
        Column("score s", phase("score", "wall_s")),
        Column("peak GiB", _memory),
        Column("workers", lambda record: str(record.resources.get("cpus", "-"))),
        Column("key", lambda record: record.key[:12], is_text=True),
    ]


def group(records: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    """Return the records by task, each with a title; controls first, then the best AP first."""
    tasks: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        key = (_truth(record), str(record.data.get("name")), str(record.data.get("cell_type")),
               str(record.task.get("digest") or (record.key if record.ok else "")))  # fmt: skip
        tasks.setdefault(key, []).append(record)
    merged = _join_failures(tasks)
    return [(_title(members), sorted(members, key=_order)) for members in merged]


def _join_failures(tasks: dict[tuple[str, ...], list[Record]]) -> list[list[Record]]:
    """Put failures that know no task digest beside records of the same truth, data and cells."""
    merged: dict[tuple[str, ...], list[Record]] = {}
    for key, members in sorted(tasks.items(), key=lambda item: item[0], reverse=True):
        home = next((other for other in merged if other[:3] == key[:3]), None) if not key[3] else None
        merged.setdefault(home or key, []).extend(members)
    return list(reversed(merged.values()))


def _order(record: Record) -> tuple[bool, bool, float, str]:
    control = record.method.get("origin") == "control"
    return (not record.ok, not control, -(record.value("ap") or 0.0), record.label)


def _truth(record: Record) -> str:
    preset = record.truth.get("preset")
    changed = "".join(f" {key}={value}" for key, value in sorted(record.truth.get("changed", {}).items()))
    return f"{record.truth['name']}{':' + preset if preset else ''}{changed}"


def _title(records: Sequence[Record]) -> str:
    """Return what a table is about: the truth, the data and the candidates."""
    record = next((one for one in records if one.ok), records[0])
    report = record.task.get("report", {})
    cells = record.data.get("cell_type") or ("all cells" if "cells" in report else "")
    title = f"{_truth(record)} on {record.data.get('name')}" + (f", {cells}" if cells else "")
    if "cells" in report:
        title += f": {report['cells']:,} cells x {report['genes']:,} genes"
    if record.ok:
        pairs, true = record.value("n_candidates"), record.value("n_positive")
        share = record.value("random_precision") or 0.0
        title += (
            f"; {report['regulators']:,} regulators x {report['targets']:,} targets = {pairs:,.0f} pairs, "
            f"{true:,.0f} true ({share:.2%})"
        )
    return title


def failures(records: Iterable[Record]) -> list[str]:
    """Return one line for each record without scores: who, how and why."""
    return [
        f"{_label(record)}: {record.status}: {' '.join(record.reason.split())}"
        for record in records
        if not record.ok
    ]


def _verdict(records: Sequence[Record]) -> str:
    """Say which methods know more than degrees tell, as far as this table shows."""
    lifts = {
        record.label: record.scores["strict"]["ap_lift"]
        for record in records
        if record.method.get("origin") != "control" and "ap_lift" in record.scores.get("strict", {})
    }
    above = [label for label, lift in lifts.items() if (lift.get("low") or 0.0) > 1]
    if not lifts:
        return "Only controls were run: add a method."
    if not above:
        return "Above the null: no method; every interval of the AP lift reaches 1 or less."
    return f"Above the null, by the interval of the AP lift: {', '.join(above)}."


def footnotes(records: Sequence[Record]) -> list[str]:
    """Return what a reader of the table must know, each once."""
    done = [record for record in records if record.ok]
    notes = []
    scores = [(name, cell) for record in done for name, cell in record.scores.get("strict", {}).items()]
    if any(cell.get("low") is not None for _, cell in scores):
        notes.append("[low, high]: 95 % bootstrap over regulators.")
    if any(name.endswith("_lift") and cell["value"] is not None for name, cell in scores):
        notes.append(
            "Lift: over the mean of a degree-preserving null of the truth; 1 = no more than degrees tell."
        )
        notes.append(_verdict(done))
    if any(record.timings.get("infer", {}).get("stored") for record in done):
        notes.append("* inferred earlier; the network came from the store.")
    report = done[0].task.get("report", {}) if done else {}
    if "genes_mapped" in report:
        total = report["genes_mapped"] + report.get("genes_ambiguous", 0) + report.get("genes_lost", 0)
        notes.append(
            f"Gene names: {report['gene_ids']}, {report['genes_mapped'] / total:.1%} of {total:,} mapped."
        )
    shared = set.intersection(*(set(record.warnings) for record in done)) if done else set()
    notes += [f"Note: {text}." for text in sorted(shared)]
    for record in done:
        notes += [f"{record.label}: {text}." for text in record.warnings if text not in shared]
    return notes
