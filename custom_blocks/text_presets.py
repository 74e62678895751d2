"""The first trials of a search for texts."""

from typing import Any

from automl_kit.custom_blocks.layouts import TokenLayout

_LINEAR = {
    "text/architecture": "linear",
    "text/linear/counts": "sublinear",
    "learning_rate": 1e-3,  # Nothing is trained; a search may go on to networks.
    "weight_decay": 1e-4,
}

_NETWORKS: list[dict[str, Any]] = [
    {
        "text/architecture": "ngrams",
        "text/evidence": 16,
        "text/ngrams/vocabulary": 20_000,
        "text/ngrams/order": 1,
        "text/ngrams/dimension": 32,
        "text/ngrams/units": 0,
        "text/ngrams/dropout": 0.3,
        "learning_rate": 1e-2,
        "weight_decay": 1e-4,
    },
    {
        "text/architecture": "ngrams",
        "text/evidence": 16,
        "text/ngrams/vocabulary": 20_000,
        "text/ngrams/order": 2,
        "text/ngrams/dimension": 64,
        "text/ngrams/units": 0,
        "text/ngrams/dropout": 0.5,
        "learning_rate": 3e-3,
        "weight_decay": 1e-4,
    },
    {
        "text/architecture": "convolution",
        "text/evidence": 16,
        "text/convolution/vocabulary": 20_000,
        "text/convolution/length": 256,
        "text/convolution/dimension": 32,
        "text/convolution/filters": 64,
        "text/convolution/kernel": 3,
        "text/convolution/depth": 1,
        "text/convolution/dropout": 0.2,
        "learning_rate": 3e-3,
        "weight_decay": 1e-4,
    },
]

TEXT_PRESETS: list[dict[str, Any]] = [
    {
        **_LINEAR,
        "text/linear/order": 4,
        "text/linear/rarest": 2,
        "text/linear/scale": "odds",
        "text/linear/strength": 60.0,
    },
    {
        **_LINEAR,
        "text/linear/order": 4,
        "text/linear/rarest": 2,
        "text/linear/scale": "evidence",
        "text/linear/strength": 300.0,
    },
    {
        **_LINEAR,
        "text/linear/order": 3,
        "text/linear/rarest": 1,
        "text/linear/scale": "plain",
        "text/linear/strength": 100.0,
    },
    *_NETWORKS,
]
"""The search's first trials, for a block of the name "text", where tokens are characters.

By cross-validation on training texts: Japanese package descriptions of 11 classes, log-loss and
accuracy of n-grams of 1 to 3 characters by their odds .713 and .754, of 1 to 5 that are in two
texts .699 and .767; the mean of the three .669 and .770, and .684 and .758 with the former n-grams.
`benchmarks/text_presets.py` judges each by itself.
"""

_SPELLED_PRESETS: list[dict[str, Any]] = [
    {
        **_LINEAR,
        "text/linear/order": 2,
        "text/linear/rarest": 1,
        "text/linear/scale": "odds",
        "text/linear/strength": 20.0,
        "text/linear/reads": "both",
    },
    {
        **_LINEAR,
        "text/linear/order": 2,
        "text/linear/rarest": 1,
        "text/linear/scale": "plain",
        "text/linear/strength": 30.0,
        "text/linear/reads": "both",
    },
    {
        **_LINEAR,
        "text/linear/counts": "binary",
        "text/linear/order": 2,
        "text/linear/rarest": 2,
        "text/linear/scale": "evidence",
        "text/linear/strength": 300.0,
        "text/linear/reads": "tokens",
    },
    _NETWORKS[0],
    {
        **_LINEAR,
        "text/linear/counts": "binary",
        "text/linear/order": 2,
        "text/linear/rarest": 2,
        "text/linear/scale": "evidence",
        "text/linear/strength": 300.0,
        "text/linear/reads": "both",
    },
    *_NETWORKS[1:],
]
"""The same where words are spelled too.

By cross-validation on training texts. Package descriptions of 14 classes: log-loss .608 of words
alone, .601 of letters, .554 of both, and .546 averaged with the second. News of which few are of
the class: .039 of words by their odds, .029 of both; .017 of words by their evidence, .014 of
binary counts, .012 of both.
"""


def presets_for_texts(layout: TokenLayout) -> list[dict[str, Any]]:
    """The first trials for texts of a layout, for a block of the name "text".

    Example:
        >>> presets_for_texts(TokenLayout(100, 10, letters=50))[0]["text/linear/reads"]
        'both'
    """
    return _SPELLED_PRESETS if layout.letters else TEXT_PRESETS
