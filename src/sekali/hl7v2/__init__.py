"""HL7 v2 over MLLP for the hospital systems that exist today: ADT and ORU in, FHIR R4 kept, an ACK out."""

from .inbox import Inbox
from .listener import Limits, Listener
from .senders import Sender, Senders
from .tables import MAPPING, Row

__all__ = ["MAPPING", "Inbox", "Limits", "Listener", "Row", "Sender", "Senders"]
