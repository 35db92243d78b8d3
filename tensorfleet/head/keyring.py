"""API keys, login tokens and browser sessions: who stands behind a request.

Of every secret only the SHA-256 is stored. A key names a user and a role; what it may do today is the lesser of its
own role and its user's, so that whoever is demoted takes all their keys along.
"""

from __future__ import annotations

import logging
import math
import os
import re
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final

import msgspec

from tensorfleet.core.event import Event
from tensorfleet.errors import (
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RevisionConflict,
    TensorFleetError,
)
from tensorfleet.head.bus import EVENTS, Bus
from tensorfleet.head.records import to_doc
from tensorfleet.head.roles import RANKS, Permission, Principal, lower
from tensorfleet.obs.logging import fields
from tensorfleet.store.port import Append, Delete, Doc, Put, Store, Write
from tensorfleet.wire.credential import (
    ENTROPY,
    LOGIN_LIFE,
    Key,
    make_api_key,
    make_login_token,
    parse_api_key,
    parse_login_token,
    same,
)
from tensorfleet.wire.rest import KeyBody, KeyView

log = logging.getLogger(__name__)

KEYS: Final = "keys"
USERS: Final = "users"
SESSIONS: Final = "sessions"
LOGINS: Final = "login_tokens"

ADMIN: Final = "admin"
DEFAULT_TEAM: Final = "default"

DAY: Final = 86400.0
LONGEST_KEY: Final = 365 * DAY
LOGIN_KEY: Final = 90 * DAY
KEYS_EACH: Final = 20
"""Keys that one user may have."""

SESSION_IDLE: Final = 12 * 3600.0
SESSION_LONGEST: Final = 7 * DAY
USED_EVERY: Final = 60.0
"""Seconds between two records of a credential's use, at least."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


def check_name(text: str, field: str) -> str:
    """`text` if it can name a user or a team. Raises InvalidRequest naming `field`."""
    if not _NAME.fullmatch(text):
        raise InvalidRequest(
            f"{field}: {text[:40]!r} is not a name.",
            "Use 1 to 100 letters, digits, dots, dashes, underscores and @, beginning with a letter or digit.",
        )
    return text


class Keyring:
    """now: unix seconds. entropy: gives that many random bytes."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        now: Callable[[], float] = time.time,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._store = store
        self._bus = bus
        self._now = now
        self._entropy = entropy
        self._recorded: dict[str, float] = {}
        self.ended = 0
        """How many credentials were ended before their time; whoever relies on one checks it again when this grows."""

    async def bootstrap(self, known: str) -> str | None:
        """Sees to it that there is an administrator whose key the head's owner has.

        known: the key in the owner's file, or empty. Answers the new key to write there, or None if `known` is good;
        a new one replaces the one that was in the file before.
        """
        try:
            if known and self.by_key(known).may(Permission.ADMINISTER):
                return None
        except NotAuthenticated:
            pass
        key = make_api_key(self._entropy(ENTROPY))
        writes: list[Write] = [
            Delete(KEYS, doc["id"]) for doc in self._store.find(KEYS, lambda doc: doc.get("origin") == "file")
        ]
        if self._store.get(USERS, ADMIN) is None:
            writes.append(Put(USERS, ADMIN, {"role": "admin", "team": DEFAULT_TEAM, "created": self._now()}))
        writes.append(self._put_key(key, ADMIN, "admin", None, "file"))
        await self._commit(writes, "key.created", f"The administrator's key {key.id} was made.", ADMIN)
        return key.text

    def by_key(self, text: str) -> Principal:
        """Whose API key `text` is. Raises NotAuthenticated."""
        try:
            key = parse_api_key(text)
        except InvalidRequest as error:
            raise NotAuthenticated(error.detail, error.hint) from None
        doc = self._store.get(KEYS, key.id)
        if doc is None or not same(doc["hash"], key.hash):
            raise NotAuthenticated(
                "This API key is not known here, or was revoked.", "`tensorfleet login` gets a new one."
            )
        if self._expired(doc):
            raise NotAuthenticated("This API key has expired.", "`tensorfleet login` gets a new one.")
        return self._principal(doc["user"], doc["role"], f"{KEYS}/{key.id}")

    def by_session(self, secret: str) -> Principal:
        """Whose browser session has the cookie `secret`. Raises NotAuthenticated."""
        doc = self._store.get(SESSIONS, _session_id(secret))
        if doc is None or self._session_over(doc):
            raise NotAuthenticated("The browser session is over.", "Open a new login link.")
        return self._principal(doc["user"], doc["role"], f"{SESSIONS}/{doc['id']}")

    def holds(self, who: Principal) -> bool:
        """Whether the credential of `who` is still good for as much as it was."""
        collection, _, name = who.credential.partition("/")
        doc = self._store.get(collection, name)
        if doc is None or (self._session_over(doc) if collection == SESSIONS else self._expired(doc)):
            return False
        try:
            return self._principal(doc["user"], doc["role"], who.credential) == who
        except NotAuthenticated:
            return False

    async def touch(self, who: Principal) -> None:
        """Records that the credential is in use, once a minute; a full disk is no reason to refuse a request."""
        now = self._now()
        if now - self._recorded.get(who.credential, 0.0) < USED_EVERY:
            return
        if len(self._recorded) > 10_000:
            self._recorded.clear()
        self._recorded[who.credential] = now
        collection, _, name = who.credential.partition("/")
        doc = self._store.get(collection, name)
        if doc is None:
            return
        try:
            await self._store.commit([Put(collection, name, {**doc, "used": now}, expect=doc["rev"])])
        except TensorFleetError as error:
            log.warning("the use of a credential was not recorded", extra=fields(error=error.detail))

    def teams(self) -> set[str]:
        """Every team that a user belongs to."""
        return {str(doc["team"]) for doc in self._store.find(USERS)}

    def views(self, who: Principal) -> list[KeyView]:
        """The keys of `who`, or of everybody for an administrator; never a secret."""
        every = who.may(Permission.ADMINISTER)
        docs = self._store.find(KEYS, lambda doc: every or doc["user"] == who.user)
        return sorted((self._view(doc) for doc in docs), key=lambda view: view.created)

    async def create(self, body: KeyBody, by: Principal) -> KeyView:
        """A new key, which the answer holds once. Raises NotAllowed, Conflict, InvalidRequest."""
        user, wanted = check_name(body.user, "user"), body.role
        if body.team:
            check_name(body.team, "team")
        life = LONGEST_KEY if body.days is None else body.days * DAY
        if not (math.isfinite(life) and 0 < life <= LONGEST_KEY):
            raise InvalidRequest(f"days: {body.days} is not within 0 to 365.", "A key lives for a year at most.")
        writes: list[Write] = []
        account = self._store.get(USERS, user)
        if not by.may(Permission.ADMINISTER) and user != by.user:
            raise NotAllowed("Only an administrator makes keys for others.", f"Ask for `user: {by.user}`.")
        if account is None:
            account = {"role": wanted, "team": body.team or DEFAULT_TEAM, "created": self._now()}
            writes.append(Put(USERS, user, account, expect=0))
        role = account["role"] if by.may(Permission.ADMINISTER) else lower(account["role"], by.role)
        if lower(wanted, role) != wanted:
            raise NotAllowed(f"{user} is a {role}; a key cannot be that of a {wanted}.", f"Ask for `role: {role}`.")
        if body.team and body.team != account["team"]:
            raise Conflict(f"{user} belongs to the team {account['team']}.", "Leave the team out.")
        return await self._make(user, wanted, life, f"{by.user} made a key for {user}", by.user, writes)

    async def revoke(self, key_id: str, by: Principal) -> None:
        """Ends a key at once. Raises NotFound, also for somebody else's."""
        doc = self._store.get(KEYS, key_id)
        if doc is None or not (by.may(Permission.ADMINISTER) or doc["user"] == by.user):
            raise NotFound(f"There is no key {key_id[:40]!r}.")
        text = f"{by.user} revoked the key {key_id} of {doc['user']}."
        await self._commit([Delete(KEYS, key_id)], "key.revoked", text, by.user)
        self.ended += 1

    async def new_login_token(self, user: str = ADMIN, role: str = "admin") -> tuple[str, float]:
        """A text that is good for one login, with at most this role, and until when (unix seconds)."""
        token = make_login_token(self._entropy(ENTROPY))
        now = self._now()
        over = self._store.find(LOGINS, lambda doc: doc["expires"] < now)
        doc = {"user": user, "role": role, "hash": token.hash, "expires": now + LOGIN_LIFE}
        await self._store.commit([*(Delete(LOGINS, old["id"]) for old in over), Put(LOGINS, token.id, doc)])
        return token.text, now + LOGIN_LIFE

    async def exchange(self, token: str) -> KeyView:
        """An API key for a login token, which is then used up. Raises NotAuthenticated."""
        doc = self._login(token)
        user, used = doc["user"], Delete(LOGINS, doc["id"], doc["rev"])
        role = self._principal(user, doc["role"], "").role
        try:
            return await self._make(user, role, LOGIN_KEY, f"{user} logged in", user, [used])
        except RevisionConflict:
            raise _no_login() from None

    async def open_session(self, token: str) -> str:
        """The secret of a new browser session for a login token, which is then used up. Raises NotAuthenticated."""
        doc = self._login(token)
        secret, now, user = token_urlsafe(32), self._now(), doc["user"]
        over = self._store.find(SESSIONS, self._session_over)
        session = {"user": user, "role": doc["role"], "created": now, "used": now}
        writes: list[Write] = [
            Delete(LOGINS, doc["id"], doc["rev"]),
            *(Delete(SESSIONS, old["id"]) for old in over),
            Put(SESSIONS, _session_id(secret), session, expect=0),
        ]
        try:
            await self._commit(writes, "key.login", f"{user} logged in with a browser.", user)
        except RevisionConflict:
            raise _no_login() from None
        return secret

    async def close_session(self, secret: str) -> None:
        await self._store.commit([Delete(SESSIONS, _session_id(secret))])
        self.ended += 1

    def _login(self, text: str) -> Doc:
        try:
            token = parse_login_token(text)
        except InvalidRequest as error:
            raise NotAuthenticated(error.detail, error.hint) from None
        doc = self._store.get(LOGINS, token.id)
        if doc is None or not same(doc["hash"], token.hash) or self._expired(doc):
            raise _no_login()
        return doc

    async def _make(self, user: str, role: str, life: float, text: str, by: str, writes: Sequence[Write]) -> KeyView:
        mine = self._store.find(KEYS, lambda doc: doc["user"] == user)
        over = [Delete(KEYS, doc["id"]) for doc in mine if self._expired(doc)]
        if len(mine) - len(over) >= KEYS_EACH:
            raise Conflict(f"{user} has {KEYS_EACH} keys already.", "Revoke one that is no longer used.")
        key = make_api_key(self._entropy(ENTROPY))
        put = self._put_key(key, user, role, self._now() + life, "made")
        await self._commit([*writes, *over, put], "key.created", f"{text} ({key.id}, {role}).", by)
        stored = self._store.get(KEYS, key.id)
        if stored is None:
            raise Conflict("The key was revoked while it was made.")
        return msgspec.structs.replace(self._view(stored), key=key.text)

    def _put_key(self, key: Key, user: str, role: str, expires: float | None, origin: str) -> Put:
        doc = {
            "user": user,
            "role": role,
            "hash": key.hash,
            "created": self._now(),
            "expires": expires,
            "used": None,
            "origin": origin,
        }
        return Put(KEYS, key.id, doc, expect=0)

    def _principal(self, user: str, role: str, credential: str) -> Principal:
        account = self._store.get(USERS, user)
        if account is None or account["role"] not in RANKS:
            raise NotAuthenticated("The user of this credential is gone.")
        return Principal(user, account["team"], lower(role, account["role"]), credential)

    def _expired(self, doc: Doc) -> bool:
        expires: float | None = doc["expires"]
        return expires is not None and expires <= self._now()

    def _session_over(self, doc: Doc) -> bool:
        now = self._now()
        used, created = float(doc["used"]), float(doc["created"])
        return now - used >= SESSION_IDLE or now - created >= SESSION_LONGEST

    def _view(self, doc: dict[str, Any]) -> KeyView:
        account = self._store.get(USERS, doc["user"])
        return KeyView(
            id=doc["id"],
            user=doc["user"],
            team=account["team"] if account else "",
            role=doc["role"],
            created=doc["created"],
            expires=doc["expires"],
            used=doc["used"],
        )

    async def _commit(self, writes: Sequence[Write], kind: str, text: str, actor: str) -> None:
        event = Event(kind, self._now(), text, actor=actor)
        await self._store.commit([*writes, Append(to_doc(event))])
        self._bus.poke(EVENTS)


def _session_id(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _no_login() -> NotAuthenticated:
    return NotAuthenticated("This login link is unknown, was used, or is older than ten minutes.", "Ask for a new one.")
