"""A concept's proof in words: what the report and the window show of it."""

from __future__ import annotations

from workbench.core.concepts.concept import Concept
from workbench.core.concepts.proof import Proof

_MOVES = 3


def card(concept: Concept) -> list[tuple[str, str]]:
    """What is known of a concept's direction as names and values: the proof card."""
    direction = concept.direction
    counts, proof = direction.counts, direction.proof or Proof()
    rows = [("Method", direction.method)]
    if concept.why:
        rows.append(("Why", concept.why))
    if counts.train_with:
        rows.append(("Found on", f"{counts.train_with:,} pictures with, {counts.train_without:,} without"))
    if direction.auc is not None:
        interval = ""
        if proof.auc_low is not None and proof.auc_high is not None:
            interval = f", between {proof.auc_low:.3f} and {proof.auc_high:.3f}"
        rows.append(
            (
                "Tells unseen faces (AUC)",
                f"{direction.auc:.3f}{interval}; {counts.test_with:,} with, {counts.test_without:,} without",
            )
        )
    if proof.angle is not None:
        rows.append(("Turns with other pictures", f"by {proof.angle:.0f}°"))
    for side, share, faces in (("right", proof.flip_on, proof.flipped[0]), ("left", proof.flip_off, proof.flipped[1])):
        if share is not None:
            rows.append((f"Turned round at the {side} end", f"{100 * share:.0f} % of {faces}"))
    if (worst := proof.collateral) is not None:
        rows.append(("Takes along most", f"{worst[0].replace('_', ' ')}, {100 * worst[1]:+.0f} % of its own change"))
    if proof.moves:
        most = sorted(proof.moves.items(), key=lambda move: -abs(move[1]))[:_MOVES]
        rows.append(("Moves from end to end", ", ".join(f"{name.replace('_', ' ')} {by:+.1f}" for name, by in most)))
    if proof.recognised is not None:
        rows.append(("Same face", f"{100 * proof.recognised:.0f} % are still nearest to their own"))
    if proof.inside is not None:
        rows.append((f"Change at the {proof.region}", f"{100 * proof.inside:.0f} % of all that changes"))
    if proof.out_of_range is not None:
        rows.append(("Out of range at the ends", f"{100 * proof.out_of_range:.0f} % of the faces"))
    photos, decoded = proof.judge_auc
    if photos is not None and decoded is not None:
        rows.append(("How well the judge sees it (AUC)", f"{photos:.3f} on photos, {decoded:.3f} on decoded faces"))
    rows.append(("Slider", f"{direction.low:+.1f} to {direction.high:+.1f} σ"))
    return rows


def side_effects(proof: Proof) -> list[tuple[str, float]]:
    """What the concept takes along and how much, the most first; what says nearly the same is left out."""
    others = [(label, value) for label, value in proof.side_effects.items() if label not in proof.kin]
    return sorted(others, key=lambda effect: -abs(effect[1]))
