"""Encoders: what the user has, as one tensor, in stock Keras layers."""
