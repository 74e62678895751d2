"""A network for images that is trained in a moment, for tests of what is around the training."""

SMALL = {
    "image/architecture": "pooled",
    "image/pooled/stages": 1,
    "image/pooled/layers": 1,
    "image/pooled/width": 16,
    "image/augmented": False,
    "learning_rate": 1e-3,
    "optimizer": "adamw",
}
