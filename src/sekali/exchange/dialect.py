"""SATUSEHAT's own rules on what facilities' systems write, where ``SEKALI_SATUSEHAT`` asks for them.

A watcher of the exchange's store alone: what desks, HL7 v2 and imports write is Sekali's own or older than the rules.
"""

from collections.abc import Sequence

from sekali import fhir, kernel, records


async def keep_satusehats_rules(tx: kernel.Session, changes: Sequence[records.Change]) -> None:
    """Raises Invalid with each fault in SATUSEHAT's words, Conflict for what was sent before."""
    for change in changes:
        if change.resource is None:
            continue
        faults = [*fhir.satusehat_faults(change.resource), *_elsewhere(change)]
        if faults:
            raise kernel.Invalid(faults=faults)
        own = fhir.own_number(change.type)
        if await records.twin(tx, change, f"{own}{change.grant.actor.facility}" if own else ""):
            raise kernel.Conflict("Found duplicate resource: %(type)s", rule="20002", type=change.type)


def _elsewhere(change: records.Change) -> list[kernel.Fault]:
    """A visit is the sender's own."""
    provider = (change.resource or {}).get("serviceProvider")
    if change.type != "Encounter" or not isinstance(provider, dict) or "reference" not in provider:
        return []
    if fhir.split_reference(provider["reference"]) == ("Organization", str(change.grant.actor.facility)):
        return []
    path = "Encounter.serviceProvider"
    return [kernel.Fault(path, f"{path} must be the organization that the token is of", "10124", "value")]
