"""Published beside measured, as a Markdown page and as lines for a terminal."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from bengrn.record import Record
from bengrn.report.page import escape
from bengrn.report.published import VERDICTS, PublishedRow, published_rows
from bengrn.report.published_table import MEANINGS, reasons

__all__ = ["published_page", "summary_lines"]

_TITLES = {
    "omnipath": "OmniPath, per cell type (figures 2 and S2)",
    "omnipath-means": "OmniPath, the means that figure 2 prints",
    "mccalla": "McCalla et al. (figure 3)",
    "S5": "Table S5: SERGIO",
    "S7": "Table S7: truth in truth",
    "S8": "Table S8: K562 controls against OmniPath",
    "S9": "Table S9: McCalla's cells against OmniPath",
    "notebook-networks": "Recorded in notebooks (figure 3C, FIG S4 and others)",
    "early": "An early table of enrichments",
    "denoising": "Denoising (figure data)",
    "S10": "Table S10: denoising",
    "notebook-denoising": "Denoising, recorded in notebooks",
    "notebook-embedding": "Embedding, recorded in notebooks",
    "notebook-classification": "Classification, recorded in notebooks",
    "ablation": "Ablation (figure data)",
    "S2": "Table S2: models",
    "S3": "Table S3: ablation",
    "S4": "Table S4: time",
    "S11": "Table S11: genes of B cells",
    "S12": "Table S12: hubs of fibroblasts",
    "S13": "Table S13: labels",
}
_ABOUT = """\
# Published beside measured

Made by `bengrn report --published` from the numbers that the scPRINT paper (https://doi.org/10.1038/s41467-025-58699-1),
its figure data and its notebooks hold, and from the records beside this page; not edited. `docs/published.md`
says how to read it.
"""


def published_page(records: Sequence[Record]) -> str:
    """Return the page: verdicts, what is measured, every printed row, and the reasons."""
    rows = published_rows(records)
    parts = [_ABOUT, *_verdicts(rows), "", *_measured(rows)]
    for table, members in groupby(rows, key=lambda one: one.printed.table):
        parts += ["", *_table(table, list(members))]
    parts += ["", "## Reasons", "", "| code | status | why |", "|:--|:--|:--|"]
    used = {code for row in rows for code in row.printed.codes}
    parts += [f"| {one.code} | {one.status} | {one.text} |" for one in reasons().values() if one.code in used]
    return "\n".join(parts) + "\n"


def summary_lines(rows: Sequence[PublishedRow]) -> list[str]:
    """Return lines for a terminal: how many of each verdict, and what is measured."""
    counts = _counts(rows)
    lines = [f"{verdict:<18} {counts[verdict]:>5,}" for verdict in VERDICTS]
    for row in rows:
        if row.is_measured:
            lines.append(
                f"{row.verdict}: {_what(row)}, {row.printed.metric} {row.printed.printed} printed, "
                f"{_number(row.compat)} here, strict {_strict(row)} ({row.because})"
            )
    return lines


def _counts(rows: Iterable[PublishedRow]) -> dict[str, int]:
    counts: dict[str, int] = dict.fromkeys(VERDICTS, 0)
    for row in rows:
        counts[row.verdict] += 1
    return counts


def _verdicts(rows: Sequence[PublishedRow]) -> list[str]:
    """Return the numbers of each table by verdict."""
    lines = ["| numbers of | " + " | ".join(VERDICTS) + " |", "|:--" + "|--:" * len(VERDICTS) + "|"]
    for table, members in groupby(rows, key=lambda one: one.printed.table):
        counts = _counts(members)
        lines.append(f"| {_TITLES[table]} | " + " | ".join(f"{counts[one]:,}" for one in VERDICTS) + " |")
    counts = _counts(rows)
    lines.append("| all | " + " | ".join(f"{counts[one]:,}" for one in VERDICTS) + " |")
    return lines


def _measured(rows: Sequence[PublishedRow]) -> list[str]:
    """Return the table of printed numbers that have one of ours beside them, and where ours come from."""
    titles = (
        "row",
        "number",
        "printed",
        "is",
        "here, as published",
        "here, strict",
        "verdict",
        "why",
        "from",
    )
    lines = ["## Measured here", "", *_head(titles)]
    places: dict[str, int] = {}
    for row in rows:
        if row.is_measured:
            printed = row.printed
            ratio = printed.early_precision_ratio
            is_what = printed.meaning.replace("_", " ")
            is_what += f"; early precision ratio {ratio:.3g}" if ratio is not None else ""
            place = places.setdefault(row.where, len(places) + 1)
            cells = (_what(row), printed.metric, printed.printed, is_what, _number(row.compat), _strict(row),
                     row.verdict, row.because, str(place))  # fmt: skip
            lines.append(_joined(cells))
    return [*lines, "", *(f"{place}. {escape(where)}" for where, place in places.items())]


def _table(table: str, rows: Sequence[PublishedRow]) -> list[str]:
    """Return one printed table, a line per printed row, with what its columns mean."""
    own = _codes_of_columns(rows)
    with_ratio = {row.printed.metric for row in rows if row.printed.early_precision_ratio is not None}
    keys = [
        key for key in ("method", "variant", "data", "truth") if len({_key(row, key) for row in rows}) > 1
    ]
    titles = list(keys)
    for metric in own:
        titles += [metric, "as early precision ratio"] if metric in with_ratio else [metric]
    lines = [f"## {_TITLES[table]}", "", *_columns(rows, own), "", *_head([*titles, "verdict", "codes"])]
    for _, members in groupby(rows, key=lambda one: one.printed.line):
        values = {one.printed.metric: one for one in members}
        head = next(iter(values.values()))
        cells = [_key(head, key) for key in keys]
        for metric in own:
            row = values.get(metric)
            cells.append(row.printed.printed if row else "-")
            if metric in with_ratio:
                ratio = row.printed.early_precision_ratio if row else None
                cells.append("-" if ratio is None else f"{ratio:.3g}")
        codes = [
            code for metric, row in values.items() for code in row.printed.codes if code not in own[metric]
        ]
        lines.append(_joined([*cells, head.verdict, " ".join(dict.fromkeys(codes))]))
    return lines


def _codes_of_columns(rows: Sequence[PublishedRow]) -> dict[str, set[str]]:
    """Return the columns in order, each with the codes that hold for all its numbers and not for the row."""
    first = {row.printed.line: {*row.printed.codes} for row in reversed(rows)}
    own: dict[str, set[str]] = {}
    for row in rows:
        more = {*row.printed.codes} - first[row.printed.line]
        own[row.printed.metric] = own.get(row.printed.metric, more) & more
    return own


def _key(row: PublishedRow, key: str) -> str:
    """Return what identifies a printed row; the cell type stands with the data."""
    printed = row.printed
    if key == "data":
        return ", ".join(filter(None, [printed.data, printed.cell_type]))
    return str(getattr(printed, key))


def _columns(rows: Sequence[PublishedRow], own: dict[str, set[str]]) -> list[str]:
    """Return what each column means, and the codes that hold for it alone."""
    meaning = {row.printed.metric: row.printed.meaning for row in rows}
    sources = sorted({row.printed.source for row in rows if row.printed.source})
    where = sources[0] if len(sources) == 1 else f"{len(sources)} sources, which the shipped table names"
    lines = [f"Source: {escape(where)}.", ""]
    if set(meaning.values()) == {"other"}:
        return lines[:1]
    for metric, what in meaning.items():
        codes = f" ({', '.join(sorted(own[metric]))})" if own[metric] else ""
        lines.append(f"- {escape(metric)}: {escape(MEANINGS[what])}{codes}")
    return lines


def _head(titles: Sequence[str]) -> list[str]:
    return [_joined(titles), "|:--" * len(titles) + "|"]


def _joined(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(escape, cells)) + " |"


def _what(row: PublishedRow) -> str:
    """Return what a printed row is about."""
    printed = row.printed
    named = [printed.method, printed.variant, printed.data, printed.cell_type]
    return ", ".join(filter(None, named)) + (f" against {printed.truth}" if printed.truth else "")


def _strict(row: PublishedRow) -> str:
    """Return the strict score and its interval."""
    if row.strict is None:
        return "-"
    text = f"{row.strict_metric} {_number(row.strict)}"
    return text if row.low is None else f"{text} [{_number(row.low)}, {_number(row.high)}]"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
