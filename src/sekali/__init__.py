"""Sekali: told once, known everywhere."""
