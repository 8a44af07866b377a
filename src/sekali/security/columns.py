"""Columns of a table that hold what somebody wrote about people: sealed, each value bound to its column and row."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sekali import kernel

from .cipher import Cipher, about, number_of

PAGE = 500
"""Rows given another key in one transaction."""


@dataclass(frozen=True)
class Step:
    """What was done with a page of a table.

    :ivar place: the key of its last row; None at the end of the table.
    :ivar done: rows that were given the newest key.
    :ivar left: rows that were not, because somebody holds them at this moment.
    """

    place: tuple[Any, ...] | None
    done: int
    left: int


@dataclass
class Walk:
    """SQL for a table whose rows have the number of their key beside them.

    :ivar edge: from a place on, with a page's length: the last place of a page.
    :ivar hold: from a place to another, with the newest key: rows under another key that nobody holds.
    :ivar left: the same: how many are under another key.
    :ivar rows: of a page, which is one transaction.
    """

    edge: str
    hold: str
    left: str
    rows: int = PAGE

    async def page(
        self, tx: kernel.Session, newest: int, at: tuple[Any, ...], last: tuple[Any, ...],
        put: Callable[[list[kernel.Row]], Awaitable[None]],
    ) -> Step:  # fmt: skip
        """Let ``put`` give the newest key to the next page of rows. Waits for nobody.

        :param last: a place behind all there can be, for the last page.
        """
        edge = await tx.fetchrow(self.edge, *at, self.rows)
        end = tuple(edge.values()) if edge else last
        rows = await tx.fetch(self.hold, *at, *end, newest)
        if rows:
            await put(rows)
        left = await tx.fetchval(self.left, *at, *end, newest)
        return Step(end if edge else None, len(rows), left)


@dataclass(frozen=True)
class Columns:
    """Sealed columns of one table.

    :ivar table: ``schema.table``; with the names all SQL is put together from constants of the module that has the table.
    :ivar key: columns of the primary key: what a value is bound to.
    :ivar bound: the name of the table that its values are bound to, where it had another when they were first sealed.
    :ivar names: columns of type bytea. NULL stays NULL, and of an empty text is seen that it is empty.
    """

    table: str
    key: tuple[str, ...]
    names: tuple[str, ...]
    bound: str = field(default="", kw_only=True)
    _sql: dict[str, str] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        key = ", ".join(self.key)
        numbers = range(1, len(self.key) + 1)
        row = f"({key}) = ({', '.join(f'${n}' for n in numbers)})"
        values = ", ".join(f"{name} = ${n}" for n, name in enumerate(self.names, len(self.key) + 1))
        columns = f"select {key}, {', '.join(self.names)} from {self.table}"  # noqa: S608 - names of our own columns
        self._sql["first"] = f"{columns} order by {key} limit {PAGE}"
        self._sql["next"] = (
            f"{columns} where ({key}) > ({', '.join(f'${n}' for n in numbers)}) order by {key} limit {PAGE}"
        )
        self._sql["hold"] = f"{columns} where {row} for update skip locked"
        self._sql["put"] = f"update {self.table} set {values} where {row}"  # noqa: S608 - names of our own columns

    def _about(self, name: str, key: Sequence[Any]) -> bytes:
        return about(f"{self.bound or self.table}.{name}", *key)

    def seal(self, cipher: Cipher, name: str, text: str, *key: Any) -> bytes:
        """A value to keep in the row of ``key``."""
        return cipher.seal_text(text, self._about(name, key))

    def opened(self, cipher: Cipher, row: kernel.Row) -> dict[str, Any]:
        """A row with its sealed columns as texts. Raises Broken where one was changed or moved."""
        key = [row[name] for name in self.key]
        return {**row} | {
            name: None if row[name] is None else cipher.open_text(row[name], self._about(name, key))
            for name in self.names
        }

    async def rekey(self, tx: kernel.Session, cipher: Cipher, after: tuple[Any, ...] | None) -> Step:
        """Give the next page of rows the newest key. Waits for nobody."""
        rows = await (tx.fetch(self._sql["next"], *after) if after else tx.fetch(self._sql["first"]))
        old = [row for row in rows if self._old(cipher, row)]
        done = 0
        for one in old:
            key = [one[name] for name in self.key]
            row = await tx.fetchrow(self._sql["hold"], *key)
            if row is None:
                continue
            await tx.execute(self._sql["put"], *key, *(self._anew(cipher, name, row[name], key) for name in self.names))
            done += 1
        place = tuple(rows[-1][name] for name in self.key) if len(rows) == PAGE else None
        return Step(place, done, len(old) - done)

    def _old(self, cipher: Cipher, row: kernel.Row) -> bool:
        return any(row[name] and number_of(row[name]) != cipher.newest for name in self.names)

    def _anew(self, cipher: Cipher, name: str, value: bytes | None, key: Sequence[Any]) -> bytes | None:
        if not value or number_of(value) == cipher.newest:
            return value
        about = self._about(name, key)
        return cipher.seal(cipher.open(value, about), about)


@dataclass(frozen=True)
class Locked(Columns):
    """Columns that the vault seals (see :class:`~.vault.Vault`): few and small, with a purpose of their own.

    A seal of age's does not tell with which key, so each walk seals all of them anew.
    """

    purpose: str = ""
    """With the first column of the key in place of ``{}``."""

    def _old(self, cipher: Cipher, row: kernel.Row) -> bool:
        return any(row[name] and cipher.vault.is_sealed(row[name]) for name in self.names)

    def _anew(self, cipher: Cipher, name: str, value: bytes | None, key: Sequence[Any]) -> bytes | None:
        if not value or not cipher.vault.is_sealed(value):
            return value
        purpose = self.purpose.format(key[0])
        return cipher.vault.seal(cipher.vault.open(value, purpose), purpose)


@dataclass(frozen=True)
class Digests(Columns):
    """Columns that tell whether something is the same as before (see ``Cipher.digest``)."""

    def _old(self, cipher: Cipher, row: kernel.Row) -> bool:
        return any(not cipher.is_new_digest(row[name]) for name in self.names)

    def _anew(self, cipher: Cipher, name: str, value: bytes | None, key: Sequence[Any]) -> bytes | None:
        return value if value is None else cipher.digest(cipher.digest_back(value))
