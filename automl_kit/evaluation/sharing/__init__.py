"""Weights that all members of a space of cells share: how they are trained, kept and judged by."""
