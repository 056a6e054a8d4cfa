"""Latent Workbench: train small generative models on faces, find concept vectors, edit photos with sliders."""

__version__ = "0.1.0"
