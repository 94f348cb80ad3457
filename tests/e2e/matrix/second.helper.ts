import {
  DecryptionSettings,
  DeviceLists,
  initAsync,
  type KeysBackupRequest,
  DeviceId as MachineDevice,
  RoomId as MachineRoom,
  UserId as MachineUser,
  OlmMachine,
  RequestType,
  type RoomMessageRequest,
  TrustRequirement,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { z } from "zod";
import type { Account, Hand, Homeserver } from "./homeserver.helper.ts";

/** What the machine wants sent, without what a student's device here has no use for. */
type Outgoing = Exclude<
  Awaited<ReturnType<OlmMachine["outgoingRequests"]>>[number],
  RoomMessageRequest | KeysBackupRequest
>;
const isSent = (request: Outgoing | RoomMessageRequest | KeysBackupRequest): request is Outgoing =>
  request.type !== RequestType.RoomMessage && request.type !== RequestType.KeysBackup;

/** An event of a room as the second machine opened it. */
export interface Opened {
  readonly event: string;
  readonly type: string;
  readonly sender: string;
  readonly session: string | null;
  /** null: it does not open. */
  readonly content: Readonly<Record<string, unknown>> | null;
}

/** What a client that trusts identities makes of another user's device. */
export interface Sight {
  /** Whether the device is known at all. */
  readonly known: boolean;
  /** Whether its owner has a cross-signing identity. */
  readonly identity: boolean;
  /** Whether it is signed by that identity: what Element asks for before it shows a message without a warning. */
  readonly crossSigned: boolean;
  /** The public half of the identity's master key; null: none. */
  readonly master: string | null;
}

/**
 * A student's device for what matrix-nio cannot do: cross-signing, trust by identity, key bundles (MSC4268). It is the
 * engine of Element itself (crypto-wasm) in memory, driven here by hand; it shares no code with the bridge's.
 */
export interface SecondMachine {
  readonly user: string;
  readonly device: string;
  readonly hand: Hand;
  /** One sync and all that the machine wants to send after it. */
  sync(): Promise<void>;
  /** Gives the user a cross-signing identity that signs this device: strict rooms share with such devices alone. */
  publishIdentity(): Promise<void>;
  join(room: string): Promise<void>;
  /** Every event of the room that the server gives, oldest first. `signedOnly`: opens what cross-signed devices sent. */
  events(room: string, signedOnly?: boolean): Promise<readonly Opened[]>;
  /** The texts of {@link events}; what does not open is null. */
  texts(room: string): Promise<readonly (string | null)[]>;
  /** Takes the bundle of keys that came with the invitation (MSC4268). False: there is none. */
  takeBundle(room: string, inviter: string): Promise<boolean>;
  sees(user: string, device: string): Promise<Sight>;
  close(): void;
}

const Sync = z.object({
  next_batch: z.string(),
  to_device: z.object({ events: z.array(z.unknown()) }).optional(),
  device_lists: z
    .object({ changed: z.array(z.string()).optional(), left: z.array(z.string()).optional() })
    .optional(),
  device_one_time_keys_count: z.record(z.string(), z.number()).optional(),
  device_unused_fallback_key_types: z.array(z.string()).optional(),
});
const Page = z.object({ chunk: z.array(z.record(z.string(), z.unknown())), end: z.string().optional() });
const Head = z.object({
  event_id: z.string(),
  type: z.string(),
  sender: z.string(),
  content: z.record(z.string(), z.unknown()),
});
const Clear = z.object({ type: z.string(), content: z.record(z.string(), z.unknown()) });
const ways: ReadonlyMap<RequestType, string> = new Map([
  [RequestType.KeysUpload, "upload"],
  [RequestType.KeysQuery, "query"],
  [RequestType.KeysClaim, "claim"],
  [RequestType.SignatureUpload, "signatures/upload"],
]);

/** A new device of the account, its keys published. Whoever starts it closes it. */
export async function startSecondMachine(server: Homeserver, account: Account): Promise<SecondMachine> {
  await initAsync();
  const hand = await server.login(account);
  const { user, device } = hand;
  const machine = await OlmMachine.initialize(new MachineUser(user), new MachineDevice(device));
  let since: string | null = null;

  const send = async (request: Outgoing): Promise<void> => {
    const body: unknown = JSON.parse(request.body);
    const answer =
      "event_type" in request
        ? await hand.call(
            "PUT",
            `/sendToDevice/${encodeURIComponent(request.event_type)}/${encodeURIComponent(request.txn_id)}`,
            body,
          )
        : await hand.call("POST", `/keys/${ways.get(request.type) ?? ""}`, body);
    if (request.id !== undefined)
      await machine.markRequestAsSent(request.id, request.type, JSON.stringify(answer));
  };
  const flush = async (): Promise<void> => {
    for (let round = 0; round < 5; round++) {
      const requests = (await machine.outgoingRequests()).filter(isSent);
      if (requests.length === 0) return;
      for (const request of requests) await send(request);
    }
  };
  const sync = async (): Promise<void> => {
    const query = new URLSearchParams(since === null ? {} : { since });
    const got = Sync.parse(await hand.call("GET", `/sync?timeout=0&${query}`));
    const users = (list: readonly string[] | undefined) => (list ?? []).map((one) => new MachineUser(one));
    const lists = new DeviceLists(users(got.device_lists?.changed), users(got.device_lists?.left));
    await machine.receiveSyncChanges(
      JSON.stringify(got.to_device?.events ?? []),
      lists,
      new Map(Object.entries(got.device_one_time_keys_count ?? {})),
      new Set(got.device_unused_fallback_key_types ?? []),
    );
    since = got.next_batch;
    await flush();
  };
  /** Asks for a user's keys anew. */
  const look = (about: string): Promise<void> => send(machine.queryKeysForUsers([new MachineUser(about)]));

  const events = async (room: string, signedOnly = false): Promise<readonly Opened[]> => {
    const all: Readonly<Record<string, unknown>>[] = [];
    let from: string | undefined = "";
    while (from !== undefined) {
      const query = new URLSearchParams({ dir: "b", limit: "500", ...(from === "" ? {} : { from }) });
      const where = `/rooms/${encodeURIComponent(room)}/messages?${query}`;
      const page = Page.parse(await hand.call("GET", where));
      all.push(...page.chunk);
      from = page.end === from ? undefined : page.end;
    }
    const need = signedOnly ? TrustRequirement.CrossSigned : TrustRequirement.Untrusted;
    const out: Opened[] = [];
    for (const raw of all.reverse()) {
      const { event_id: event, type, sender, content } = Head.parse(raw);
      if (type !== "m.room.encrypted" || content.ciphertext === undefined) {
        out.push({ event, type, sender, session: null, content });
        continue;
      }
      const session = typeof content.session_id === "string" ? content.session_id : null;
      const opened = await machine
        .decryptRoomEvent(JSON.stringify(raw), new MachineRoom(room), new DecryptionSettings(need))
        .then(({ event: clear }) => Clear.parse(JSON.parse(clear)))
        .catch(() => null);
      out.push({ event, type: opened?.type ?? type, sender, session, content: opened?.content ?? null });
    }
    return out;
  };

  await sync();
  return {
    user,
    device,
    hand,
    sync,
    events,
    async publishIdentity() {
      const requests = await machine.bootstrapCrossSigning(true);
      const keys: unknown = JSON.parse(requests.uploadSigningKeysRequest.body);
      await hand.call("POST", "/keys/device_signing/upload", keys);
      await send(requests.uploadSignaturesRequest);
      await look(user);
    },
    async join(room) {
      await hand.call("POST", `/rooms/${encodeURIComponent(room)}/join`);
    },
    texts: async (room) =>
      (await events(room))
        .filter(({ type, content }) => type === "m.room.message" || content === null)
        .map(({ content }) => (typeof content?.body === "string" ? content.body : null)),
    async takeBundle(room, inviter) {
      await look(inviter);
      const about = await machine.getReceivedRoomKeyBundleData(
        new MachineRoom(room),
        new MachineUser(inviter),
      );
      if (about === undefined) return false;
      const place = about.url.replace(/^mxc:\/\//, "");
      const answer = await fetch(`${server.url}/_matrix/client/v1/media/download/${place}`, {
        headers: { authorization: `Bearer ${hand.token}` },
      });
      if (!answer.ok) throw new Error(`the bundle: ${answer.status}`);
      await machine.receiveRoomKeyBundle(about, new Uint8Array(await answer.arrayBuffer()));
      return true;
    },
    async sees(other, itsDevice) {
      await look(other);
      const found = await machine.getDevice(new MachineUser(other), new MachineDevice(itsDevice));
      const identity = await machine.getIdentity(new MachineUser(other));
      const master = z
        .object({ keys: z.record(z.string(), z.string()) })
        .safeParse(identity === undefined ? null : JSON.parse(identity.masterKey));
      return {
        known: found !== undefined,
        identity: identity !== undefined,
        crossSigned: found?.isCrossSignedByOwner() ?? false,
        master: master.success ? (Object.values(master.data.keys)[0] ?? null) : null,
      };
    },
    close: () => machine.close(),
  };
}
