"""FHIR R4 and OAuth over HTTP, with SATUSEHAT's paths and shapes."""

from .doors import Doors
from .routes import BASE, routes

__all__ = ["BASE", "Doors", "routes"]
