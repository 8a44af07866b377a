"""FHIR's XML format, to and from its JSON without a loss. https://hl7.org/fhir/R4/xml.html"""

from .reading import from_xml
from .writing import to_xml

__all__ = ["from_xml", "to_xml"]
