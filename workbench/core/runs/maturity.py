"""Whether a model has learned for long enough to be worth an edit, in words."""

from __future__ import annotations

UNTRAINED, BRIEF = 100, 1000
"""Steps. Before the first, reconstructions are one blur for every face; before the second, faces have no detail: at
64 px a VAE that ended after about 1,000 steps reached 22.7 dB, one after 5,000 24.4 dB (benchmarks/NOTES.md)."""


def immaturity(step: int) -> str | None:
    """What to expect of a model whose training ended at `step`, in a sentence or two; None when it is long enough."""
    if step < UNTRAINED:
        return (
            f"This model is still untrained ({_steps(step)}): its faces are all one blur, whatever the AUC of its "
            "concepts. Train it for some minutes."
        )
    if step < BRIEF:
        return f"This model is trained only briefly ({_steps(step)}): expect blurred faces. Train it for longer."
    return None


def _steps(step: int) -> str:
    return f"{step:,} step" if step == 1 else f"{step:,} steps"
