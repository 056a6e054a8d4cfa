"""One photo's edit: its state and history, its rendering, and the way back into the photo."""
