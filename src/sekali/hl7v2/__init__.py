"""HL7 v2 over MLLP for the hospital systems that exist today: ADT and ORU in, FHIR R4 kept, an ACK out."""

from sekali import security

from .inbox import Inbox
from .listener import Limits, Listener
from .senders import Sender, Senders
from .tables import MAPPING, Row

AT_REST: tuple[security.Table, ...] = (security.Digests("hl7v2.message", ("sender", "control_id"), ("digest",)),)
"""What is sealed here."""

__all__ = ["AT_REST", "MAPPING", "Inbox", "Limits", "Listener", "Row", "Sender", "Senders"]
