"""What the notebooks compute: one module for each question."""
