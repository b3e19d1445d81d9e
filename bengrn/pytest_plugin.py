"""`pytest --bengrn-method NAME-or-FILE`: the conformance kit as tests of any suite."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bengrn.resolve import Chosen


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("bengrn").addoption(
        "--bengrn-method",
        action="append",
        default=[],
        metavar="NAME",
        help="Run bengrn's conformance checks on an installed method or a file; repeatable.",
    )


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add one test per method and check."""
    names = config.getoption("--bengrn-method")
    if not names:
        return
    from bengrn.testing import CHECKS, find_method

    for name in names:
        method = find_method(name)
        items += [
            _Conformance.from_parent(session, name=f"{name}::{check}", method=method, check=check)
            for check in CHECKS
        ]


class _Conformance(pytest.Item):
    """One check on one method."""

    def __init__(self, *, method: "Chosen", check: str, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self.method = method
        self.check = check

    def runtest(self) -> None:
        """Run the check."""
        from bengrn.testing import validate_method

        outcome = validate_method(self.method, self.check)
        if outcome.result == "skipped":
            pytest.skip(outcome.message)
        if not outcome.good:
            pytest.fail(f"{self.check}: {outcome.message}", pytrace=False)

    def reportinfo(self) -> tuple[str, int | None, str]:
        """Name the test by method and check."""
        return "bengrn", None, self.name
