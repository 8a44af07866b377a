"""Settings from the environment, strict: an unknown name or a wrong value refuses the start.

docs/settings.md explains each one; a test keeps the two equal.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from .trouble import Trouble

PREFIX = "SEKALI_"
SECRET = frozenset({"database_url", "server_key", "openid_secret"})
"""Settings that are never shown."""
CLOCKS = {"access": 72, "correction": 72, "restriction": 72, "deletion": 72, "breach": 72}
"""Hours within which each is to be done, where nothing else is set."""
Network = IPv4Network | IPv6Network


def _data_folder() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/sekali")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "sekali"


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _yes(text: str) -> bool:
    try:
        return {"yes": True, "no": False, "1": True, "0": False, "true": True, "false": False}[text.lower()]
    except KeyError:
        raise ValueError("must be yes or no") from None


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def _clocks(text: str) -> dict[str, int]:
    found = dict(re.findall(r"(\w+)=(\d{1,3})(?=[\s,]|$)", text))
    if not found or found.keys() - CLOCKS or len(re.split(r"[\s,]+", text)) != len(found):
        raise ValueError(f"must be hours by kind, such as access=72 correction=48; kinds: {', '.join(CLOCKS)}")
    hours = {name: int(number) for name, number in found.items()}
    if not all(1 <= number <= 720 for number in hours.values()):
        raise ValueError("must be hours from 1 to 720")
    return CLOCKS | hours


def _networks(text: str) -> tuple[Network, ...]:
    if text == "none":
        return ()
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError:
        raise ValueError("must be none, or networks such as 10.20.0.0/16, commas between them") from None


def _rate(text: str) -> int | None:
    if text == "none":
        return None
    if not text.isdecimal() or not 60 <= int(text) <= 100_000_000:
        raise ValueError("must be none, or a whole number from 60 to 100000000")
    return int(text)


def _words(text: str) -> tuple[str, ...]:
    return () if text == "none" else tuple(part.strip() for part in text.split(","))


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:[1-9]\d{0,4})?", text):
        raise ValueError(
            "must be a scheme, a host in small letters and perhaps a port, such as https://sekali.kota.example"
        )
    return text


def _issuer(text: str) -> str:
    here = r"http://(localhost|127\.0\.0\.1|\[::1\])"
    if not re.fullmatch(rf"(https://[a-z0-9.-]+|{here})(:[1-9]\d{{0,4}})?(/[!-~]*)?", text) or set("?#") & set(text):
        raise ValueError("must be an address that begins with https://, as the provider names itself")
    return text


def _setting(parse: Callable[[str], Any], default: Any = None, factory: Callable[[], Any] | None = None) -> Any:
    if factory is not None:
        return field(default_factory=factory, metadata={"parse": parse})
    return field(default=default, metadata={"parse": parse})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Each is read from ``SEKALI_<NAME>``, or from the file that ``SEKALI_<NAME>_FILE`` names."""

    data: Path = _setting(_path, factory=_data_folder)
    database_url: str = _setting(str, "")
    server_key: str = _setting(str, "")
    host: str = _setting(str, "127.0.0.1")
    port: int = _setting(_number(1, 65535), 8080)
    hl7_port: int | None = _setting(_number(1, 65535))
    https: bool = _setting(_yes, False)
    proxy: tuple[Network, ...] = _setting(_networks, ())
    rate_address: int | None = _setting(_rate, 60_000)
    rate_account: int | None = _setting(_rate, 12_000)
    address: str = _setting(_address, "")
    idle_minutes: int = _setting(_number(5, 720), 60)
    second_factor: tuple[str, ...] = _setting(_words, ())
    operator_minutes: int = _setting(_number(5, 240), 60)
    openid_issuer: str = _setting(_issuer, "")
    openid_client: str = _setting(str, "")
    openid_secret: str = _setting(str, "")
    openid_name: str = _setting(str, "")
    openid_minutes: int = _setting(_number(0, 720), 0)
    openid_second_factor: tuple[str, ...] = _setting(_words, ())
    breached_passwords: Path | None = _setting(lambda text: Path(text).expanduser().absolute())
    postgres_user: str = _setting(str, "")
    connections: int = _setting(_number(2, 100), 10)
    processes: int = _setting(_number(1, 64), factory=lambda: min(4, os.cpu_count() or 1))
    demo: bool = _setting(_yes, True)
    population: int = _setting(_number(100, 900_000), 20_000)
    seed: int = _setting(_number(0, 2**31 - 1), 2018)
    strict: bool = _setting(_yes, True)
    satusehat: bool = _setting(_yes, False)
    sensitive: Path | None = _setting(lambda text: Path(text).expanduser().absolute())
    recent_days: int = _setting(_number(0, 3650), 30)
    emergency_minutes: int = _setting(_number(5, 1440), 60)
    review_hours: int = _setting(_number(1, 720), 72)
    guardian_days: int = _setting(_number(1, 9999), 366)
    bulk_hours: int = _setting(_number(1, 720), 24)
    bulk_mb: int = _setting(_number(1, 10_000_000), 20_000)
    subscription_networks: tuple[Network, ...] | None = _setting(_networks)
    subscription_http: bool = _setting(_yes, False)
    subscription_attempts: int = _setting(_number(1, 100), 5)
    subscription_pause: int = _setting(_number(1, 3600), 5)
    subscription_hours: int = _setting(_number(1, 720), 72)
    subscription_days: int = _setting(_number(1, 90), 14)
    audit_anchors: Path | None = _setting(_path)
    audit_key: Path | None = _setting(_path)
    anchor_minutes: int = _setting(_number(0, 1440), 60)
    question_hours: int = _setting(_number(1, 720), 72)
    clocks: dict[str, int] = _setting(_clocks, factory=lambda: dict(CLOCKS))
    grounds: Path | None = _setting(_path)
    retention: Path | None = _setting(_path)

    @property
    def anchors(self) -> Path:
        """Where the audit's anchors are put."""
        return self.audit_anchors or self.data / "anchors"

    @property
    def anchor_key(self) -> Path:
        """The file of the key that they are signed with."""
        return self.audit_key or self.data / "audit-key.pem"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where this server says that it is, the best first; never what a request says of it."""
        if self.address:
            return (self.address,)
        hosts = dict.fromkeys((self.host if self.host not in ("0.0.0.0", "::") else "localhost", "localhost"))
        return tuple(f"http://{f'[{host}]' if ':' in host else host}:{self.port}" for host in hosts)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in ``environment``. Raises Trouble that names what is wrong and never shows a value."""
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    found: dict[str, Any] = {}
    for name in sorted(environment):
        if not name.startswith(PREFIX):
            continue
        base = name.removesuffix("_FILE") if name not in known else name
        if base not in known:
            near = difflib.get_close_matches(base, known, 1)
            hint = f" Did you mean {near[0]}?" if near else " See docs/settings.md."
            raise Trouble(f"There is no setting {name}.{hint}")
        if base != name and base in environment:
            raise Trouble(f"{base} and {name} are both set. Keep one.")
        text = environment[name] if base == name else _read(name, environment[name])
        try:
            found[known[base].name] = known[base].metadata["parse"](text)
        except ValueError as error:
            raise Trouble(f"{base} {error}.") from None
    return Settings(**found)


def _read(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Trouble(f"The file that {name} names cannot be read ({error.strerror}).") from None
