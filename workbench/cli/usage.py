"""What is wrong with a command as it was typed, in our own words: typer's errors become a `WorkbenchError`."""

from __future__ import annotations

import re
from typing import Any

from workbench.core.errors import WorkbenchError, unknown

_KINDS = {"integer": int, "float": float, "boolean": bool}  # what typers before 0.20 call the types of options


def is_usage_error(error: Exception) -> bool:
    """Whether typer raised it; it has changed where it keeps its exceptions, not what they can do."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def explain_usage(error: Any) -> WorkbenchError | None:
    """The sentence for one of typer's errors; None for a command that had no arguments and has printed its help."""
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return None
    context, option = getattr(error, "ctx", None), str(getattr(error, "option_name", ""))
    see = f"'{context.command_path} --help' explains it." if context else "--help after the command explains it."
    if kind == "MissingParameter" and error.param is not None:
        about = getattr(error.param, "help", None) or "it cannot be left out."
        return WorkbenchError(f"{_name(error.param)} is missing: {about[0].lower()}{about[1:]}", see)
    if kind == "NoSuchOption" and context:
        return unknown("option", option, [name for param in context.command.params for name in param.opts])
    if kind == "BadOptionUsage" and option:
        if "not take" in error.message:
            return WorkbenchError(f"{option} takes no value.", "Give it alone.")
        return WorkbenchError(f"{option} needs a value after it.", see)
    if getattr(error, "param", None) is not None:
        return WorkbenchError(f"{_name(error.param)} cannot be {_typed(error)}.", _allowed(error.param))
    commands = getattr(context.command, "commands", {}) if context else {}
    if commands and (name := re.search(r"'(.+?)'", error.message)):
        return unknown("command", name[1], commands)
    return WorkbenchError(f"{error.format_message().rstrip('.')}.", see)


def _name(param: Any) -> str:
    """As it is typed: "--steps", or an argument as the help calls it: "PHOTO"."""
    return str(param.opts[0] if param.param_type_name == "option" else param.metavar or param.name.upper())


def _typed(error: Any) -> str:
    """The value as it was typed."""
    if hasattr(error.__cause__, "errors"):  # pydantic's
        return repr(error.__cause__.errors()[0]["input"])
    quoted = re.match(r"'?([^' ]+)'?", error.message)  # typers before 0.20: "0 is not in the range x>=1."
    return f"'{quoted[1]}'" if quoted else "that"


def _allowed(param: Any) -> str:
    from workbench.core.settings import allowed  # only when something is wrong: it loads pydantic

    old, new = getattr(param, "type", None), getattr(param, "type_descriptor", None)
    choices = getattr(new, "choices", None) or getattr(old, "choices", None) or ()
    kind = getattr(new, "annotation", None) or _KINDS.get(str(getattr(old, "name", "")).split()[0], str)
    low, high = (getattr(param, end, None) if new else getattr(old, end, None) for end in ("min", "max"))
    return allowed(kind, low, high, tuple(getattr(choice, "value", choice) for choice in choices))
