import { z } from "zod";
import type { Answer, Api, ApiCall } from "../../../adapters/matrix/api.ts";
import type { SyncForEngine } from "../../../adapters/matrix/engine.ts";
import { type DeviceId, UserId } from "../../../adapters/matrix/ids.ts";
import { silentDevice } from "./silent-device.helper.ts";

const Json = z.record(z.string(), z.unknown());
type Json = z.infer<typeof Json>;
const Nested = z.record(z.string(), Json);
const Signed = z.looseObject({ signatures: Nested.optional() });
const Upload = z.object({
  device_keys: Json.optional(),
  one_time_keys: Json.optional(),
  fallback_keys: Json.optional(),
});
const Query = z.object({ device_keys: z.record(z.string(), z.array(z.string())) });
const Claim = z.object({ one_time_keys: z.record(z.string(), z.record(z.string(), z.string())) });
const ToDevice = z.object({ messages: Nested });
const SigningKey = z.looseObject({ keys: z.record(z.string(), z.string()) });
const Signing = z.object({
  master_key: SigningKey,
  self_signing_key: SigningKey,
  user_signing_key: SigningKey,
  auth: z.looseObject({ type: z.string(), password: z.string().optional() }).optional(),
});

interface Device {
  /** Whatever is sent to it is dropped. */
  silent: boolean;
  keys: Json | null;
  oneTime: Map<string, unknown>;
  fallback: Json;
  usedFallback: boolean;
  inbox: { readonly number: number; readonly event: Json }[];
  seen: number;
}

interface Account {
  readonly devices: Map<string, Device>;
  signing: Omit<z.infer<typeof Signing>, "auth"> | null;
}

const ok = (body: unknown): Answer => ({ kind: "ok", body });
const refused = (status: number, errcode: string, body: unknown = {}): Answer => ({
  kind: "refused",
  status,
  errcode,
  retryAfter: null,
  body,
});

/** Adds the signatures of `from` to those of `to`. */
function addSignatures(to: Json, from: Json): void {
  const mine = Signed.parse(to).signatures ?? {};
  for (const [user, signatures] of Object.entries(Signed.parse(from).signatures ?? {}))
    mine[user] = { ...mine[user], ...signatures };
  to.signatures = mine;
}

/** A homeserver as far as keys go, in this process, with no rule about who may do what. */
export function keyServer(o: { readonly password?: string } = {}) {
  const accounts = new Map<string, Account>();
  const changes: string[] = [];
  const uploads = new Map<string, Uint8Array>();
  const seen = new Set<string>();
  let messages = 0;
  /** What each call was and by whom. */
  const calls: { readonly user: string; readonly path: string; readonly body: unknown }[] = [];

  const account = (user: string): Account => {
    let found = accounts.get(user);
    if (found === undefined) {
      found = { devices: new Map(), signing: null };
      accounts.set(user, found);
    }
    return found;
  };
  const device = (user: string, id: string): Device => {
    const { devices } = account(user);
    let found = devices.get(id);
    if (found === undefined) {
      found = {
        silent: false,
        keys: null,
        oneTime: new Map(),
        fallback: {},
        usedFallback: false,
        inbox: [],
        seen: changes.length,
      };
      devices.set(id, found);
    }
    return found;
  };
  const counts = (of: Device): Record<string, number> => ({
    signed_curve25519: [...of.oneTime.keys()].filter((id) => id.startsWith("signed_curve25519:")).length,
  });

  function upload(user: string, id: string, body: unknown): Answer {
    const { device_keys, one_time_keys, fallback_keys } = Upload.parse(body);
    const of = device(user, id);
    if (device_keys !== undefined) {
      of.keys = device_keys;
      changes.push(user);
    }
    for (const [key, value] of Object.entries(one_time_keys ?? {})) of.oneTime.set(key, value);
    if (fallback_keys !== undefined) {
      of.fallback = fallback_keys;
      of.usedFallback = false;
    }
    return ok({ one_time_key_counts: counts(of) });
  }

  function query(user: string, body: unknown): Answer {
    const asked = Object.keys(Query.parse(body).device_keys);
    const found = asked.flatMap((name) => {
      const known = accounts.get(name);
      return known === undefined ? [] : [[name, known] as const];
    });
    const signing = (key: "master_key" | "self_signing_key" | "user_signing_key") =>
      Object.fromEntries(
        found.flatMap(([name, { signing }]) => (signing === null ? [] : [[name, signing[key]]])),
      );
    const own = signing("user_signing_key")[user];
    return ok(
      structuredClone({
        device_keys: Object.fromEntries(
          found.map(([name, { devices }]) => [
            name,
            Object.fromEntries([...devices].flatMap(([id, { keys }]) => (keys === null ? [] : [[id, keys]]))),
          ]),
        ),
        master_keys: signing("master_key"),
        self_signing_keys: signing("self_signing_key"),
        user_signing_keys: own === undefined ? {} : { [user]: own },
        failures: {},
      }),
    );
  }

  function claim(body: unknown): Answer {
    const answer: Record<string, Record<string, unknown>> = {};
    for (const [user, devices] of Object.entries(Claim.parse(body).one_time_keys))
      for (const id of Object.keys(devices)) {
        const of = accounts.get(user)?.devices.get(id);
        if (of === undefined) continue;
        const [next] = of.oneTime;
        if (next !== undefined) of.oneTime.delete(next[0]);
        else of.usedFallback = true;
        const key = next ?? Object.entries(of.fallback)[0];
        if (key !== undefined) answer[user] = { ...answer[user], [id]: { [key[0]]: key[1] } };
      }
    return ok({ one_time_keys: answer, failures: {} });
  }

  function toDevice(user: string, type: string, transaction: string, body: unknown): Answer {
    const once = `${user} ${transaction}`;
    if (!seen.has(once))
      for (const [to, contents] of Object.entries(ToDevice.parse(body).messages))
        for (const [id, content] of Object.entries(contents))
          for (const [name, of] of accounts.get(to)?.devices ?? [])
            if (!of.silent && (id === "*" || id === name))
              of.inbox.push({ number: ++messages, event: { type, sender: user, content } });
    seen.add(once);
    return ok({});
  }

  function signing(user: string, body: unknown): Answer {
    const { auth, ...keys } = Signing.parse(body);
    const of = account(user);
    const wanted = { flows: [{ stages: ["m.login.password"] }], params: {}, session: "one" };
    if (o.password !== undefined && of.signing !== null && auth?.password !== o.password)
      return refused(401, auth === undefined ? "HTTP_401" : "M_FORBIDDEN", wanted);
    of.signing = keys;
    changes.push(user);
    return ok({});
  }

  function signatures(body: unknown): Answer {
    for (const [user, things] of Object.entries(Nested.parse(body)))
      for (const [id, thing] of Object.entries(things)) {
        const { devices, signing } = account(user);
        const master = signing?.master_key;
        const to =
          devices.get(id)?.keys ??
          (master !== undefined && Object.values(master.keys).includes(id) ? master : null);
        if (to !== null) addSignatures(to, Json.parse(thing));
      }
    for (const user of Object.keys(Nested.parse(body))) changes.push(user);
    return ok({ failures: {} });
  }

  const route = (user: string, id: string, { path, body }: ApiCall): Answer => {
    const [type, transaction] = path.split("/sendToDevice/")[1]?.split("/").map(decodeURIComponent) ?? [];
    if (type !== undefined && transaction !== undefined) return toDevice(user, type, transaction, body);
    switch (path) {
      case "/_matrix/client/v3/keys/upload":
        return upload(user, id, body);
      case "/_matrix/client/v3/keys/query":
        return query(user, body);
      case "/_matrix/client/v3/keys/claim":
        return claim(body);
      case "/_matrix/client/v3/keys/device_signing/upload":
        return signing(user, body);
      case "/_matrix/client/v3/keys/signatures/upload":
        return signatures(body);
      default:
        return refused(404, "M_UNRECOGNIZED");
    }
  };

  return {
    calls,
    /** Bytes that were uploaded, by their address. */
    uploads,
    /** Asked before each call; what it answers is the answer. `done`: as if it had been done all the same. */
    fault: (_call: ApiCall): { readonly answer: Answer; readonly done?: true } | null => null,
    api(user: UserId, id: DeviceId): Api {
      return {
        call: async (call, signal) => {
          signal.throwIfAborted();
          calls.push({ user, path: call.path, body: call.body });
          const fault = this.fault(call);
          if (fault !== null && fault.done !== true) return fault.answer;
          let answer: Answer;
          if (call.stream !== undefined && call.path.startsWith("/_matrix/media/v3/upload")) {
            const chunks: Uint8Array[] = [];
            for await (const chunk of call.stream.from) chunks.push(chunk);
            const uri = `mxc://server/${uploads.size}`;
            uploads.set(uri, Buffer.concat(chunks));
            answer = ok({ content_uri: uri });
            // As JSON, as it would come over the network.
          } else answer = route(user, id, { ...call, body: structuredClone(call.body) });
          return fault?.answer ?? answer;
        },
      };
    },
    /** What a sync would bring to a device. The same comes again until it is {@link took}. */
    brings(
      user: UserId,
      id: DeviceId,
    ): SyncForEngine & { readonly message: number; readonly position: number } {
      const of = device(user, id);
      return {
        toDevice: of.inbox.map(({ event }) => event),
        changed: [...new Set(changes.slice(of.seen))].map((name) => UserId.parse(name)),
        left: [],
        oneTimeKeys: counts(of),
        unusedFallbackKeys: of.usedFallback
          ? []
          : Object.keys(of.fallback).map((key) => key.split(":")[0] ?? ""),
        message: messages,
        position: changes.length,
      };
    },
    /** Up to which message and which change. */
    took(user: UserId, id: DeviceId, message: number, position: number): void {
      const of = device(user, id);
      of.inbox = of.inbox.filter(({ number }) => number > message);
      of.seen = position;
    },
    sync(user: UserId, id: DeviceId): SyncForEngine {
      const brought = this.brings(user, id);
      this.took(user, id, brought.message, brought.position);
      return brought;
    },
    /** Gives a user a device that never syncs: sessions with it can be made, and keys be sent to it. */
    addSilent(user: UserId): void {
      const { id, keys, oneTime, oneTimeName } = silentDevice(user);
      const of = device(user, id);
      of.silent = true;
      of.keys = Json.parse(keys);
      of.fallback = { [oneTimeName]: oneTime };
      changes.push(user);
    },
    remove(user: UserId, id: DeviceId): void {
      account(user).devices.delete(id);
      changes.push(user);
    },
  };
}
export type KeyServer = ReturnType<typeof keyServer>;
