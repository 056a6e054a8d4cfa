"""Faces in photos: found, their eyes and mouth placed, aligned as a model expects them."""
