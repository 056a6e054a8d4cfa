"""Pictures to learn from: what is at a path, its labels, its decoded cache, its batches."""
