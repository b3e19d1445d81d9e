"""Records as tables: which records belong together, which columns there are, how a cell reads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bengrn.record import Record
from bengrn.report.rows import SeedMean, join_rows

__all__ = [
    "Column",
    "compat_columns",
    "cost_columns",
    "enrichment_columns",
    "group",
    "label_of",
    "rows_of",
    "strict_columns",
    "text_column",
]


@dataclass(frozen=True)
class Column:
    """A column: its title, and what a finished record says in it.

    Parameters
    ----------
    title
        Its head.
    cell
        Record to text; "-" for nothing.
    is_text
        Whether it reads from the left.
    score
        Mode and metric that it shows or is made of, if there is one: then it has a gate.
    note
        What a reader must know of it, or nothing.
    """

    title: str
    cell: Callable[[Record], str]
    is_text: bool = False
    score: tuple[str, str] | None = None
    note: str = ""


def text_column(
    title: str, texts: Mapping[str, str], *, score: tuple[str, str] | None = None, note: str = ""
) -> Column:
    """Return a column of what was worked out elsewhere, such as ranks.

    Parameters
    ----------
    title
        Its head.
    texts
        Key of a record -> its cell; of several seeds in one row, the key of the first.
    score, note
        As of a `Column`.
    """
    return Column(title, lambda record: texts.get(record.key, "-"), is_text=True, score=score, note=note)


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
        return text + (f", sd {_number(found['sd'])}" if found.get("sd") else "")

    return cell


def _scores(title: str, name: str, mode: str = "strict") -> Column:
    """Return a column of scores."""
    return Column(title, _score(name, mode), score=(mode, name))


def label_of(record: Record) -> str:
    """Return how a row is called: the method, and its seed or how many seeds it has."""
    if isinstance(record, SeedMean):
        return f"{record.label}, {len(record.seeds)} seeds"
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
        Column("method", label_of, is_text=True),
        _scores("AP", "ap"),
        _scores("AP/random", "ap_ratio"),
        _scores("AP lift", "ap_lift"),
        _scores("EPR", "epr"),
        _scores("EPR lift", "epr_lift"),
        _scores("AUROC", "auroc"),
        Column("infer s", _seconds),
    ]


def compat_columns() -> list[Column]:
    """Return the columns that reproduce published numbers, named as what they are."""
    return [
        Column("method", label_of, is_text=True),
        _scores("'EPR' (odds ratio)", "epr_published", "compat"),
        _scores("AUPRC (quantiles)", "auprc_quantile", "compat"),
        _scores("AUPRC - random", "auprc_minus_random", "compat"),
        _scores("random", "random_precision", "compat"),
    ]


def enrichment_columns(records: Sequence[Record]) -> list[Column]:
    """Return the columns of enrichment scores; none where no record has them."""
    if not any("tf_target_enrichment" in record.scores.get("strict", {}) for record in records):
        return []
    null = "null_percent"

    def by_chance(record: Record) -> str:
        return _number(record.scores.get("strict", {}).get("tf_target_enrichment", {}).get(null))

    return [
        Column("method", label_of, is_text=True),
        _scores("TF targets %", "tf_target_enrichment"),
        Column("by chance %", by_chance),
        _scores("TFs", "tf_enrichment"),
        _scores("cell type", "cell_type_enrichment"),
        _scores("TF targets % (compat)", "tf_target_enrichment", "compat"),
        _scores("TFs (compat)", "tf_enrichment", "compat"),
    ]


def cost_columns() -> list[Column]:
    """Return the columns of the timing table."""

    def phase(name: str, what: str) -> Callable[[Record], str]:
        def cell(record: Record) -> str:
            timing = record.timings.get(name)
            return "-" if timing is None else f"{timing[what]:.2f}"

        return cell

    return [
        Column("method", label_of, is_text=True),
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


def rows_of(members: Iterable[Record]) -> list[Record]:
    """Return the rows of a task's table: finished records, seeds of one method joined, in order."""
    return sorted(join_rows(list(members)), key=_order)


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
        rows = "transcription factors" if report.get("universe") == "tf" else "regulators"
        trained_on = report.get("trained_on", {})
        rows += f" held out from head selection by {trained_on['truth']}" if "share" in trained_on else ""
        title += (
            f"; {report['regulators']:,} {rows} x {report['targets']:,} targets = {pairs:,.0f} pairs, "
            f"{true:,.0f} true ({share:.2%})"
        )
    return title
