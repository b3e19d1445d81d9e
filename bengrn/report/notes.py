"""What stands below a table: what a reader must know of it, and what failed."""

from collections.abc import Iterable, Sequence

from bengrn.record import Record
from bengrn.report.gates import Gates, gate_notes
from bengrn.report.rows import SeedMean
from bengrn.report.table import Column, label_of

__all__ = ["failures", "footnotes"]


def failures(records: Iterable[Record]) -> list[str]:
    """Return one line for each record without scores: who, how and why."""
    return [
        f"{label_of(record)}: {record.status}: {' '.join(record.reason.split())}"
        for record in records
        if not record.ok
    ]


def _verdict(records: Sequence[Record], gates: Gates | None) -> str:
    """Say which methods know more than degrees tell, as far as this table shows."""
    gate = gates.by_score.get(("strict", "ap_lift")) if gates else None
    if gate is not None and gate.passed is False:
        return "Above the null: nobody can say; the gate of the AP lift failed."
    lifts = {
        record.label: record.scores["strict"]["ap_lift"]
        for record in records
        if record.method.get("origin") != "control" and "ap_lift" in record.scores.get("strict", {})
    }
    above = [label for label, lift in lifts.items() if (lift.get("low") or 0.0) > 1]
    if not lifts:
        return "Only controls were run: add a method."
    if all(lift.get("low") is None for lift in lifts.values()):
        return "Above the null: nobody can say; no AP lift has an interval."
    if not above:
        return "Above the null: no method; every interval of the AP lift reaches 1 or less."
    return f"Above the null, by the interval of the AP lift: {', '.join(above)}."


def footnotes(
    rows: Sequence[Record], columns: Sequence[Column] = (), gates: Gates | None = None
) -> list[str]:
    """Return what a reader of the table must know, each once.

    Parameters
    ----------
    rows
        Of one table.
    columns
        Those of its columns whose gates are spoken of.
    gates
        What the controls say of these; None where nobody asked.
    """
    done = [record for record in rows if record.ok]
    notes = [*_of_scores(done, gates), *(gate_notes(columns, gates) if gates and done else [])]
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


def _of_scores(done: Sequence[Record], gates: Gates | None) -> list[str]:
    """Return what intervals, spreads over seeds and lifts are."""
    scores = [(name, cell) for record in done for name, cell in record.scores.get("strict", {}).items()]
    notes = []
    if any(cell.get("low") is not None for _, cell in scores):
        notes.append("[low, high]: 95 % bootstrap over regulators.")
    if any(isinstance(record, SeedMean) for record in done):
        notes.append(
            "Several seeds: their mean; sd: over seeds, nothing where all gave the same; [low, high] then "
            "covers regulators and seeds. Every seed has its own record."
        )
    if any(name.endswith("_lift") and cell["value"] is not None for name, cell in scores):
        notes.append(
            "Lift: over the mean of a degree-preserving null of the truth; 1 = no more than degrees tell."
        )
        notes.append(_verdict(done, gates))
    return notes
