"""The loop of a search: trials, stages in front of them, state on disk."""
