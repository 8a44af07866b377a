"""The command line."""

from sekali.cli import actors, keeping, starting
from sekali.cli.root import main

__all__ = ["actors", "keeping", "main", "starting"]
