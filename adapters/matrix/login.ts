import { z } from "zod";
import type { Random } from "../../bridge/model/effects.ts";
import type { Api } from "./api.ts";
import type { Homeserver } from "./client.ts";
import { DeviceId, type UserId } from "./ids.ts";
import { type Password, withPassword } from "./interactive.ts";
import { path } from "./path.ts";
import {
  DeviceKeys,
  Done,
  eventsIn,
  fault,
  LoggedIn,
  LoginFlows,
  type Read,
  read,
  Versions,
  WhoAmI,
} from "./wire.ts";

const Devices = z.object({ devices: z.array(z.unknown()) });
const Device = z.object({ device_id: DeviceId, display_name: z.string().nullish() });

/** What a login yields. The token is secret: it is stored sealed and goes nowhere but into `Homeserver.api`. */
export interface Credentials {
  readonly user: UserId;
  readonly device: DeviceId;
  readonly token: string;
}

/** How the account shows that it is the one. `user`: the name alone or the whole id. */
export type Proof =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  | { readonly kind: "token"; readonly token: string };

/**
 * Whether the server speaks Matrix as it is spoken here. Faults besides the usual: `too_old`.
 */
export async function checkServer(api: Api, signal: AbortSignal): Promise<Read<null>> {
  const answer = await api.call({ method: "GET", path: "/_matrix/client/versions" }, signal);
  const versions = read(Versions, answer);
  if (versions.kind === "fault") return versions;
  // The paths with `v3` came with 1.1.
  return versions.value.versions.some((version) => /^v1\.\d+$/.test(version))
    ? { kind: "ok", value: null }
    : fault("too_old");
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** A device id that looks like any other client's. */
function newDevice(random: Random): DeviceId {
  return DeviceId.parse([...random.bytes(10)].map((byte) => LETTERS.charAt(byte % LETTERS.length)).join(""));
}

/**
 * Logs in, or takes over a session by its token, and gives the device a name that says nothing. Faults besides the
 * server's own (`M_FORBIDDEN`: wrong name or password):
 * - `no_password_login`: the server logs in otherwise (single sign-on); a token is needed;
 * - `guest`, `no_device`: the token is not one of a device;
 * - `device_in_use`: the device of the token has keys of another program already, so that ours cannot be used with it.
 *   `known`: the device whose keys are ours.
 */
export async function login(
  server: Pick<Homeserver, "api">,
  proof: Proof,
  o: { readonly deviceName: string; readonly random: Random; readonly known: DeviceId | null },
  signal: AbortSignal,
): Promise<Read<Credentials>> {
  if (proof.kind === "password") return byPassword(server.api(null), proof, o, signal);
  const api = server.api(proof.token);
  const me = await whoAmI(api, signal);
  if (me.kind === "fault") return me;
  const { user, device } = me.value;
  if (device !== o.known) {
    const used = await deviceHasKeys(api, user, device, signal);
    if (used.kind === "fault") return used;
    if (used.value) return fault("device_in_use");
  }
  const named = await nameDevice(api, device, o.deviceName, signal);
  return named.kind === "fault" ? named : { kind: "ok", value: { user, device, token: proof.token } };
}

async function byPassword(
  api: Api,
  proof: Extract<Proof, { kind: "password" }>,
  o: { readonly deviceName: string; readonly random: Random },
  signal: AbortSignal,
): Promise<Read<Credentials>> {
  const at = "/_matrix/client/v3/login";
  const flows = read(LoginFlows, await api.call({ method: "GET", path: at }, signal));
  if (flows.kind === "fault") return flows;
  if (!flows.value.flows.some((flow) => flow.type === "m.login.password")) return fault("no_password_login");
  // A name without its server is taken without the sign before it.
  const name = proof.user.includes(":") ? proof.user : proof.user.replace(/^@/, "");
  const body = {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: name },
    password: proof.password,
    device_id: newDevice(o.random),
    initial_device_display_name: o.deviceName,
  };
  const made = read(LoggedIn, await api.call({ method: "POST", path: at, body }, signal));
  if (made.kind === "fault") return made;
  const { user_id: user, device_id: device, access_token: token } = made.value;
  return { kind: "ok", value: { user, device, token } };
}

/** Whose token it is, and of which device. Faults besides the usual: `guest`, `no_device`. */
export async function whoAmI(
  api: Api,
  signal: AbortSignal,
): Promise<Read<{ readonly user: UserId; readonly device: DeviceId }>> {
  const me = read(
    WhoAmI,
    await api.call({ method: "GET", path: "/_matrix/client/v3/account/whoami" }, signal),
  );
  if (me.kind === "fault") return me;
  if (me.value.is_guest === true) return fault("guest");
  if (me.value.device_id === undefined) return fault("no_device");
  return { kind: "ok", value: { user: me.value.user_id, device: me.value.device_id } };
}

/** Whether the server knows keys of a device. */
export async function deviceHasKeys(
  api: Api,
  user: UserId,
  device: DeviceId,
  signal: AbortSignal,
): Promise<Read<boolean>> {
  const body = { device_keys: { [user]: [device] } };
  const found = read(
    DeviceKeys,
    await api.call({ method: "POST", path: "/_matrix/client/v3/keys/query", body }, signal),
  );
  if (found.kind === "fault") return found;
  const keys = new Map(Object.entries(found.value.device_keys ?? {})).get(user) ?? {};
  return { kind: "ok", value: Object.keys(keys).includes(device) };
}

async function nameDevice(
  api: Api,
  device: DeviceId,
  name: string,
  signal: AbortSignal,
): Promise<Read<unknown>> {
  const body = { display_name: name };
  return read(
    Done,
    await api.call({ method: "PUT", path: path`/_matrix/client/v3/devices/${device}`, body }, signal),
  );
}

/** Ends the session of a token and removes its device. One that has ended already is done. */
export async function logout(api: Api, signal: AbortSignal): Promise<Read<null>> {
  const answer = await api.call({ method: "POST", path: "/_matrix/client/v3/logout", body: {} }, signal);
  if (answer.kind === "refused" && answer.errcode === "M_UNKNOWN_TOKEN") return { kind: "ok", value: null };
  const done = read(Done, answer);
  return done.kind === "fault" ? done : { kind: "ok", value: null };
}

/** Whether the account has devices of a name besides `own`: sessions of ours that were not ended. */
export async function othersNamed(
  api: Api,
  own: DeviceId,
  name: string,
  signal: AbortSignal,
): Promise<Read<boolean>> {
  const found = read(Devices, await api.call({ method: "GET", path: "/_matrix/client/v3/devices" }, signal));
  if (found.kind === "fault") return found;
  const others = eventsIn(Device, found.value.devices).filter((one) => one.device_id !== own);
  return { kind: "ok", value: others.some((one) => one.display_name === name) };
}

/** Removes another device of the account, whose token is lost. One that is gone already is done. */
export async function removeDevice(
  api: Api,
  device: DeviceId,
  password: Password | null,
  signal: AbortSignal,
): Promise<Read<null>> {
  const call = { method: "DELETE", path: path`/_matrix/client/v3/devices/${device}`, body: {} } as const;
  const answer = await withPassword(api, call, password, signal);
  if (answer.kind === "refused" && answer.errcode === "M_NOT_FOUND") return { kind: "ok", value: null };
  const done = read(Done, answer);
  return done.kind === "fault" ? done : { kind: "ok", value: null };
}
