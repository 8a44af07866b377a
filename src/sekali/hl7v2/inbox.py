"""One message in, one acknowledgement out: read, kept once in one transaction with its audit, answered."""

import hashlib
import logging
from uuid import uuid4

from sekali import identity, kernel, records, security

from . import answers, people, results, stays
from .mapping import build, place_of
from .message import Message, header_of, need
from .refusals import (
    DUPLICATE_KEY,
    INTERNAL,
    TOO_LARGE,
    UNKNOWN_KEY,
    WRONG_EVENT,
    WRONG_FORM,
    WRONG_PROCESSING,
    WRONG_TYPE,
    WRONG_VERSION,
    Note,
    Place,
    Refused,
)
from .senders import Sender, Senders
from .tables import EVENTS, Event
from .values import Context

SQL = kernel.queries(__file__)
log = logging.getLogger(__name__)

ATTEMPTS = 3
"""When two senders register one NIK at once, the second finds the first one's person at its next attempt."""
VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2")
CONTROL = Place("MSH", 1, 10)


class Inbox:
    """Takes messages over. Nothing that a sender can send raises."""

    def __init__(self, store: records.Store, directory: identity.Directory, senders: Senders) -> None:
        self._store = store
        self._directory = directory
        self._senders = senders

    async def answer(self, content: bytes, address: str) -> bytes:
        """The acknowledgement of a message that came from ``address``."""
        message = None
        try:
            if not await self._senders.known_address(address):
                await self._senders.find("", "", address)  # nobody: refuses, and writes it down
            message = Message(content)
            sender = await self._senders.find(message.application, message.facility, address)
            return answers.accepted(message, await self._take(message, sender))
        except Refused as refusal:
            return answers.refused(message or header_of(content), refusal)
        except kernel.Failure as failure:
            return answers.refused(message or header_of(content), _refusal(failure))
        except Exception as error:
            reference = uuid4().hex[:12]
            log.error("%s %s", reference, kernel.places(error))
            return answers.refused(
                message,
                Refused(
                    INTERNAL,
                    Place("MSH"),
                    "Something went wrong here. Send it again later, or tell the operator of Sekali: %(reference)s",
                    reference=reference,
                ),
            )

    async def _take(self, message: Message, sender: Sender) -> list[Note]:
        """What the sender should know of the message that was kept. Raises Failure."""
        event = _event(message)
        for _ in range(ATTEMPTS):
            context = Context(sender.organization, sender.organization_name, sender.zone, sender.facility)
            try:
                await self._keep(message, sender, event, context)
                return context.notes
            except kernel.Conflict as conflict:
                if conflict.rule != "20002":
                    raise
        raise Refused(
            DUPLICATE_KEY, Place("PID", 1, 3), "Somebody else registers this person at this moment. Send it again."
        )

    async def _keep(self, message: Message, sender: Sender, event: Event, context: Context) -> None:
        work = await getattr(self, f"_{event.work}")(message, event, context)
        async with self._store.change(sender.grant) as writing:
            await writing.tx.execute(SQL.one_at_a_time, str(sender.organization))
            if await _first(writing.tx, self._store.cipher, sender, message):
                await work(writing)
            else:
                context.notes[:] = [Note(0, CONTROL, "This message was kept before; nothing was changed.", "I")]

    # One for each word in the column ``work`` of the table of events: reads the message, returns what will write it.

    async def _admit(self, message: Message, event: Event, context: Context):
        segment = message.only("PID")
        patient, stay = build("Patient", {"PID": [segment]}, context), stays.read(message, context)
        found = await people.known(self._directory, patient["identifier"], segment, 3)

        async def work(writing: records.Writing) -> None:
            citizen = await people.keep(writing, found, patient, context, segment)
            await stays.open_one(writing, citizen, stay, event.status, context)

        return work

    async def _discharge(self, message: Message, event: Event, context: Context):
        segment = message.only("PID")
        numbers = build("Patient", {"PID": [segment]}, context, ("identifier",))["identifier"]
        stay = stays.read_end(message, context)
        citizen = await people.require_known(self._directory, numbers, segment, 3)
        return lambda writing: stays.close(writing, citizen, stay)

    async def _person(self, message: Message, event: Event, context: Context):
        segment = message.only("PID")
        patient = build("Patient", {"PID": [segment]}, context)
        found = await people.known(self._directory, patient["identifier"], segment, 3)
        return lambda writing: people.keep(writing, found, patient, context, segment)

    async def _merge(self, message: Message, event: Event, context: Context):
        segment, merged = message.only("PID"), message.only("MRG")
        numbers = build("Patient", {"PID": [segment]}, context, ("identifier",))["identifier"]
        prior_numbers = build("Merged", {"MRG": [merged]}, context)["identifier"]
        survivor = await people.require_known(self._directory, numbers, segment, 3)
        prior = await people.require_known(self._directory, prior_numbers, merged, 1)

        async def work(writing: records.Writing) -> None:
            if prior == survivor:
                context.notes.append(Note(0, merged.place(1), "Both numbers lead to one person already.", "I"))
            else:
                await people.merge(writing, survivor, prior, context, merged)

        return work

    async def _results(self, message: Message, event: Event, context: Context):
        segment = message.only("PID")
        numbers = build("Patient", {"PID": [segment]}, context, ("identifier",))["identifier"]
        found, visit = results.read(message, context), results.read_visit(message, context)
        citizen = await people.require_known(self._directory, numbers, segment, 3)
        return lambda writing: results.keep(writing, citizen, found, visit, context)


def _event(message: Message) -> Event:
    """What the header asks for. Raises Refused."""
    need(message.header, 9)
    if len(need(message.header, 10)) > answers.LONGEST_CONTROL:
        raise Refused(TOO_LARGE, CONTROL, "MSH-10 is too long: at most 199 signs.")
    if message.header.text(11) not in ("", "P"):
        raise Refused(WRONG_PROCESSING, Place("MSH", 1, 11), "Only messages of production (P in MSH-11) are kept here.")
    if message.header.text(12) not in VERSIONS:
        raise Refused(
            WRONG_VERSION, Place("MSH", 1, 12), "This version is not taken. Send one from 2.3 to 2.8 in MSH-12."
        )
    event = EVENTS.get(message.event)
    if event is None:
        known = any(one.partition("^")[0] == message.header.text(9) for one in EVENTS)
        raise Refused(
            WRONG_EVENT if known else WRONG_TYPE, Place("MSH", 1, 9),
            "This event is not taken here. Taken are: %(events)s.", events=", ".join(one.replace("^", " ") for one in EVENTS),
        )  # fmt: skip
    return event


async def _first(tx: kernel.Session, cipher: security.Cipher, sender: Sender, message: Message) -> bool:
    """Take the control id; False for a message that was kept before. Raises Refused for another one under its number."""
    digest = hashlib.sha256(b"\r".join(segment.raw.encode() for segment in message.segments[1:])).digest()
    await cipher.hold(tx)
    if await tx.fetchval(SQL.take, sender.id, message.control, message.event, cipher.digest(digest), kernel.now()):
        return True
    if not cipher.is_digest(await tx.fetchval(SQL.digest, sender.id, message.control), digest):
        raise Refused(
            DUPLICATE_KEY, CONTROL, "MSH-10 was used for another message before. Give each message its own number."
        )
    return False


def _refusal(failure: kernel.Failure) -> Refused:
    """A failure of the stores in the words of HL7. What the validator says may quote a value, so it is not passed on."""
    if isinstance(failure, kernel.Invalid) and failure.faults:
        place = place_of(failure.faults[0].path) or Place("MSH")
        return Refused(WRONG_FORM, place, "%(place)s does not fit FHIR. Correct it and send again.")
    codes = {
        kernel.Conflict: DUPLICATE_KEY,
        kernel.NotFound: UNKNOWN_KEY,
        kernel.Gone: UNKNOWN_KEY,
        kernel.Invalid: WRONG_FORM,
    }
    code = next((code for kind, code in codes.items() if isinstance(failure, kind)), INTERNAL)
    return Refused(code, Place("MSH"), failure.message, **failure.params)
