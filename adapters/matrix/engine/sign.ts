import { type OlmMachine, OwnUserIdentity } from "@matrix-org/matrix-sdk-crypto-wasm";
import { z } from "zod";
import type { Clock } from "../../../bridge/model/effects.ts";
import type { Answer, Api } from "../api.ts";
import type { DeviceTrust, EngineFault, Signing } from "../engine.ts";
import type { UserId } from "../ids.ts";
import { isPanic } from "./broken.ts";
import { type IdentityKeys, identityKeys } from "./identity-keys.ts";
import { flush } from "./outgoing.ts";
import { faultOf, type Sender } from "./requests.ts";
import { machineUsers } from "./share.ts";

const UPLOAD = "/_matrix/client/v3/keys/device_signing/upload";
const SIGNATURES = "/_matrix/client/v3/keys/signatures/upload";
const PASSWORD = "m.login.password";

/** What a server asks for before it does something. */
const Interactive = z.object({
  flows: z.array(z.object({ stages: z.array(z.string()) })),
  session: z.string().optional(),
  errcode: z.string().optional(),
});
const Failures = z.object({ failures: z.record(z.string(), z.unknown()).optional() });

export interface SignTools {
  readonly machine: OlmMachine;
  readonly send: Sender;
  readonly api: Api;
  readonly clock: Clock;
  readonly user: UserId;
}

const fault = (code: string): EngineFault => ({ kind: "fault", code, at: null });

/** Has the engine know this account's identity and devices as the server has them now. */
async function askServer(t: SignTools, signal: AbortSignal): Promise<EngineFault | null> {
  const { needed } = await flush(t.machine, t.send, signal);
  if (needed !== null) return needed;
  return await t.send(t.machine.queryKeysForUsers(machineUsers([t.user])), signal);
}

async function ownIdentity(t: SignTools): Promise<OwnUserIdentity | null> {
  const identity = await t.machine.getIdentity(t.machine.userId);
  return identity instanceof OwnUserIdentity ? identity : null;
}

const ownDevice = (t: SignTools) => t.machine.getDevice(t.machine.userId, t.machine.deviceId);

/** Whether this device is signed by its owner's identity, as the server has it. */
export async function deviceTrust(t: SignTools, signal: AbortSignal): Promise<DeviceTrust | EngineFault> {
  const failed = await askServer(t, signal);
  if (failed !== null) return failed;
  const device = await ownDevice(t);
  return device?.isCrossSignedByOwner() === true ? "signed_by_owner" : "unsigned";
}

const isOf = (identity: OwnUserIdentity, keys: IdentityKeys): boolean =>
  identity.masterKey.includes(keys.masterPublic);

async function uploadKeys(
  t: SignTools,
  keys: IdentityKeys,
  password: string | null,
  signal: AbortSignal,
): Promise<Signing | null> {
  const call = (auth: unknown): Promise<Answer> =>
    t.api.call(
      {
        method: "POST",
        path: UPLOAD,
        body: auth === undefined ? keys.upload : { ...keys.upload, auth },
      },
      signal,
    );
  const first = await call(undefined);
  if (first.kind === "ok") return null;
  const asked = first.kind === "refused" && first.status === 401 ? Interactive.safeParse(first.body) : null;
  if (asked?.success !== true) return faultOf(first, t.clock);
  const withPassword = asked.data.flows.some(({ stages }) => stages.length === 1 && stages[0] === PASSWORD);
  if (!withPassword) return { kind: "unsupported_auth" };
  if (password === null) return { kind: "password_needed" };
  const second = await call({
    type: PASSWORD,
    identifier: { type: "m.id.user", user: t.user },
    password,
    session: asked.data.session,
  });
  if (second.kind === "ok") return null;
  if (second.kind === "refused" && (second.status === 401 || second.errcode === "M_FORBIDDEN"))
    return { kind: "password_needed" };
  return faultOf(second, t.clock);
}

async function uploadSignatures(
  t: SignTools,
  body: string,
  signal: AbortSignal,
): Promise<EngineFault | null> {
  const sent: unknown = JSON.parse(body);
  const answer = await t.api.call({ method: "POST", path: SIGNATURES, body: sent }, signal);
  if (answer.kind !== "ok") return faultOf(answer, t.clock);
  const { failures } = Failures.parse(answer.body);
  return Object.keys(failures ?? {}).length === 0 ? null : fault("signature_refused");
}

/** See `Engine.sign`. */
export async function signDevice(
  t: SignTools,
  seed: Uint8Array,
  o: { readonly password: string | null; readonly replace: boolean },
  signal: AbortSignal,
): Promise<Signing> {
  const keys = identityKeys(seed, t.user);
  const asked = await askServer(t, signal);
  if (asked !== null) return asked;
  const there = await ownIdentity(t);
  if (there !== null && !isOf(there, keys) && !o.replace) return { kind: "other_identity" };
  if (there === null || !isOf(there, keys)) {
    const refused = await uploadKeys(t, keys, o.password, signal);
    if (refused !== null) return refused;
    // The engine imports keys of an identity that it knows from the server alone.
    const again = await askServer(t, signal);
    if (again !== null) return again;
  }
  const status = await t.machine.importCrossSigningKeys(
    keys.secrets.master,
    keys.secrets.self_signing,
    keys.secrets.user_signing,
  );
  const identity = await ownIdentity(t);
  const device = await ownDevice(t);
  if (!status.hasMaster || !status.hasSelfSigning || identity === null || !isOf(identity, keys))
    return fault("identity_not_there");
  if (device === undefined) return fault("device_not_there");
  if (!device.isCrossSignedByOwner()) {
    const refused = await uploadSignatures(t, (await device.verify()).body, signal);
    if (refused !== null) return refused;
  }
  const vouched = await vouch(t, identity, signal);
  if (vouched !== null) return vouched;
  const trust = await deviceTrust(t, signal);
  if (trust === "signed_by_owner") return { kind: "signed" };
  return trust === "unsigned" ? fault("signature_refused") : trust;
}

/** This device signs the identity too, for clients that knew the device first. */
async function vouch(
  t: SignTools,
  identity: OwnUserIdentity,
  signal: AbortSignal,
): Promise<EngineFault | null> {
  let body: string;
  try {
    body = (await identity.verify()).body;
  } catch (error) {
    if (isPanic(error)) throw error;
    return fault("identity_not_there");
  }
  return await uploadSignatures(t, body, signal);
}
