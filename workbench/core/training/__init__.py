"""The training loop and what it needs: averages, previews, a budget."""
