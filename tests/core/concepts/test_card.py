"""A concept's proof in words."""

from __future__ import annotations

import numpy as np

from workbench.core.concepts.card import card
from workbench.core.concepts.concept import Concept, Counts, Direction
from workbench.core.concepts.proof import Proof


def test_a_card_says_why_the_method_was_chosen_and_what_moves_where_no_judge_knows_the_concept() -> None:
    proof = Proof(faces=100, moves={"Senior": -0.4, "Long_Hair": 2.14, "Male": 0.01, "Smiling": -3.0})
    direction = Direction("sum", np.array([1, 0], np.float32), 1, -2, 3, None, Counts(0, 0, 0, 0), proof=proof)
    rows = dict(card(Concept("Cheerful", {"sum": direction}, "sum", "", "", "It is +1 Smiling and -0.5 Male.")))
    assert rows["Why"] == "It is +1 Smiling and -0.5 Male."
    assert rows["Moves from end to end"] == "Smiling -3.0, Long Hair +2.1, Senior -0.4"
    assert "Takes along most" not in rows
