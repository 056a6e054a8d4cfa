"""One concept: a named change of a face as directions in the space of codes, and the file it is kept in.

A concept file is safetensors: for each method one float32 vector of shape (latent,), named by the method, and a JSON
description in the metadata (`workbench.core.tensors`):

    {"format": "workbench-concept", "version": 1, "name": "Smiling", "chosen": "balanced-means",
     "model": <fingerprint of the weights>, "data": <where its labels came from>,
     "directions": {"balanced-means": {"sigma": 1.7, "low": -2.4, "high": 3.1, "auc": 0.94,
                    "counts": {"train_with": 1502, "train_without": 3396, "test_with": 207, "test_without": 424}}}}

A method whose direction differs from face to face adds two matrices, NAME:centres and NAME:changes, and makes it
version 2.
"""

from __future__ import annotations

import hashlib
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt, Lt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.core.concepts.conditional import CONDITIONAL
from workbench.core.concepts.local import Local
from workbench.core.concepts.proof import Proof
from workbench.core.errors import WorkbenchError, unknown
from workbench.core.tensors import check_format, damaged, read_tensors, write_tensors

FORMAT = "workbench-concept"
VERSION = 2
SUFFIX = ".safetensors"
BY_HAND = "It was chosen by hand."

Float32 = npt.NDArray[np.float32]
Count = Annotated[int, Ge(0)]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pictures a direction was found on (train) and measured on (test), with and without the attribute."""

    train_with: Count
    train_without: Count
    test_with: Count
    test_without: Count


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """One method's answer to "which way is more of it": a strength s moves a code by s * sigma * vector.

    Attributes:
        method: the name of the method in `METHODS`.
        vector: float32 (latent,), unit length, read-only; + adds the attribute.
        sigma: standard deviation of the training codes along `vector`; of a sum of concepts, the length of its step.
        low: the slider's left end in sigma, below 0.
        high: the slider's right end in sigma, above 0.
        auc: area under the ROC curve of codes @ vector on the test partition; None where a side has no picture.
        counts: on how many pictures all this stands.
        local: how the direction differs from face to face, for a method that says so; `vector` is then its mean.
        proof: what was measured by editing; None until that was done.
        trial: what of that was seen on validation faces by the judge that helps to choose; None where none did.
    """

    method: str
    vector: Float32
    sigma: float
    low: float
    high: float
    auc: float | None
    counts: Counts
    local: Local | None = None
    proof: Proof | None = None
    trial: Proof | None = None

    def __post_init__(self) -> None:
        vector = np.array(self.vector, dtype=np.float32)
        vector.flags.writeable = False
        object.__setattr__(self, "vector", vector)

    @property
    def step(self) -> Float32:
        """What strength 1 adds to a code, for a usual face: float32 (latent,)."""
        return self.vector * np.float32(self.sigma)

    def steps(self, codes: Float32) -> Float32:
        """What strength 1 adds to each code: (N, latent) to float32 (N, latent), or (latent,) to (latent,)."""
        if self.local is None:
            return np.broadcast_to(self.step, codes.shape)
        return self.local.at(codes) * np.float32(self.sigma)

    @property
    def turns(self) -> float | None:
        """Of the faces that were moved, the share that turned round, at the end where fewer did: as the proof says,
        or else the trial. None where neither knows."""
        for seen in (self.proof, self.trial):
            shares = [share for share in (seen.flip_on, seen.flip_off) if share is not None] if seen else []
            if shares:
                return min(shares)
        return None

    @property
    def sureness(self) -> float | None:
        """How far it can be relied upon, 0 to 1: the AUC; of a composed direction, which is not there to tell faces
        but to change them, how many of them it turns round. None where nobody knows."""
        return self.turns if self.method == CONDITIONAL and self.turns is not None else self.auc

    @property
    def fingerprint(self) -> str:
        """sha256 of what decides the step."""
        digest = hashlib.sha256(self.step.astype("<f4").tobytes())
        for array in (self.local.centres, self.local.changes) if self.local else ():
            digest.update(array.astype("<f4").tobytes())
        return digest.hexdigest()

    def arrays(self) -> dict[str, Float32]:
        """Its arrays by the names that a file gives them."""
        local = {} if self.local is None else {"centres": self.local.centres, "changes": self.local.changes}
        return {self.method: self.vector, **{f"{self.method}:{name}": array for name, array in local.items()}}


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """A named change of a face: one direction a method, and the one that the slider moves.

    Attributes:
        name: as the label is called in the data: "Smiling".
        directions: by method.
        chosen: the method whose direction is used.
        model: fingerprint of the weights whose codes these are; no other model's codes mean the same.
        data: where the labels came from.
        why: in a sentence, why this method was chosen; "" where nobody said.
    """

    name: str
    directions: Mapping[str, Direction]
    chosen: str
    model: str
    data: str
    why: str = ""
    fingerprint: str = field(init=False)
    """sha256 of the step that strength 1 takes: what a recipe must find again to give the same picture."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "directions", dict(self.directions))
        object.__setattr__(self, "fingerprint", self.direction.fingerprint)

    @property
    def direction(self) -> Direction:
        """The chosen direction."""
        return self.directions[self.chosen]

    def with_method(self, method: str) -> Concept:
        """The same concept, moved by another method's direction.

        Raises:
            WorkbenchError: it has no direction of that method.
        """
        if method not in self.directions:
            raise unknown(f"direction of '{self.name}' called", method, self.directions)
        return replace(self, chosen=method, why=BY_HAND)

    def pack(self) -> tuple[dict[str, Float32], dict[str, Any]]:
        """The vectors by method and their description, ready for a file of its own or a part of a model's."""
        info = _Info(
            format=FORMAT,
            version=2 if any(d.local for d in self.directions.values()) else 1,
            name=self.name,
            chosen=self.chosen,
            model=self.model,
            data=self.data,
            why=self.why,
            directions={
                method: _DirectionInfo(**{name: getattr(d, name) for name in _DirectionInfo.model_fields})
                for method, d in self.directions.items()
            },
        )
        return {k: a for d in self.directions.values() for k, a in d.arrays().items()}, info.model_dump()

    @classmethod
    def unpack(cls, vectors: Mapping[str, npt.NDArray[Any]], info: Any, where: str) -> Concept:
        """The concept that `pack` took apart; `where` names its place in an error.

        Raises:
            WorkbenchError: it is damaged, too new, or no concept.
        """
        check_format(info, FORMAT, VERSION, "concept", where)
        try:
            known = _Info.model_validate(info)
        except ValidationError as error:
            raise damaged(where, "concept") from error
        plain = {name: array for name, array in vectors.items() if ":" not in name}
        if known.chosen not in known.directions or known.directions.keys() != plain.keys():
            raise damaged(where, "concept")
        sizes = {vector.shape for vector in plain.values()}
        if len(sizes) != 1 or not all(_is_unit(vector) for vector in plain.values()):
            raise damaged(where, "concept")
        directions = {
            method: Direction(
                method,
                plain[method],
                local=_local(vectors, method, where),
                **{name: getattr(d, name) for name in _DirectionInfo.model_fields},
            )
            for method, d in known.directions.items()
        }
        return cls(known.name, directions, known.chosen, known.model, known.data, known.why)

    def save(self, path: Path) -> None:
        """Write the concept to `path` as a whole; an older file there is replaced.

        Raises:
            WorkbenchError: no permission, or the disk is full.
        """
        write_tensors(path, *self.pack())

    @classmethod
    def load(cls, path: Path, model: str, latent: int | None = None) -> Concept:
        """Read a concept of the model whose fingerprint is `model`, and whose codes have `latent` numbers.

        Raises:
            WorkbenchError: missing, damaged, a pickle, too new, or another model's.
        """
        concept = cls.unpack(*read_tensors(path, FORMAT, VERSION, "concept"), str(path))
        if concept.model != model:
            raise WorkbenchError(
                f"The concept '{concept.name}' in '{path}' belongs to another model, or to this one before it was "
                "trained further.",
                "Find the concepts of this model again.",
            )
        if latent is not None and len(concept.direction.vector) != latent:
            raise damaged(path, "concept")
        return concept


def load_all(folder: Path, model: str, latent: int | None = None) -> dict[str, Concept]:
    """The concepts in `folder` that belong to the model (see `Concept.load`), by name, sorted.

    A run that was trained further keeps the concepts of its older weights until they are found again: those, and
    damaged files, are left out and noted in the log, for they must not keep the model from being opened.
    """
    found = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.name.startswith("."):
            continue  # half-written by a killed program, or a system's own file
        try:
            concept = Concept.load(path, model, latent)
        except WorkbenchError as error:
            logging.getLogger(__name__).info("Concept left out. %s", error)
            continue
        found[concept.name] = concept
    return dict(sorted(found.items()))


def concept_file(name: str) -> str:
    """The file name of a concept: its name where every file system allows that, otherwise made safe and told apart.

    >>> concept_file("Smiling")
    'Smiling.safetensors'
    >>> concept_file("blond/brown?")
    'blond_brown_-733711d5.safetensors'
    """
    safe = re.sub(r"[^\w -]", "_", name, flags=re.ASCII)[:80].strip(" -")
    if safe != name or safe.upper() in _WINDOWS_DEVICES:
        safe = f"{safe}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return safe + SUFFIX


_WINDOWS_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def _local(vectors: Mapping[str, npt.NDArray[Any]], method: str, where: str) -> Local | None:
    """What `Direction.arrays` wrote beside a method's vector; None where there is nothing."""
    centres, changes = (vectors.get(f"{method}:{name}") for name in ("centres", "changes"))
    if centres is None and changes is None:
        return None
    if centres is None or changes is None or not Local.fits(centres, changes, vectors[method].shape):
        raise damaged(where, "concept")
    return Local(centres, changes)


def _is_unit(vector: npt.NDArray[Any]) -> bool:
    """Whether `vector` is a direction: float32, one axis, length 1 (which no NaN has)."""
    if vector.dtype != np.float32 or vector.ndim != 1:
        return False
    return math.isclose(np.linalg.norm(vector.astype(np.float64)), 1.0, abs_tol=1e-3)  # squares overflow a float32


class _Part(BaseModel):
    """A part of the description of a file; what a later program adds within this version is passed over."""

    model_config = ConfigDict(allow_inf_nan=False, extra="ignore")


_FAR = 1e6
"""No code varies by so much, and no slider goes so far; what does is damaged, and would overflow a float32."""


class _DirectionInfo(_Part):
    sigma: Annotated[float, Gt(0), Lt(_FAR)]
    low: Annotated[float, Gt(-_FAR), Lt(0)]
    high: Annotated[float, Gt(0), Lt(_FAR)]
    auc: float | None = Field(ge=0, le=1)
    counts: Counts
    proof: Proof | None = None
    trial: Proof | None = None


class _Info(_Part):
    format: str
    version: int
    name: str = Field(min_length=1)
    chosen: str
    model: str
    data: str
    why: str = ""
    directions: dict[str, _DirectionInfo] = Field(min_length=1)
