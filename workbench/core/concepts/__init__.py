"""Concepts: directions in the space of codes, how they are found, and how well they hold on unseen faces."""
