"""FHIR R4 and OAuth over HTTP, with SATUSEHAT's paths and shapes."""

from .bulk import Bulk, Job
from .doors import Doors
from .operations.terminology import codes
from .requestlog import RequestLog
from .routes import BASE, routes

__all__ = ["BASE", "Bulk", "Doors", "Job", "RequestLog", "codes", "routes"]
