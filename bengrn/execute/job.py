"""A job: all that one process needs to make one record, as JSON."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bengrn.errors import StoreError
from bengrn.request import Named, Scoring

__all__ = ["Job"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One method on one frozen task with one seed.

    Parameters
    ----------
    key, ingredients
        The request's content address, and what it is made of.
    method, settings
        What to run; a file by its absolute path.
    cards
        "method", "truth", "data", and "heads" where some are selected: what the record will say of them.
    seed, scoring
        For the method, and for its score.
    heads
        How the method's heads are selected: "strict", or the name of a published recipe; empty where they
        are not.
    task
        Digest of the frozen task; empty until that is built.
    """

    key: str
    ingredients: Mapping[str, Any]
    method: Named
    settings: Mapping[str, Any]
    cards: Mapping[str, Mapping[str, Any]]
    seed: int
    scoring: Scoring = field(default_factory=Scoring)
    task: str = ""
    heads: str = ""

    def to_json(self) -> str:
        """Return the job as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def read(cls, path: Path) -> "Job":
        """Read what `to_json` wrote.

        Raises
        ------
        StoreError
            If there is no such job, or its file is broken.
        """
        try:
            body = json.loads(path.read_text())
            body["method"] = Named(**{**body["method"], "settings": ()})
            body["scoring"] = Scoring(**body["scoring"])
            return cls(**body)
        except FileNotFoundError as error:
            raise StoreError(
                f"There is no job {path.stem} in this folder. `bengrn run` plans jobs."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"The job {path} is broken ({error}). Run the command that made it again."
            ) from error
