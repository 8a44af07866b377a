"""The developers' door: how to use the exchange, and what one's own system asked of it lately."""

from .pages import PAGES

__all__ = ["PAGES"]
