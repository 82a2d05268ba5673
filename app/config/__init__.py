"""The configuration people write: YAML in, one checked and frozen snapshot out. Nobody else opens these files."""
