"""What every request and answer passes, whatever door it is for: headers that browsers obey, and patience with an end."""

from .gate import gate

__all__ = ["gate"]
