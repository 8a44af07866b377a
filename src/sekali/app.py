"""The only place that knows every module: it joins them, and nothing else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from ipaddress import ip_network
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Router

from sekali import audit, care, demo, exchange, gate, hl7v2, identity, kernel, program, records, security, web


@dataclass(frozen=True, slots=True)
class Sekali:
    """The joined program."""

    database: kernel.Database
    store: records.Store
    directory: identity.Directory
    doorkeeper: security.Doorkeeper
    care: care.Care
    program: program.Program
    asgi: Router
    hl7v2: hl7v2.Listener
    bulk: exchange.Bulk
    subscriptions: exchange.Subscriptions
    anchors: audit.Anchors
    anchor_minutes: int
    cipher: security.Cipher
    rekeying: security.Rekeying

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """All that goes on by itself while the first process serves."""
        async with (
            self.bulk.working(), self.subscriptions.working(), self.anchors.working(self.anchor_minutes),
            self.rekeying.working(),
        ):  # fmt: skip
            yield


AT_REST: tuple[security.Table, ...] = (
    *records.AT_REST, *identity.AT_REST, *care.AT_REST, *security.AT_REST, *exchange.AT_REST, *hl7v2.AT_REST,
)  # fmt: skip
"""All that is sealed with the server's keys."""


async def build(settings: kernel.Settings, database: kernel.Database) -> Sekali:
    """Join all parts over one migrated database."""
    journal, vault = audit.Journal(database), security.Vault(settings)
    cipher = security.Cipher(vault, database)
    await cipher.join()
    doorkeeper = security.Doorkeeper(database, journal, vault, cipher, _house(settings))
    await doorkeeper.open()
    directory = identity.Directory(database, cipher)
    relations = care.Relations(database)
    outbox = exchange.Outbox(care.caring)
    watchers: tuple[records.Watcher, ...] = (
        directory.claim,
        care.follow_tasks,
        care.follow_care,
        care.follow_guardians,
        outbox.follow,
    )
    store_with = partial(
        records.Store, database, journal, cipher, relations=relations, strict=settings.strict, codes=exchange.codes,
        classes=security.Classes(settings.sensitive),
    )  # fmt: skip
    store = store_with(watchers)
    dialect = exchange.keep_satusehats_rules
    sent = store_with((dialect, *watchers)) if settings.satusehat else store  # what facilities' systems write
    facilities = care.Facilities(database, store)
    desks = care.care(database, journal, store, directory, doorkeeper, facilities, settings, (exchange.forget,))
    bulk = exchange.Bulk(
        database, store, journal, relations.people, settings.data / "bulk", timedelta(hours=settings.bulk_hours),
        settings.bulk_mb << 20, settings.strict,
    )  # fmt: skip
    subscriptions = exchange.Subscriptions(
        database, store, doorkeeper, outbox, _policy(settings), _patience(settings), vault
    )
    await subscriptions.book.seal()
    log = exchange.RequestLog(database)
    movement = program.program(database, _live_measures(database))
    rates = kernel.Rates(settings.rate_address), kernel.Rates(settings.rate_account)
    asgi = Router(
        middleware=gate.gate(settings, _refuse),
        routes=[
            *exchange.routes(
                exchange.Doors(
                    sent,
                    directory,
                    doorkeeper,
                    bulk,
                    log,
                    subscriptions,
                    audit.Trail(database, journal),
                    *rates,
                    settings.addresses,
                )  # fmt: skip
            ),
            *web.routes(
                web.Doors(
                    database,
                    desks,
                    movement,
                    doorkeeper,
                    settings,
                    log.of_organization,
                    exchange.Copies(store, settings.addresses[0]),
                    *rates,
                    demo.logins() if settings.demo else (),
                    _sandbox() if settings.demo else None,
                )  # fmt: skip
            ),
        ],
    )
    senders = hl7v2.Senders(database, journal)
    listener = hl7v2.Listener(hl7v2.Inbox(store, directory, senders), senders)
    anchors = audit.Anchors(database, settings.anchors, settings.anchor_key)
    return Sekali(
        database, store, directory, doorkeeper, desks, movement, asgi, listener, bulk, subscriptions, anchors,
        settings.anchor_minutes, cipher, security.Rekeying(database, vault, cipher, AT_REST),
    )  # fmt: skip


def _refuse(path: str, failure: kernel.Failure) -> Response:
    """Of what was no request: in FHIR's shape at that door, elsewhere as a sentence."""
    if path.startswith((exchange.BASE, "/oauth2/")):
        return exchange.failure_response(failure)
    return PlainTextResponse(f"{failure.text('id')}\n{failure.text('en')}\n", 400)


def _house(settings: kernel.Settings) -> security.House:
    """What the operator settles about coming in. Raises Trouble for a role that there is not."""
    try:
        demanding = frozenset(map(security.Role, settings.second_factor))
    except ValueError:
        roles = ", ".join(role.value for role in security.Role if role is not security.Role.SYSTEM)
        raise kernel.Trouble(f"SEKALI_SECOND_FACTOR names roles: {roles}.") from None
    return security.House(
        settings.addresses, timedelta(minutes=settings.idle_minutes), demanding, settings.breached_passwords,
        _provider(settings), timedelta(minutes=settings.operator_minutes),
    )  # fmt: skip


def _provider(settings: kernel.Settings) -> security.ProviderSettings | None:
    """The OpenID provider for staff, if there is one. Raises Trouble when it is named by half."""
    issuer, client, secret = settings.openid_issuer, settings.openid_client, settings.openid_secret
    if not issuer:
        return None
    if not client or not secret:
        raise kernel.Trouble("SEKALI_OPENID_ISSUER needs SEKALI_OPENID_CLIENT and SEKALI_OPENID_SECRET beside it.")
    return security.ProviderSettings(
        issuer, client, secret, settings.openid_name or urlsplit(issuer).netloc,
        timedelta(minutes=settings.openid_minutes), frozenset(settings.openid_second_factor),
    )  # fmt: skip


LOOPBACK = tuple(map(ip_network, ("127.0.0.0/8", "::1")))


def _policy(settings: kernel.Settings) -> exchange.Policy:
    """Where notifications may go: to this very machine too while it shows a demo city."""
    networks = settings.subscription_networks
    return exchange.Policy(
        networks if networks is not None else LOOPBACK if settings.demo else (), settings.subscription_http
    )


def _patience(settings: kernel.Settings) -> exchange.Patience:
    return exchange.Patience(
        settings.subscription_attempts, timedelta(seconds=settings.subscription_pause),
        timedelta(hours=settings.subscription_hours), timedelta(days=settings.subscription_days),
    )  # fmt: skip


def _sandbox() -> web.Sandbox:
    """What the examples of the documentation are tried with."""
    client, secret, _ = demo.CLIENTS[0]
    return web.Sandbox(client, secret, demo.CLIENTS[1][2])


def _live_measures(database: kernel.Database) -> program.Measures:
    """What the movement may know of counters: means over a whole city, no person and no single counter."""

    async def measures(code: str, since: date) -> Sequence[program.Measured]:
        return [
            program.Measured(
                f"{one.what}-{one.kind}", MEASURES[one.what, one.kind], one.what, True, one.before, one.before_count,
                one.after, one.after_count,
            )
            for one in await care.measures.of_city(database, code, since)
        ]  # fmt: skip

    return measures


MEASURES = {
    ("questions", "puskesmas"): "Questions asked of a person at puskesmas counters",
    ("minutes", "puskesmas"): "Minutes to be received at puskesmas counters",
    ("questions", "hospital"): "Questions asked of a person at hospital counters",
    ("minutes", "hospital"): "Minutes to be received at hospital counters",
}
"""(what, kind of counter) -> the measure's name."""
