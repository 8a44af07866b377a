"""An XML document as a tree of FHIR elements, narratives as the text that they are.

Python's own expat reads it. A document type definition is refused where it begins, so there are no entities to expand
and nothing to fetch; there is one encoding, and a limit to the nesting.
"""

from collections.abc import Mapping
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from sekali import kernel

from .layout import DEEPEST, FHIR, XHTML

OTHER_SPACE = "belongs to another namespace. FHIR's is http://hl7.org/fhir, a narrative's http://www.w3.org/1999/xhtml."
_DIV = f"{XHTML} div"
_IGNORED = "http://www.w3.org/2001/XMLSchema-instance schemaLocation"
_XML = "http://www.w3.org/XML/1998/namespace "


class Node:
    """One element.

    :ivar narrative: of a ``div``: itself as text; None for FHIR's own elements.
    """

    __slots__ = ("attributes", "children", "name", "narrative")

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node] = []
        self.narrative: str | None = None


def parse(content: bytes) -> Node:
    """The root. Raises Invalid: not XML, a DTD, another namespace or encoding, text where none belongs, too deep."""
    builder = _Builder(content.removeprefix(b"\xef\xbb\xbf"))
    try:
        return builder.run()
    except expat.ExpatError as error:
        raise kernel.Invalid("This is not valid XML.", faults=[kernel.Fault("$", str(error))]) from None


def is_narrative(text: str) -> bool:
    """Whether this is one whole ``div`` of XHTML that can stand anywhere, all its namespaces declared in it."""
    parser = _parser()
    names: list[str] = []
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    parser.XmlDeclHandler = _refuse_dtd  # fine at the start of a document, not inside one
    try:
        parser.Parse(text.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError, kernel.Invalid):
        return False
    return names[0] == _DIV and all(name.startswith(XHTML + " ") for name in names)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate("UTF-8", " ")
    parser.StartDoctypeDeclHandler = _refuse_dtd
    return parser


def _refuse_dtd(*_: object) -> NoReturn:
    raise kernel.Invalid(faults=[kernel.Fault("$", "A DOCTYPE is not taken. Send the resource without it.")])


def _require_utf8(version: str, encoding: str | None, standalone: int) -> None:
    if encoding and encoding.lower() not in ("utf-8", "us-ascii"):
        raise kernel.Invalid(faults=[kernel.Fault("$", "FHIR's XML is UTF-8. Send it in that encoding.")])


class _Builder:
    """Hears what expat reads.

    Of a narrative it keeps both where it begins, to take it as it was sent, and its text put together anew, for one
    that leans on namespaces declared around it.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._top = Node("", {})
        self._path = [self._top]
        self._depth = 0
        self._div: list[str] = []
        self._div_start = self._div_depth = 0
        self._parser = _parser()
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = _require_utf8
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def run(self) -> Node:
        self._parser.Parse(self._content, True)
        return self._top.children[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise kernel.Invalid(faults=[kernel.Fault(self._place(), f"more than {DEEPEST} levels of nesting")])
        space, _, local = name.rpartition(" ")
        if self._div:
            self._inside(space, local, attributes)
            return
        if space not in (FHIR, XHTML) or (space == XHTML and local != "div"):
            self._refuse(local, OTHER_SPACE)
        attributes.pop(_IGNORED, None)
        node = Node(local, attributes)
        self._path[-1].children.append(node)
        self._path.append(node)
        if space == XHTML:
            self._div_start, self._div_depth = self._parser.CurrentByteIndex, self._depth
            self._inside(space, local, attributes)

    def _inside(self, space: str, local: str, attributes: dict[str, str]) -> None:
        if space != XHTML:
            self._refuse(local, OTHER_SPACE)
        declared = "" if self._div else f' xmlns="{XHTML}"'
        written = "".join(f" {self._attribute(name)}={quoteattr(value)}" for name, value in attributes.items())
        self._div.append(f"<{local}{declared}{written}>")

    def _attribute(self, name: str) -> str:
        if name.startswith(_XML):
            return "xml:" + name.removeprefix(_XML)
        if " " in name:
            self._refuse("@" + name.rpartition(" ")[2], "belongs to another namespace. Take it out.")
        return name

    def _end(self, name: str) -> None:
        if self._div:
            self._div.append(f"</{name.rpartition(' ')[2]}>")
        if not self._div or self._depth == self._div_depth:
            node = self._path.pop()
            if self._div:
                node.narrative = self._narrative()
        self._depth -= 1

    def _narrative(self) -> str:
        end = self._content.find(b">", self._parser.CurrentByteIndex) + 1
        sent = self._content[self._div_start : end].decode("utf-8", "replace")
        anew = "".join(self._div)
        self._div = []
        return sent if is_narrative(sent) else anew

    def _text(self, text: str) -> None:
        if self._div:
            self._div.append(escape(text))
        elif not text.isspace():
            self._refuse("", "has text between its elements. A value stands in the attribute value.")

    def _place(self) -> str:
        return ".".join(node.name for node in self._path[1:]) or "$"

    def _refuse(self, name: str, reason: str) -> NoReturn:
        place = f"{self._place()}.{name}" if name else self._place()
        raise kernel.Invalid(faults=[kernel.Fault(place.removeprefix("$."), reason)])
