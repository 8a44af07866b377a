"""JSON to FHIR's XML and back loses nothing; what is not FHIR's XML is refused with its place."""

import pytest
from examples import needs_npm, paths
from hypothesis import given
from hypothesis import strategies as st

from sekali import fhir, kernel


def exact(value: object) -> object:
    """Decoded JSON with each number as its digits: 1.00 is not 1.0 here."""
    if isinstance(value, dict):
        return {name: exact(member) for name, member in value.items()}
    if isinstance(value, list):
        return [exact(member) for member in value]
    return value if isinstance(value, (str, bool)) or value is None else (type(value), str(value))


def same(one: bytes, other: bytes) -> bool:
    return exact(kernel.decode(one)) == exact(kernel.decode(other))


def there_and_back(content: bytes) -> bytes:
    return fhir.from_xml(fhir.to_xml(content))


def fault(content: bytes) -> kernel.Fault:
    with pytest.raises(kernel.Invalid) as refused:
        fhir.from_xml(content)
    return refused.value.faults[0]


def patient(inside: str) -> bytes:
    return f'<Patient xmlns="http://hl7.org/fhir">{inside}</Patient>'.encode()


@needs_npm
def test_every_official_example_comes_back_the_same() -> None:
    found = [*paths(), *paths("Bundle")]
    assert len(found) > 1000
    for path in found:
        content = path.read_bytes()
        assert same(content, there_and_back(content)), path.name


@needs_npm
def test_indented_xml_means_the_same() -> None:
    for path in [*paths("Patient"), *paths("Observation")]:
        content = path.read_bytes()
        assert same(content, fhir.from_xml(fhir.to_xml(content, pretty=True))), path.name


def test_the_form_is_the_one_of_the_specification() -> None:
    """https://hl7.org/fhir/R4/json.html gives both forms of these: extensions and ids of primitives, and of lists."""
    content = b"""{"resourceType": "Patient", "id": "p",
      "birthDate": "1970-03-30",
      "_birthDate": {"id": "314159", "extension": [
        {"url": "http://example.org/fhir/StructureDefinition/text", "valueString": "Easter 1970"}]},
      "contained": [{"resourceType": "Organization", "id": "o", "name": "A & \\"B\\""}],
      "name": [{"id": "n", "given": ["Ann", null, "Mary"],
        "_given": [null, {"extension": [{"url": "u", "valueCode": "masked"}]}, null]}]}"""
    assert fhir.to_xml(content).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><id value="p"/>'
        '<contained><Organization><id value="o"/><name value="A &amp; &quot;B&quot;"/></Organization></contained>'
        '<name id="n"><given value="Ann"/><given><extension url="u"><valueCode value="masked"/></extension></given>'
        '<given value="Mary"/></name>'
        '<birthDate id="314159" value="1970-03-30">'
        '<extension url="http://example.org/fhir/StructureDefinition/text"><valueString value="Easter 1970"/></extension>'
        "</birthDate></Patient>"
    )
    assert same(content, there_and_back(content))


def test_elements_come_in_the_order_of_the_definitions() -> None:
    content = b'{"status":"final","code":{"text":"x"},"resourceType":"Observation","id":"1","meta":{"versionId":"1"}}'
    assert fhir.to_xml(content).endswith(
        b'<id value="1"/><meta><versionId value="1"/></meta><status value="final"/><code><text value="x"/></code></Observation>'
    )


@pytest.mark.parametrize("number", ["1.00", "0.0000000001", "-0.0", "1e3", "1E-50", "12345678901234567890.120", "7"])
def test_a_decimal_keeps_all_its_digits(number: str) -> None:
    content = b'{"resourceType":"Observation","valueQuantity":{"value":' + number.encode() + b"}}"
    assert same(content, there_and_back(content))


def test_a_decimal_from_xml_is_written_as_it_came() -> None:
    sent = (
        b'<Observation xmlns="http://hl7.org/fhir"><valueQuantity><value value="1.50"/></valueQuantity></Observation>'
    )
    assert b'"value":1.50}' in fhir.from_xml(sent)


xml_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\t\r\n")
)


@given(xml_text.filter(bool))
def test_any_text_comes_back(text: str) -> None:
    content = kernel.encode({"resourceType": "Patient", "name": [{"text": text}], "contact": [{"id": text}]})
    assert there_and_back(content) == content


@given(st.sampled_from("\0\x01\x08\x0b\x0c\x1f\ufffe\uffff"))
def test_a_character_that_xml_has_not_is_named(character: str) -> None:
    content = kernel.encode({"resourceType": "Patient", "name": [{"text": f"a{character}"}]})
    with pytest.raises(kernel.Invalid) as refused:
        fhir.to_xml(content)
    assert refused.value.faults[0].path == "Patient.name[0].text"


@given(st.binary(max_size=200) | xml_text.map(lambda text: patient(text)))
def test_whatever_comes_is_taken_or_refused_and_nothing_else(content: bytes) -> None:
    try:
        assert kernel.decode(fhir.from_xml(content))["resourceType"]
    except kernel.Invalid as refused:
        assert refused.faults


DIV = "<div xmlns=\"http://www.w3.org/1999/xhtml\"  class='a'>a&#160;&lt;b <p>x</p><br /><!-- note --></div>"


def test_a_narrative_is_kept_as_it_was_written() -> None:
    content = kernel.encode({"resourceType": "Patient", "text": {"status": "generated", "div": DIV}})
    assert DIV.encode() in fhir.to_xml(content)
    assert there_and_back(content) == content


def test_a_narrative_that_leans_on_a_prefix_declared_outside_stands_by_itself_in_json() -> None:
    sent = (
        '<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><f:text>'
        '<f:status value="generated"/><h:div xml:lang="id">a &amp; <h:b>b</h:b></h:div></f:text></f:Patient>'
    )
    made = kernel.decode(fhir.from_xml(sent.encode()))
    assert made["text"]["div"] == '<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="id">a &amp; <b>b</b></div>'


@pytest.mark.parametrize(
    "div",
    ["<div>x</p></div>", "x", "<p xmlns='http://www.w3.org/1999/xhtml'/>", "<div/></text><active value='true'/><text><div/>",
     "<!DOCTYPE div [<!ENTITY a 'b'>]><div xmlns='http://www.w3.org/1999/xhtml'>&a;</div>", "<div>&unknown;</div>",
     "<?xml version='1.0'?><div xmlns='http://www.w3.org/1999/xhtml'/>", 7],
)  # fmt: skip
def test_a_narrative_cannot_break_out_of_its_place(div: object) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        fhir.to_xml(kernel.encode({"resourceType": "Patient", "text": {"status": "generated", "div": div}}))
    assert refused.value.faults[0].path == "Patient.text.div"


def test_a_narrative_with_htmls_own_names_and_no_namespace_is_mended() -> None:
    content = kernel.encode({"resourceType": "Patient", "text": {"status": "generated", "div": "<div>a&nbsp;b</div>"}})
    assert '<div xmlns="http://www.w3.org/1999/xhtml">a\u00a0b</div>'.encode() in fhir.to_xml(content)


@pytest.mark.parametrize(
    ("inside", "path"),
    [
        ('<colour value="blue"/>', "Patient.colour"),
        ('<name><given/></name>', "Patient.name[0].given[0]"),
        ('<name><given value=""/></name>', "Patient.name[0].given[0]"),
        ("<name/>", "Patient.name[0]"),
        ('<name value="x"/>', "Patient.name[0].@value"),
        ('<active value="yes"/>', "Patient.active"),
        ('<active value="true" colour="x"/>', "Patient.active.@colour"),
        ('<active value="true"/><active value="true"/>', "Patient.active"),
        ('<gender value="male"/><active value="true"/>', "Patient.active"),
        ('<multipleBirthInteger value="1.5"/>', "Patient.multipleBirthInteger"),
        ('<multipleBirthInteger value="1,&quot;a&quot;:2"/>', "Patient.multipleBirthInteger"),
        ('<active xmlns="http://example.org" value="true"/>', "Patient.active"),
        ('<text><status value="generated"/><div>x</div></text>', "Patient.text.div"),
        ('<div xmlns="http://www.w3.org/1999/xhtml"/>', "Patient.div"),
        ("<contained/>", "Patient.contained[0]"),
        ('<contained><Unicorn/></contained>', "Patient.contained[0].Unicorn"),
        ("text", "Patient"),
    ],
)  # fmt: skip
def test_each_fault_has_its_place(inside: str, path: str) -> None:
    found = fault(patient(inside))
    assert found.path in (path, path.rpartition(".")[0]) and found.reason
    assert kernel.translate("id", found.reason) != found.reason


def test_another_namespace_is_refused() -> None:
    assert "http://hl7.org/fhir" in fault(b"<Patient/>").reason
    assert "http://hl7.org/fhir" in fault(b'<Patient xmlns="urn:hl7-org:v3"/>').reason


@pytest.mark.parametrize(
    "dtd",
    ["<!DOCTYPE Patient>", '<!DOCTYPE Patient SYSTEM "http://example.org/x.dtd">',
     '<!DOCTYPE Patient [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'],
)  # fmt: skip
def test_a_document_type_is_refused(dtd: str) -> None:
    assert "DOCTYPE" in fault(dtd.encode() + patient("")).reason


def test_deep_nesting_is_refused() -> None:
    deep = '<extension url="x">' * 100_000
    assert "nesting" in fault(f'<Patient xmlns="http://hl7.org/fhir">{deep}'.encode()).reason
    div = '<div xmlns="http://www.w3.org/1999/xhtml">' * 100
    assert "nesting" in fault(patient(f"<text>{div}")).reason


def test_another_encoding_than_utf_8_is_refused() -> None:
    assert "UTF-8" in fault(b'<?xml version="1.0" encoding="ISO-8859-1"?>' + patient("")).reason
    assert fhir.from_xml(b"\xef\xbb\xbf" + patient("")) == b'{"resourceType":"Patient"}'


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"[]", "Resource.resourceType"),
        (b'{"resourceType":"Unicorn"}', "Resource.resourceType"),
        (b'{"resourceType":"Patient","colour":1}', "Patient.colour"),
        (b'{"resourceType":"Patient","_name":[{"id":"x"}]}', "Patient._name"),
        (b'{"resourceType":"Patient","name":{}}', "Patient.name"),
        (b'{"resourceType":"Patient","name":["x"]}', "Patient.name[0]"),
        (b'{"resourceType":"Patient","active":"true"}', "Patient.active"),
        (b'{"resourceType":"Patient","gender":1}', "Patient.gender"),
        (b'{"resourceType":"Patient","contained":[{"resourceType":"Unicorn"}]}', "Patient.contained[0]"),
    ],
)
def test_json_that_is_not_r4s_is_refused_with_its_place(content: bytes, path: str) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        fhir.to_xml(content)
    assert refused.value.faults[0].path == path
