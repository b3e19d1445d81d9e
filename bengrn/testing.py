"""The conformance kit: what every method must hold, for its author to check.

`bengrn validate NAME-or-FILE` runs it; in a test file, two lines do:

    from bengrn.testing import method_checks
    test_my_method = method_checks("my-method")

`expected_failures` names checks that a method cannot hold, with the reason; one that passes after all
is reported.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bengrn.conformance import classify, denoise, embed, heads, networks
from bengrn.errors import BengrnError
from bengrn.registry import build_registry
from bengrn.request import parse_named
from bengrn.resolve import Chosen, choose

__all__ = ["CHECKS", "Outcome", "find_method", "method_checks", "validate_method"]


@dataclass(frozen=True)
class Outcome:
    """How a check went: "passed", "failed", "expected failure", "unexpected pass" or "skipped"."""

    check: str
    result: str
    message: str = ""

    @property
    def good(self) -> bool:
        """Whether this is no reason to worry."""
        return self.result in ("passed", "expected failure", "skipped")


Check = Callable[[Any], None]
_NETWORKS: Mapping[str, Check] = {
    "rows-are-regulators": networks.check_rows_are_regulators,
    "direction": networks.check_direction,
    "gene-order": networks.check_gene_order,
    "cell-order": networks.check_cell_order,
    "seed": networks.check_seed,
    "input-unmodified": networks.check_input_unmodified,
    "silence": networks.check_silence,
    "difficult-genes": networks.check_difficult_genes,
    "empty-input": networks.check_empty_input,
    "heads": heads.check_heads,
    "heads-direction": heads.check_heads_direction,
}
_DENOISED: Mapping[str, Check] = {
    "gene-order": denoise.check_gene_order,
    "cell-order": denoise.check_cell_order,
    "seed": denoise.check_seed,
    "input-unmodified": denoise.check_input_unmodified,
    "silence": denoise.check_silence,
    "difficult-genes": denoise.check_difficult_genes,
    "empty-input": denoise.check_empty_input,
    "denoise": denoise.check_denoise,
    "denoise-improves": denoise.check_denoise_improves,
}
_EMBEDDED: Mapping[str, Check] = {
    "gene-order": embed.check_gene_order,
    "cell-order": embed.check_cell_order,
    "seed": embed.check_seed,
    "input-unmodified": embed.check_input_unmodified,
    "silence": embed.check_silence,
    "difficult-genes": embed.check_difficult_genes,
    "empty-input": embed.check_empty_input,
    "one-group": embed.check_one_group,
    "embed": embed.check_embed,
    "embed-groups": embed.check_embed_groups,
}
_LABELLED: Mapping[str, Check] = {
    "gene-order": classify.check_gene_order,
    "cell-order": classify.check_cell_order,
    "seed": classify.check_seed,
    "input-unmodified": classify.check_input_unmodified,
    "silence": classify.check_silence,
    "difficult-genes": classify.check_difficult_genes,
    "empty-input": classify.check_empty_input,
    "one-group": classify.check_one_group,
    "classify": classify.check_classify,
    "classify-groups": classify.check_classify_groups,
}
# capabilities, what is said of a method without them, and the checks of what they make
_KITS: tuple[tuple[tuple[str, ...], str, Mapping[str, Check]], ...] = (
    (("infer", "from_truth", "heads"), "it infers no network", _NETWORKS),
    (("denoise",), "it does not denoise", _DENOISED),
    (("embed",), "it does not embed", _EMBEDDED),
    (("classify",), "it does not classify", _LABELLED),
)
CHECKS: tuple[str, ...] = tuple(dict.fromkeys(check for *_, kit in _KITS for check in kit))
# a control knows nothing, or the answer: finding what was planted is not its business
_NOT_FOR_CONTROLS = ("direction", "heads-direction", "denoise-improves", "embed-groups", "classify-groups")
_NOT_FOR_READERS = ("empty-input",)


def validate_method(
    method: Chosen, check: str, expected_failures: Mapping[str, str] | None = None
) -> Outcome:
    """Run one check on a method.

    Raises
    ------
    BengrnError
        If a check does not exist.
    """
    expected = {**getattr(method.instance, "expected_failures", {}), **(expected_failures or {})}
    unknown = {check, *expected} - set(CHECKS)
    if unknown:
        raise BengrnError(f"There is no check {min(unknown)!r}. Checks: {', '.join(CHECKS)}.")
    reason = _skipped(check, method)
    if reason:
        return Outcome(check, "skipped", reason)
    try:
        for one in _checks_of(method, check):
            one(method.instance)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything; that is the finding
        message = (
            str(error) if isinstance(error, networks.CheckFailedError) else f"{type(error).__name__}: {error}"
        )
        result = "expected failure" if check in expected else "failed"
        return Outcome(check, result, expected.get(check, message))
    return Outcome(check, "unexpected pass" if check in expected else "passed", expected.get(check, ""))


def _checks_of(method: Chosen, check: str) -> list[Check]:
    """Return what a check runs: on the networks of a method, and on all else that it makes."""
    kits = (kit for capabilities, _, kit in _KITS if any(method.can(one) for one in capabilities))
    return [kit[check] for kit in kits if check in kit]


def _skipped(check: str, method: Chosen) -> str:
    """Return why a check does not apply, or nothing."""
    if not _checks_of(method, check):
        return " and ".join(lacking for _, lacking, kit in _KITS if check in kit)
    if check.startswith("heads") and not hasattr(method.instance, "heads"):
        return "it offers no heads"
    if check == "direction" and not (method.can("infer") or method.can("from_truth")):
        return "it offers heads alone: see heads-direction"
    if getattr(method.instance, "origin", "") == "control":
        if check in _NOT_FOR_CONTROLS:
            return "a control finds nothing by itself"
        if hasattr(method.instance, "from_truth") and check in _NOT_FOR_READERS:
            return "a control that reads the truth needs no cells"
    return ""


def find_method(name: str, settings: Mapping[str, object] | None = None) -> Chosen:
    """Return an installed method, or one of a file, with settings."""
    asked = parse_named(name)
    files = [asked.file] if asked.file else []
    return choose(build_registry(files), "method", asked, settings)


def method_checks(
    name: str | Path,
    *,
    settings: Mapping[str, object] | None = None,
    expected_failures: Mapping[str, str] | None = None,
) -> Callable[[str], None]:
    """Return a pytest test that runs every check on a method.

    Parameters
    ----------
    name
        An installed method, `name` or `package/name`, or the path of its file.
    settings
        To make the checks quick, such as {"ntrees": 20}.
    expected_failures
        check -> why the method cannot hold it.
    """
    import pytest

    @pytest.mark.parametrize("check", list(CHECKS))
    def test_conforms(check: str) -> None:
        method = find_method(str(name), settings)
        outcome = validate_method(method, check, expected_failures)
        if outcome.result == "skipped":
            pytest.skip(outcome.message)
        assert outcome.good, f"{name}, {check}: {outcome.result}. {outcome.message}"  # noqa: S101

    return test_conforms
