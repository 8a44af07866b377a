"""Where notifications may go: a client's address must not make the server knock at doors inside."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sekali import exchange, kernel
from sekali.exchange.subscriptions.endpoints import Unreachable

PUBLIC = exchange.Policy()
HERE = exchange.Policy((ip_network("127.0.0.0/8"), ip_network("::1")))
VPN = exchange.Policy((ip_network("10.20.0.0/16"),))


@pytest.mark.parametrize(
    "url",
    [
        "http://simrs.example/fhir", "https://127.0.0.1/", "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://0.0.0.0/",
        "https://224.0.0.1/", "https://[fe80::1]/", "https://[fd00::1]/", "ftp://simrs.example/", "https://", "simrs.example",
        "https://nama:sandi@simrs.example/", "https://simrs.example/#x", "https://simrs.example/a b", "https://simrs.example:99999/",
        "https://simrs.example/" + "x" * 2000, "file:///etc/passwd", "https://simrs.example/\r\nHost: x", "https://100.64.0.1/",
    ],
)  # fmt: skip
def test_these_are_refused(url) -> None:
    with pytest.raises(kernel.Invalid) as refused:
        PUBLIC.endpoint(url)
    assert refused.value.faults[0].path == "Subscription.channel.endpoint"


def test_these_are_not() -> None:
    assert PUBLIC.endpoint("https://simrs.example/fhir?a=b").target == "/fhir?a=b"
    assert PUBLIC.endpoint("https://rumah-sakit.example:8443").authority == "rumah-sakit.example:8443"
    assert PUBLIC.endpoint("https://8.8.8.8/").secure
    assert HERE.endpoint("http://127.0.0.1:9/x").port == HERE.endpoint("http://localhost:9").port == 9
    assert VPN.endpoint("https://10.20.3.4/").host == "10.20.3.4"


def test_a_network_that_is_allowed_is_no_leave_for_http() -> None:
    with pytest.raises(kernel.Invalid):
        VPN.endpoint("http://10.20.3.4/")
    assert exchange.Policy(VPN.networks, http=True).endpoint("http://10.20.3.4/").port == 80


@given(st.ip_addresses())
@example(IPv6Address("2002:b00::"))
def test_what_is_not_public_is_never_allowed(address) -> None:
    if isinstance(address, IPv4Address):
        number = int(address)
        six = [
            IPv6Address(int(IPv6Address(prefix)) + (number << shift))
            for prefix, shift in (("::ffff:0:0", 0), ("64:ff9b::", 0), ("2002::", 80))
        ]
        assert {PUBLIC.allows(one) for one in (address, *six)} == {PUBLIC.allows(address)}
    if isinstance(address, IPv6Address):
        address = address.sixtofour or address  # 6to4 leads to the address in it, as above
    if not address.is_global or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not PUBLIC.allows(address)


async def test_a_name_is_looked_at_by_all_its_addresses() -> None:
    """localhost leads to this machine, whatever it is called."""
    with pytest.raises(Unreachable, match="private"):
        await exchange.Policy(http=True).resolve(exchange.Policy(http=True).endpoint("http://localhost/"))
    assert set(await HERE.resolve(HERE.endpoint("http://localhost/"))) <= {"127.0.0.1", "::1"}
    with pytest.raises(Unreachable, match="no address"):
        await PUBLIC.resolve(PUBLIC.endpoint("https://tidak-ada.invalid/"))
