"""Published beside measured: every printed number, what it means, ours, and a verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from bengrn.record import Record
from bengrn.report.published_names import COMPAT, ENRICHMENT, STRICT, Asked, asked, spread
from bengrn.report.published_table import Measured, Published, half_unit, load_measured, load_published

__all__ = ["VERDICTS", "PublishedRow", "Verdict", "published_rows"]

Verdict = Literal["reproduced", "differs", "not comparable", "not measured here"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """A printed number beside ours.

    Parameters
    ----------
    printed
        The number, its meaning, its reasons.
    verdict, because
        "reproduced", "differs", "not comparable" or "not measured here", and one line of why.
    compat
        Ours by the published definition; None where there is none.
    strict_metric, strict, low, high
        Ours by the right definition, of the same network, and its interval.
    where
        The record or the command that it comes from, or empty.
    """

    printed: Published
    verdict: Verdict
    because: str
    compat: float | None = None
    strict_metric: str = ""
    strict: float | None = None
    low: float | None = None
    high: float | None = None
    where: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether there is a number of ours beside it."""
        return self.compat is not None or self.strict is not None


@dataclass(frozen=True)
class _Deviation:
    """Something in which a record is not the printed run."""

    text: str
    same_question: bool  # otherwise other candidates: numbers that must not be compared


def published_rows(records: Sequence[Record]) -> list[PublishedRow]:
    """Return every shipped number with ours beside it, in the order of the tables.

    A record counts where method, truth, data and cell type are those of the printed row; of several, the one
    that deviates least from the printed run, and of these the newest.

    Parameters
    ----------
    records
        Any; failures are passed over.
    """
    done = [record for record in records if record.ok]
    measured = load_measured()
    found: dict[tuple[str, int], tuple[Record, list[_Deviation]] | None] = {}
    rows = []
    for printed in load_published():
        fact = measured.get((printed.table, printed.line, printed.metric))
        place = printed.table, printed.line
        if place not in found:
            found[place] = _best(printed, done)
        rows.append(_of_fact(printed, fact) if fact else _of_record(printed, found[place]))
    return rows


def _best(printed: Published, records: Iterable[Record]) -> tuple[Record, list[_Deviation]] | None:
    """Return the record that answers a printed row best, and how it deviates."""
    wanted = asked(printed)
    if wanted is None:
        return None
    mine = [(record, _deviations(printed, wanted, record)) for record in records if _answers(wanted, record)]
    mine.sort(key=lambda one: one[0].created, reverse=True)
    return min(mine, key=lambda one: (any(not it.same_question for it in one[1]), len(one[1])), default=None)


def _answers(wanted: Asked, record: Record) -> bool:
    """Whether a record is about the method, truth, data and cells of a printed row."""
    cells = str(record.data.get("cell_type") or "")
    return (
        record.method["name"] == wanted.method
        and record.truth["name"] == wanted.truth
        and wanted.is_data(str(record.data.get("name")))
        and cells.casefold() == wanted.cell_type.casefold()
        and not record.heads  # of selected heads no printed row is asked for by name
    )


def _deviations(printed: Published, wanted: Asked, record: Record) -> list[_Deviation]:
    """Return in what a record is not the printed run: universe, candidates, settings, cells."""
    found = [_Deviation(text, same_question=False) for text in _other_candidates(printed, wanted, record)]
    settings = record.method.get("settings", {})
    for name, value in wanted.settings.items():
        if name in settings and settings[name] != value:
            found.append(_Deviation(f"{name}={settings[name]} here, {value} printed", same_question=True))
    cells = record.task.get("report", {}).get("cells")
    if cells is not None and (cells > wanted.cells or (wanted.exactly and cells != wanted.cells)):
        found.append(_Deviation(f"{cells:,} cells here, {wanted.cells:,} printed", same_question=True))
    return found


def _other_candidates(printed: Published, wanted: Asked, record: Record) -> list[str]:
    """Say what shows that a record's candidates are not the printed ones, or that nothing can show it."""
    found = []
    preset, changed = record.truth.get("preset") or "", record.truth.get("changed", {})
    if preset != wanted.preset or changed:
        name = ":".join(filter(None, [wanted.truth, preset]))
        name += "".join(f" {key}={value}" for key, value in sorted(changed.items()))
        found.append(f"the record is on {name}, the printed row on {wanted.truth_name}")
    ours, pairs = record.value("random_precision", "compat"), record.value("n_candidates")
    theirs = printed.random_precision
    if theirs is None:
        found.append("no random precision is printed, so nothing shows that the candidates are the same")
    elif ours is None or abs(ours - theirs) > (half_unit(printed.random) if printed.random else 1e-6):
        found.append(f"other candidates: random precision {_short(ours)} here, {_short(theirs)} printed")
    if printed.pairs and pairs != printed.pairs:
        found.append(f"{_short(pairs)} candidates here, {printed.pairs:,} printed")
    return found


def _of_fact(printed: Published, fact: Measured) -> PublishedRow:
    """Return the row of something that a command measured."""
    verdict, because = _of_status(printed)
    if not verdict:
        same = abs(fact.compat - (printed.value or 0.0)) <= printed.half_unit
        verdict = "reproduced" if same else "differs"
        because = "to the last printed digit" if same else f"{_short(fact.compat)} here"
    return PublishedRow(
        printed=printed,
        verdict=verdict,
        because=because,
        compat=fact.compat,
        strict_metric=STRICT[printed.meaning] if fact.strict is not None else "",
        strict=fact.strict,
        where="; strict: ".join(filter(None, [fact.command, fact.strict_command])),
    )


def _of_record(printed: Published, found: tuple[Record, list[_Deviation]] | None) -> PublishedRow:
    """Return the row of a printed number and the record that answers it best, if any does."""
    verdict, because = _of_status(printed)
    if found is None:
        if not verdict:
            wanted = asked(printed)
            verdict = "not measured here"
            because = f"no record of {wanted.text}" if wanted else "nothing here measures it yet"
        return PublishedRow(printed=printed, verdict=verdict, because=because)
    record, deviations = found
    compat = record.value(COMPAT.get(printed.meaning, ""), "compat")
    metric = STRICT.get(printed.meaning, "")
    cell: dict[str, Any] = dict(record.scores.get("strict", {}).get(metric, {}))
    if not verdict:
        verdict, because = _judge(printed, record, compat, deviations)
    return PublishedRow(
        printed=printed,
        verdict=verdict,
        because=because,
        compat=compat,
        strict_metric=metric if cell else "",
        strict=cell.get("value"),
        low=cell.get("low"),
        high=cell.get("high"),
        where=f"{record.label} seed {record.seed}, record {record.key[:12]}",
    )


def _of_status(printed: Published) -> tuple[Verdict | Literal[""], str]:
    """Return the verdict on a number that nothing can be compared with; "" where something can."""
    weighty = [one for one in printed.reasons if one.status == printed.status]
    text = "; ".join(one.text for one in weighty)
    if printed.status == "wrong":
        return "not comparable", f"wrong as printed: {text}"
    if printed.status == "not comparable":
        return "not comparable", text
    if printed.status == "other task":
        return "not measured here", f"not a score of a network: {text}"
    return "", ""


def _judge(
    printed: Published, record: Record, compat: float | None, deviations: Sequence[_Deviation]
) -> tuple[Verdict, str]:
    """Compare a printed number with ours of the same row."""
    other = [one.text for one in deviations if not one.same_question]
    settings = "; ".join(one.text for one in deviations if one.same_question)
    if other:
        return "not comparable", "; ".join(other)
    value = printed.value
    if compat is None or value is None:
        return "not measured here", _lacking(printed, record)
    if settings:
        return "differs", settings
    share = spread(record.method["name"], printed.meaning)
    scale = abs(value if printed.auprc_minus_random is None else printed.auprc_minus_random)
    if printed.meaning == "random_precision":
        share = 0.0
    apart = abs(compat - value)
    if apart <= max(printed.half_unit, share * scale):
        known = f"within the {share:.1%} that reruns differ by" if share else "to the last printed digit"
        if printed.is_yes_or_no:
            known = "found in both" if value else "found in neither"
        return "reproduced", known
    beyond = f"more than the {share:.1%} of reruns" if share else "and no rerun is known"
    by = f"by {apart / scale:.1%}" if scale else f"{compat:.3g} here"
    if printed.is_yes_or_no:
        by = "found here" if compat else "not found here"
    return "differs", f"{by}, {beyond}; same candidates and settings, but other cells"


def _lacking(printed: Published, record: Record) -> str:
    """Say why a record holds no number like the printed one."""
    if printed.meaning not in ENRICHMENT:
        return f"the record has no number of this kind ({printed.meaning})"
    cell = record.scores.get("compat", {}).get(COMPAT.get(printed.meaning, ""), {})
    return str(cell.get("reason") or "the record was made without --enrichment")


def _short(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}" if value < 1000 else f"{value:,.0f}"
