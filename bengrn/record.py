"""One run as a versioned, checkable JSON document. A failure is a record too."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from bengrn.digests import digest_json
from bengrn.errors import StoreError

__all__ = ["SCHEMA", "Record", "Status"]

# 2: what heads a network is made of (a record without them is read as one of 2)
SCHEMA = 2
Status = Literal["ok", "error", "invalid_output", "timeout", "out_of_memory"]


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was asked, what came out, and what it took.

    Parameters
    ----------
    key
        Of the request: the hash of `ingredients`.
    status, reason
        How it ended; one line of why, unless "ok".
    method, truth, data
        Cards: names, versions, settings, sources.
    seed
        Given to the method.
    task
        Digests of the frozen task, and the report of how it was made.
    universe
        Which pairs were scored: rules, counts, and a digest that is equal for equal candidates.
    scores
        mode ("strict", "compat") -> metric -> value, and where there is one low, high, version.
    enrichment
        Where it was asked for: score -> mode -> its rows, per transcription factor or per gene set.
    heads
        Where the network is made of a method's heads: which were selected, by what truth and rule, and
        whether that leaks.
    keys, ingredients
        Content addresses, and all that went into `key`.
    timings
        phase -> wall_s, cpu_s.
    resources, environment
        Peak memory and limits; versions and hardware.
    warnings, log_tail
        What a reader should know; the end of what the method printed.
    created
        UTC, ISO 8601.
    """

    key: str
    status: Status
    reason: str = ""
    method: Mapping[str, Any]
    truth: Mapping[str, Any]
    data: Mapping[str, Any]
    seed: int
    task: Mapping[str, Any] = field(default_factory=dict)
    universe: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    enrichment: Mapping[str, Any] = field(default_factory=dict)
    heads: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    ingredients: Mapping[str, Any] = field(default_factory=dict)
    timings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    log_tail: str = ""
    created: str = ""

    @property
    def ok(self) -> bool:
        """Whether there are scores."""
        return self.status == "ok"

    @property
    def label(self) -> str:
        """How the method is called in tables: its name, its preset or changed settings, its heads."""
        name = str(self.method["name"])
        if self.method.get("preset"):
            name += f":{self.method['preset']}"
        changed = self.method.get("changed", {})
        name += "".join(f" {key}={value}" for key, value in sorted(changed.items()))
        if not self.heads:
            return name
        how = f"leaky: published:{self.heads['recipe']}" if self.heads["leaky"] else "heads"
        return f"{name} ({how} by {self.heads['truth']})"

    def value(self, metric: str, mode: str = "strict") -> float | None:
        """Return a score, or None where there is none."""
        found = self.scores.get(mode, {}).get(metric)
        return None if found is None else found["value"]

    def to_json(self) -> str:
        """Return the record as JSON, with its schema and the digest of its content."""
        body = {"schema": SCHEMA, **dataclasses.asdict(self)}
        return json.dumps({**body, "digest": digest_json(body)}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str) -> "Record":
        """Read what `to_json` wrote.

        Raises
        ------
        StoreError
            If the text is truncated, changed by hand, or of a newer schema.
        """
        try:
            body = json.loads(text)
            schema, digest = body["schema"], body.pop("digest")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{where} is not a whole record ({type(error).__name__}). Delete it and run again."
            ) from error
        if schema > SCHEMA:
            raise StoreError(
                f"{where} has record schema {schema}; this version reads up to {SCHEMA}. Update bengrn."
            )
        if digest != digest_json(body):
            raise StoreError(f"{where} was changed after it was written. Delete it and run again.")
        del body["schema"]
        if body["status"] not in get_args(Status):
            raise StoreError(f"{where} has the unknown status {body['status']!r}. Update bengrn.")
        return cls(**{**body, "warnings": tuple(body["warnings"])})
