"""Who may send. MLLP has no login, so a sender is the pair MSH-3, MSH-4 coming from a network that was agreed on.

That is as strong as the network is: see docs/threat-model.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import UUID

from sekali import audit, kernel, security

from .refusals import WRONG_TYPE, Place, Refused

SQL = kernel.queries(__file__)

REMEMBERED = 10_000
"""Addresses that were refused within this minute; each is written down once a minute, so noise cannot fill the audit."""
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Sender:
    """A facility's own system, by MSH-3 and MSH-4."""

    id: UUID
    application: str
    facility: str
    organization: UUID
    organization_name: str
    zone: str
    networks: tuple[IPv4Network | IPv6Network, ...]

    @property
    def grant(self) -> security.Grant:
        """What it may do: as the same facility's system over FHIR."""
        name = f"{self.application} {self.facility}"
        actor = security.Actor(
            self.id, name, security.Role.INTEGRATOR, self.organization, self.organization_name, zone=self.zone
        )
        return security.decide(actor, security.Purpose.INTEGRATION)


class Senders:
    """The list of those who may send."""

    def __init__(self, database: kernel.Database, journal: audit.Journal) -> None:
        self._database = database
        self._journal = journal
        self._refused: dict[tuple[str, int], None] = {}

    async def all(self) -> list[Sender]:
        """Every sender."""
        return [_sender(row) for row in await self._database.fetch(SQL.all)]

    async def allow(
        self,
        application: str,
        facility: str,
        organization: UUID,
        organization_name: str,
        zone: str,
        networks: Sequence[str],
    ) -> None:
        """Let a system send for a facility from ``networks`` (CIDR or single addresses). Raises Trouble."""
        if not application.strip() or not facility.strip() or not networks:
            raise kernel.Trouble("A sender needs MSH-3, MSH-4 and at least one network.")
        try:
            parsed = [ip_network(network) for network in networks]
        except ValueError as error:
            raise kernel.Trouble(f"This is no network: {error}") from None
        id = kernel.new_id(kernel.CITY)
        await self._database.execute(
            SQL.allow, id, application.strip(), facility.strip(), organization, organization_name, zone, parsed
        )

    async def forbid(self, application: str, facility: str) -> bool:
        """Let it send no longer; whether it could. From the next message on, also on open connections."""
        return await self._database.execute(SQL.forbid, application, facility) == "DELETE 1"

    async def known_address(self, address: str) -> bool:
        """Whether anybody may send from there."""
        return await self._database.fetchval(SQL.known_address, ip_address(address))

    async def find(self, application: str, facility: str, address: str) -> Sender:
        """The sender of a message. Raises Refused (AR) for one that is not agreed on, which is written to the audit."""
        row = await self._database.fetchrow(SQL.find, application[:180], facility[:180])
        sender = _sender(row) if row else None
        if sender is not None and any(ip_address(address) in network for network in sender.networks):
            return sender
        await self._note(sender, address)
        raise Refused(
            WRONG_TYPE, Place("MSH", 1, 3),
            "This sender is not agreed on. Ask the operator of Sekali to allow MSH-3, MSH-4 and your network address.",
        )  # fmt: skip

    async def _note(self, sender: Sender | None, address: str) -> None:
        key = (address, int(kernel.now().timestamp()) // 60)
        if key in self._refused:
            return
        if len(self._refused) >= REMEMBERED:
            self._refused.clear()
        self._refused[key] = None
        known = (sender.id, sender.grant.actor.name, sender.organization) if sender else (NOBODY, "HL7 v2", None)
        await self._journal.record(
            audit.Event(
                audit.Kind.SENDER_REFUSED,
                known[0],
                known[1],
                security.Role.INTEGRATOR.value,
                known[2],
                None,
                "",
                "",
                address,
            )
        )


def _sender(row: kernel.Row) -> Sender:
    return Sender(*(row[name] for name in list(Sender.__slots__)[:-1]), tuple(row["networks"]))
