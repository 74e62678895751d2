"""What is behind a block in its graph."""

from automl_kit.compat import Block
from automl_kit.custom_blocks.head import ClassificationHead


def only_heads_are_behind(block: Block) -> bool:
    """Whether the block's output goes to `ClassificationHead`s, and nowhere else."""
    behind = [after for node in block.outputs or [] for after in node.out_blocks]
    return bool(behind) and all(isinstance(after, ClassificationHead) for after in behind)
