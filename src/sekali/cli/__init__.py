"""The command line."""

from sekali.cli import actors, keeping, keys, retention, starting
from sekali.cli.root import main

__all__ = ["actors", "keeping", "keys", "main", "retention", "starting"]
