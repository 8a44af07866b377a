"""Bulk Data: much at once, out and in, by jobs that outlive the process that works on them.

https://hl7.org/fhir/uv/bulkdata/STU2/
"""

from .bulk import Bulk
from .job import JOBS, Job

__all__ = ["JOBS", "Bulk", "Job"]
