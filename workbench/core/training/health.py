"""Watches a training from its numbers as they come: what it is ill with, said once, and once more when that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from workbench.core.events import Advice, Event, Gradients, Losses, Recovered
from workbench.core.models.base import Model
from workbench.core.runs.folder import Run
from workbench.core.training import remedies, symptoms
from workbench.core.training.symptoms import FEW, LONG, Row

Curve = npt.NDArray[np.float32]

YOUNG = 0.75
"""Share of a training after which it is no use any more to say that it stands still."""


class Health:
    """Finds what a training suffers from, and keeps it in the run.

    Args:
        net: which is trained.
        run: findings from earlier sessions are in it, and the curves that go on now.
    """

    def __init__(self, net: Model, run: Run) -> None:
        self._net, self._run = net, run
        self._ill = {finding.kind for finding in run.info.findings if finding.recovered is None}
        self._owner: dict[str, str] = {}
        self._recent: dict[str, Curve] = {}
        """The last steps' losses."""
        self._norms: dict[str, Curve] = {}
        """Lengths of the gradient since this session began, by optimiser; thinned out when they are many."""
        self._usual: dict[str, float] = {}
        self._faint: dict[str, int] = {}
        self._sums: dict[str, float] = {}
        self._count = 0
        self._rows: list[Row] = self._earlier()
        self._warm: list[tuple[int, float]] = []
        """Steps and active units since beta has its full weight."""

    def _earlier(self) -> list[Row]:
        """The measurements of earlier sessions."""
        curves = self._run.losses()
        if "validation" not in curves:
            return []
        steps, values = curves["validation"]
        learned, losses = curves.get("train", (np.zeros(0, np.int64), {}))
        rows = []
        for number, step in enumerate(steps):
            since = slice(*np.searchsorted(learned, [steps[number - 1] if number else 0, step], side="right"))
            rows.append(
                Row(
                    int(step),
                    {name: float(v[number]) for name, v in values.items() if not np.isnan(v[number])},
                    {name: float(v[since].mean()) for name, v in losses.items() if len(v[since])},
                )
            )
        return rows

    def say(self, event: Event) -> Event:
        """Keep a finding in the run, and hand it on."""
        self._run.note(event)
        return event

    def after_steps(self, losses: Losses, norms: Mapping[str, Curve]) -> Iterator[Event]:
        """What the losses of some training steps and the lengths of their gradients say."""
        for name, values in losses.values.items():
            self._recent[name] = np.concatenate([self._recent.get(name, values[:0]), values])[-LONG:]
            self._sums[name] = self._sums.get(name, 0.0) + float(values.sum())
        self._count += len(losses.steps)
        step = int(losses.steps[-1])
        settings = self._net.settings
        if "discriminator" in self._recent:
            lost = self._recent["discriminator"]
            right = self._recent.get("accuracy", np.ones_like(lost))
            if "accuracy" not in self._recent and not lost.all():  # a VAE-GAN's has not begun
                right, lost = right[:0], lost[:0]
            verdict = symptoms.saturated(right, lost, self._least())
            yield from self._judge("saturated", step, verdict, lambda: remedies.saturated(step, settings, LONG))
        for name, lengths in norms.items():
            self._norms[name] = known = _thinned(np.concatenate([self._norms.get(name, lengths[:0]), lengths]))
            verdict = symptoms.exploding(known)
            times = symptoms.grown(known) if verdict else 0.0
            about = partial(remedies.exploding, step, settings, name, times)
            yield from self._judge("exploding", step, verdict, about, of=name)

    def _least(self) -> float:
        """The lowest that the discriminator's loss can be: with smoothed labels it is never sure."""
        values = self._net.settings.model_dump()
        smoothing = values.get("label_smoothing", 0.0) if values.get("loss") == "classic" else 0.0
        if not smoothing:
            return 0.0
        return float(-0.5 * (smoothing * np.log(smoothing) + (1 - smoothing) * np.log(1 - smoothing)))

    def after_look(self, gradients: Gradients) -> Iterator[Event]:
        """What the gradients of the layers say: of the nets that one loss passes through, from input to output."""
        parts: dict[str, list[float]] = {}
        for layer, norm in zip(gradients.layers, gradients.norms, strict=True):
            part = layer.partition(".")[0]
            parts.setdefault("autoencoder" if part in ("encoder", "decoder") else part, []).append(float(norm))
        for part, norms in parts.items():
            lengths = np.array(norms)
            self._usual[part] = usual = max(self._usual.get(part, 0.0), *norms)
            verdict = symptoms.vanishing(lengths, usual)
            self._faint[part] = self._faint.get(part, 0) + 1 if verdict else 0
            if verdict and self._faint[part] < FEW:
                verdict = None
            share = min(norms[0] / max(norms[-1], 1e-30), max(norms) / max(usual, 1e-30))
            about = partial(remedies.vanishing, gradients.step, self._net.settings, part, share)
            yield from self._judge("vanishing", gradients.step, verdict, about, of=part)

    def after_measure(self, step: int, fraction: float, values: Mapping[str, float]) -> Iterator[Event]:
        """What a measurement on held-out pictures and of random ones says.

        Args:
            fraction: of the budget that is spent.
        """
        train = {name: total / self._count for name, total in self._sums.items()} if self._count else {}
        self._sums, self._count = {}, 0
        self._rows.append(Row(step, dict(values), train))
        settings = self._net.settings
        if not self._net.encodes:
            various = self._measured("diversity")
            at = [row.step for row in self._rows if "diversity" in row.values]
            about = partial(remedies.mode_collapse, step, settings, various[-1] if various else 0.0)
            yield from self._judge("mode_collapse", step, symptoms.mode_collapse(at, various), about)
            return  # the losses of a game say nothing of progress
        if "active_units" in values:
            if fraction > getattr(settings, "beta_warmup", 0.0):
                self._warm.append((step, values["active_units"]))
            steps, active = [at for at, _ in self._warm], [units for _, units in self._warm]
            verdict = symptoms.posterior_collapse(steps, active, self._net.latent)
            silent = partial(remedies.posterior_collapse, step, settings, values["active_units"], self._net.latent)
            yield from self._judge("posterior_collapse", step, verdict, silent)
        if "discriminator" in train:  # of a VAE-GAN: its discriminator changes what the others learn
            return
        rows = [row for row in self._rows if {"reconstruction"} <= row.values.keys() & row.train.keys()]
        learned, held_out = ([getattr(row, part)["reconstruction"] for row in rows] for part in ("train", "values"))
        verdict = symptoms.overfitting(learned, held_out)
        best = rows[int(np.argmin(held_out))].step if rows else step
        yield from self._judge("overfitting", step, verdict, lambda: remedies.overfitting(step, settings, best))
        totals = self._measured("total")
        still = symptoms.plateau(totals) if fraction < YOUNG and "overfitting" not in self._ill else None
        since = self._rows[round(0.6 * len(self._rows))].step if len(self._rows) > 1 else step
        yield from self._judge("plateau", step, still, lambda: remedies.plateau(step, settings, since))

    def _measured(self, name: str) -> list[float]:
        return [row.values[name] for row in self._rows if name in row.values]

    def _judge(
        self, kind: str, step: int, verdict: bool | None, advice: Callable[[], Advice], of: str = ""
    ) -> Iterator[Event]:
        """Say what was found when it is new, and when it has gone away.

        Args:
            of: which part of the training has it, where several can: it is over when none has it any more.
        """
        if verdict and kind not in self._ill:
            self._ill.add(kind)
            self._owner[kind] = of
            yield self.say(advice())
        elif verdict is False and kind in self._ill and self._owner.get(kind, of) == of:
            self._ill.remove(kind)
            yield self.say(Recovered(step, kind))


def _thinned(norms: Curve, most: int = 4000) -> Curve:
    """At most so many numbers: of the older ones every second is left out."""
    return norms if len(norms) <= most else np.concatenate([norms[: -2 * LONG : 2], norms[-2 * LONG :]])
