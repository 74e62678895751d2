"""Training the networks of a trial in compiled epochs, those of all folds side by side."""
