"""A run on disk: its description, its metrics, its checkpoints, and the trained model one opens from it."""
