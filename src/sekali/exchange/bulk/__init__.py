"""Bulk Data: much at once, out and in, by jobs that outlive the process that works on them.

https://hl7.org/fhir/uv/bulkdata/STU2/
"""

from .bulk import Bulk
from .job import Job

__all__ = ["Bulk", "Job"]
