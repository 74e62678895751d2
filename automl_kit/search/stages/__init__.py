"""Stages in front of the trials of a search."""
