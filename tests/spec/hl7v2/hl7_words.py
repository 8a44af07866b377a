"""Messages as hospital systems write them, and what came back."""

import hl7

from sekali import app

FROM = "127.0.0.1"
NIK = "9901015707900001"


async def allow(sekali: app.Sekali, place: str = "RSUD Kota Yogyakarta", facility: str = "RSUD", network: str = FROM):
    """A sender of a facility; the facility."""
    owner = next(one for one in (await sekali.care.facilities.all()).values() if one.name == place)
    await sekali.hl7v2.senders.allow("SIMRS", facility, owner.id, owner.name, owner.zone, [network])
    return owner


def pid(number: str = "RM-1", nik: str = NIK, name: str = "AMINAH^SITI", born: str = "19900717", sex: str = "F") -> str:
    numbers = [f"{number}^^^RSUD^MR"] if number else []
    numbers += [f"{nik}^^^DUKCAPIL^NI"] if nik else []
    return f"PID|1||{'~'.join(numbers)}||{name}||{born}|{sex}|||JL. UJI 2^^YOGYAKARTA^DIY^55161^ID||0812-9900"


def message(
    event: str, *segments: str, control: str = "1", facility: str = "RSUD", charset: str = "UNICODE UTF-8"
) -> str:
    header = f"MSH|^~\\&|SIMRS|{facility}|SEKALI|DINKES|20261101080000+0700||{event}|{control}|P|2.5.1||||||{charset}"
    return "\r".join([header, *segments]) + "\r"


def admission(
    control: str = "1", visit: str = "V-1", kind: str = "I", start: str = "20261101080000", **person: str
) -> str:
    return message(
        "ADT^A01^ADT_A01", "EVN|A01|20261101080000", pid(**person), stay(visit, kind, start), control=control
    )


def stay(visit: str = "V-1", kind: str = "I", start: str = "20261101080000", end: str = "") -> str:
    fields = [""] * 46
    for place, text in {
        0: "PV1",
        1: "1",
        2: kind,
        3: "MELATI^2^B",
        7: "77^HARTONO^BUDI^^^dr.",
        19: visit,
        44: start,
        45: end,
    }.items():
        fields[place] = text
    return "|".join(fields)


class Answer:
    """An acknowledgement, read by python-hl7."""

    def __init__(self, content: bytes) -> None:
        self.text = content.decode()
        self.read = hl7.parse(self.text)
        self.code = str(self.read.segment("MSA")[1])
        self.control = str(self.read.segment("MSA")[2])
        self.errors = [
            (str(one[2]), str(one[3]).partition("^")[0], str(one[4])) for one in self.read if str(one[0]) == "ERR"
        ]


async def send(sekali: app.Sekali, text: str | bytes, address: str = FROM) -> Answer:
    """Send past the socket."""
    content = text.encode() if isinstance(text, str) else text
    return Answer(await sekali.hl7v2.inbox.answer(content, address))
