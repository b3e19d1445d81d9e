"""What every call of a method must hold: it prints nothing, changes nothing, and refuses in one line."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bengrn.conformance.networks import CheckFailedError
from bengrn.digests import digest_matrix
from bengrn.errors import BengrnError
from bengrn.silence import captured_stdout

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["refuse_changes", "refuse_print", "refused_in_one_line"]


def refuse_print(call: Callable[[], object], name: str) -> None:
    """Refuse a call that prints, by Python or below it; `name` is the method's function."""
    with captured_stdout() as printed:
        call()
    if printed:
        first = printed[0].strip().partition("\n")[0][:60]
        raise CheckFailedError(f"{name} printed {first!r}. Return results; track() shows progress")


def refuse_changes(call: Callable[[], object], name: str, **given: "AnnData") -> None:
    """Refuse a call that changes what it was given, under the names of its arguments."""
    before = {argument: _state(adata) for argument, adata in given.items()}
    call()
    for argument, adata in given.items():
        if _state(adata) != before[argument]:
            raise CheckFailedError(
                f"{name} changed {argument}. Work on a copy: dense_counts({argument}) gives one"
            )


def _state(adata: "AnnData") -> tuple[Any, ...]:
    parts = (adata.obs, adata.var, adata.layers, adata.obsm, adata.varm, adata.uns, adata.obsp, adata.varp)
    names = tuple(adata.var_names), tuple(adata.obs_names)
    columns = {name: tuple(adata.obs[name]) for name in ("batch", "cell_type") if name in adata.obs}
    return digest_matrix(adata.X), *names, str([*map(list, parts)]), columns


def refused_in_one_line(call: Callable[[], object], what: str) -> bool:
    """Call a method with `what` it may refuse; return whether it did, by an error that a user can read."""
    try:
        call()
    except CheckFailedError:
        raise
    except (ValueError, BengrnError) as error:
        if str(error).strip() and "\n" not in str(error).strip():
            return True
        length = "several lines" if str(error).strip() else "no message"
        raise CheckFailedError(
            f"{what} gave a {type(error).__name__} with {length}; expected one clear line"
        ) from error
    except Exception as error:
        raise CheckFailedError(
            f"{what} gave {type(error).__name__}: {error}. Raise ValueError with a clear line"
        ) from error
    return False
