"""Settings: one class a model or job; its form, its `--set key=value` flags, its JSON and its docs come from it.

Pydantic validates once, at the border; inside, values are trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.core.errors import WorkbenchError, unknown


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """What a form, a flag and a table of the docs need to know of one setting."""

    name: str
    type: type
    default: Any
    label: str
    help: str
    unit: str
    group: str
    """Under which heading of a form."""
    low: float | None
    high: float | None
    choices: tuple[Any, ...]
    basic: bool
    """Shown at once; the others fold out."""


def setting(
    default: Any,
    *,
    label: str,
    help: str,
    unit: str = "",
    group: str = "Training",
    ge: float | None = None,
    le: float | None = None,
    basic: bool = False,
) -> Any:
    """Declare one setting of a `Settings` class; its choices come from a `Literal` annotation."""
    return Field(
        default,
        title=label,
        description=help,
        ge=ge,
        le=le,
        json_schema_extra={"unit": unit, "group": group, "basic": basic},
    )


class Settings(BaseModel):
    """Base of every settings class: frozen, no unknown names, readable errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Settings from names and values (or their texts, as typed on a command line).

        Raises:
            WorkbenchError: an unknown name ("did you mean"), a wrong type, a value out of range.
        """
        known = cls.model_fields
        for name in values:
            if name not in known:
                raise unknown("setting", name, known)
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            info = cls.info(name) if first["loc"] else None
            can_be = allowed(info.type, info.low, info.high, info.choices) if info else ""
            raise WorkbenchError(f"Setting '{name}' cannot be {first['input']!r}.", can_be) from error

    @classmethod
    def info(cls, name: str) -> SettingInfo:
        """What is known of the setting `name`."""
        found = cls.model_fields[name]
        extra = found.json_schema_extra if isinstance(found.json_schema_extra, dict) else {}
        low = next((m.ge for m in found.metadata if isinstance(m, annotated_types.Ge)), None)
        high = next((m.le for m in found.metadata if isinstance(m, annotated_types.Le)), None)
        annotation = found.annotation
        choices = get_args(annotation) if get_origin(annotation) is Literal else ()
        return SettingInfo(
            name=name,
            type=type(choices[0]) if choices else annotation,  # type: ignore[arg-type]
            default=found.default,
            label=found.title or name,
            help=found.description or "",
            unit=str(extra.get("unit", "")),
            group=str(extra.get("group", "")),
            low=low,  # type: ignore[arg-type]
            high=high,  # type: ignore[arg-type]
            choices=choices,
            basic=bool(extra.get("basic", False)),
        )

    @classmethod
    def infos(cls) -> tuple[SettingInfo, ...]:
        """All settings in the order they were declared, the base class's first."""
        return tuple(cls.info(name) for name in cls.model_fields)


def allowed(kind: Any, low: float | None, high: float | None, choices: tuple[Any, ...] = ()) -> str:
    """What a setting or an option can be, in a sentence: the same one at every door."""
    if choices:
        return f"Choose one of: {', '.join(map(str, choices))}."
    what = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "a text")
    if low is not None and high is not None:
        return f"It must be {what} from {low:g} to {high:g}."
    if low is not None:
        return f"It must be {what} of {low:g} or more."
    return f"It must be {what}."


def parse_pairs(pairs: list[str]) -> dict[str, str]:
    """`["latent=64", "beta=0.5"]` as a dictionary; raises `WorkbenchError` on a pair without '='."""
    values = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise WorkbenchError(f"'{pair}' is not a setting.", "Write it as name=value, for example latent=64.")
        values[name.strip()] = value.strip()
    return values
