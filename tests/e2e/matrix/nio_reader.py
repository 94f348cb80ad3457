"""A student's client for the tests: matrix-nio, driven by lines of JSON.

One command a line on standard input, ``{"id": 1, "do": "timeline", ...}``; one answer a line on standard
output, ``{"id": 1, "ok": ...}`` or ``{"id": 1, "error": "..."}``. It syncs by itself from ``login`` on and
ends with its input, so that nothing of it outlives the test. It decides nothing: what it opened is told as it
is, and what it could not open is told as that.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from nio import (
    AsyncClient,
    AsyncClientConfig,
    ErrorResponse,
    Event,
    MatrixRoom,
    MegolmEvent,
    MessageDirection,
    Response,
)
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError, LocalProtocolError

Command = dict[str, Any]

PAGE = 500
SYNC_TIMEOUT_MS = 10_000
GRACE_S = 3


class ReaderError(Exception):
    """What the test is told instead of an answer."""


R = TypeVar("R", bound=Response)


def good(answer: R | ErrorResponse) -> R:
    """The server's answer, or an error that says what it refused."""
    if isinstance(answer, ErrorResponse):
        raise ReaderError(f"{answer.status_code or 'no answer'}: {answer.message}")
    return answer


class Reader:
    """One device of one user."""

    def __init__(self) -> None:
        self._client: AsyncClient | None = None
        self._syncing: asyncio.Task[None] | None = None
        self._to_device: list[str] = []

    @property
    def client(self) -> AsyncClient:
        if self._client is None:
            raise ReaderError("log in first")
        return self._client

    async def login(self, c: Command) -> Any:
        """Logs in as a new device with an empty store, or as ``device`` again with the store that it left."""
        store = Path(c["store"])
        store.mkdir(parents=True, exist_ok=True)
        config = AsyncClientConfig(store_sync_tokens=True, encryption_enabled=True, request_timeout=60)
        client = AsyncClient(
            c["homeserver"],
            c["user"],
            device_id=c.get("device") or "",
            store_path=str(store),
            config=config,
        )
        self._client = client
        good(await client.login(c["password"], device_name=c.get("name", "phone")))
        good(await client.sync(timeout=0, full_state=True))
        if client.should_upload_keys:
            good(await client.keys_upload())
        await self.back(c)
        return {"user": client.user_id, "device": client.device_id}

    async def away(self, _: Command) -> None:
        """Stops syncing, like a phone that is switched off."""
        task, self._syncing = self._syncing, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def back(self, _: Command) -> None:
        """Syncs again."""
        if self._syncing is None:
            self._syncing = asyncio.create_task(self.client.sync_forever(timeout=SYNC_TIMEOUT_MS))

    async def rooms(self, _: Command) -> Any:
        """Where this device is, and where it is invited."""
        joined = {
            room: {"name": known.name, "topic": known.topic, "encrypted": known.encrypted}
            for room, known in self.client.rooms.items()
        }
        return {"joined": joined, "invited": sorted(self.client.invited_rooms)}

    async def join(self, c: Command) -> None:
        good(await self.client.join(c["room"]))

    async def leave(self, c: Command) -> None:
        good(await self.client.room_leave(c["room"]))

    async def create(self, c: Command) -> Any:
        """A new encrypted room of this user's own; ``direct``: a chat with those invited."""
        encryption = {
            "type": "m.room.encryption",
            "state_key": "",
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }
        made = await self.client.room_create(
            invite=c.get("invite", ()),
            is_direct=c.get("direct", False),
            initial_state=[encryption],
        )
        return {"room": good(made).room_id}

    async def send(self, c: Command) -> Any:
        """Sends a text, or any content, encrypted where the room is."""
        content = c.get("content") or {"msgtype": "m.text", "body": c["text"]}
        room = await self._known(c["room"])
        if room.encrypted and room.members_synced is False:
            good(await self.client.joined_members(room.room_id))
        sent = await self.client.room_send(
            room.room_id, "m.room.message", content, ignore_unverified_devices=True
        )
        return {"event": good(sent).event_id}

    async def upload(self, c: Command) -> Any:
        """Encrypts and uploads a text as a file; answers what an event says of it."""
        data, keys = encrypt_attachment(c["text"].encode())
        answer, _ = await self.client.upload(lambda *_: data, "application/octet-stream", filesize=len(data))
        return {"file": {**keys, "url": good(answer).content_uri}}

    async def timeline(self, c: Command) -> Any:
        """Every event of the room that the server gives this user, oldest first, opened where it opens."""
        chunks: list[Event] = []
        start: str | None = None
        while True:
            page = good(
                await self.client.room_messages(c["room"], start, direction=MessageDirection.back, limit=PAGE)
            )
            chunks.extend(page.chunk)
            if not page.end or page.end == start:
                break
            start = page.end
        return [self._told(event) for event in reversed(chunks)]

    async def download(self, c: Command) -> Any:
        """Fetches an encrypted attachment and opens it; its length and SHA-256."""
        file = c["file"]
        answer = good(await self.client.download(file["url"]))
        clear = decrypt_attachment(answer.body, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
        if "save" in c:
            Path(c["save"]).write_bytes(clear)
        return {
            "size": len(clear),
            "sha256": hashlib.sha256(clear).hexdigest(),
            "type": answer.content_type,
        }

    async def ask_key(self, c: Command) -> None:
        """Asks the sender's devices for the key of an event that does not open."""
        for event in good(await self.client.room_messages(c["room"], None, limit=PAGE)).chunk:
            if event.event_id == c["event"] and isinstance(event, MegolmEvent):
                try:
                    await self.client.request_room_key(event)
                except LocalProtocolError:  # asked for already
                    return
                return
        raise ReaderError("there is no such event that does not open")

    async def opens(self, c: Command) -> Any:
        """Whether this device opens an event that it was handed from elsewhere."""
        event = Event.parse_event(c["event"])
        if not isinstance(event, MegolmEvent):
            raise ReaderError("this is no encrypted event")
        event.room_id = c["room"]
        try:
            self.client.decrypt_event(event)
        except EncryptionError:
            return {"opens": False}
        return {"opens": True}

    async def devices(self, c: Command) -> Any:
        """The devices of a user as this device knows them."""
        known = self.client.device_store.active_user_devices(c["user"])
        return [{"device": device.id, "name": device.display_name} for device in known]

    async def sessions(self, c: Command) -> Any:
        """The ids of the room keys that this device holds for a room."""
        held = self.client.olm.inbound_group_store if self.client.olm else ()
        return sorted({session.id for session in held if session.room_id == c["room"]})

    async def logout(self, _: Command) -> None:
        """Ends this device on the server; its store stays where it is."""
        await self.away({})
        good(await self.client.logout())

    async def close(self, _: Command) -> None:
        await self.away({})
        if self._client is not None:
            await self._client.close()

    async def _known(self, room: str) -> MatrixRoom:
        for _ in range(60):
            if room in self.client.rooms:
                return self.client.rooms[room]
            await asyncio.sleep(0.05)
        raise ReaderError("this device is not in the room")

    def _told(self, event: Event) -> dict[str, Any]:
        source: dict[str, Any] = event.source
        opened = event.decrypted is True
        closed = isinstance(event, MegolmEvent)
        unsigned: dict[str, Any] = source.get("unsigned") or {}
        return {
            "event": event.event_id,
            "sender": event.sender,
            "at": event.server_timestamp,
            "type": source.get("type"),
            "stateKey": source.get("state_key"),
            "encrypted": opened or closed or source.get("type") == "m.room.encrypted",
            "opens": not closed,
            "session": event.session_id if opened or closed else None,
            "content": {} if closed else source.get("content", {}),
            "redacted": "redacted_because" in unsigned,
        }


async def lines() -> asyncio.StreamReader:
    """Standard input; a line may hold a whole formatted announcement."""
    reader = asyncio.StreamReader(limit=2**24)
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


async def listen(source: asyncio.StreamReader, queue: asyncio.Queue[bytes]) -> None:
    """Takes in commands; an empty line is the end, which a command that never ends must not put off."""
    while line := await source.readline():
        queue.put_nowait(line)
    queue.put_nowait(b"")
    asyncio.get_running_loop().call_later(GRACE_S, os._exit, 0)


async def answer(do: Callable[[Command], Awaitable[Any]], command: Command) -> Command:
    """What came of one command; whatever went wrong belongs to the test that asked."""
    try:
        return {"id": command["id"], "ok": await do(command)}
    except Exception as fault:  # noqa: BLE001
        return {"id": command["id"], "error": f"{type(fault).__name__}: {fault}"}


async def main() -> None:
    """Serves commands, one after another, until the input ends."""
    # nio warns of every event that does not open; here that is part of the answer.
    logging.getLogger("nio").addHandler(logging.NullHandler())
    logging.getLogger("nio").propagate = False
    reader = Reader()
    commands: dict[str, Callable[[Command], Awaitable[Any]]] = {
        name: getattr(reader, name)
        for name, method in vars(Reader).items()
        if not name.startswith("_") and asyncio.iscoroutinefunction(method)
    }
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    listening = asyncio.create_task(listen(await lines(), queue))
    while line := await queue.get():
        command: Command = json.loads(line)
        told = await answer(commands[command["do"]], command)
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    await reader.close({})
    await listening


if __name__ == "__main__":
    asyncio.run(main())
