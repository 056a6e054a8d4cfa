"""How good a model is, in numbers with a definition."""
