import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import type { Api } from "./api.ts";
import { type Homeserver, openHomeserver } from "./client.ts";
import { type EngineProblem, openEngine } from "./engine/open.ts";
import type { Engine, Signing } from "./engine.ts";
import { type AccountSettings, type Effects, storeFile } from "./homeserver.ts";
import type { UserId } from "./ids.ts";
import type { Kept, Session } from "./kept.ts";
import * as session from "./login.ts";
import { patient } from "./patience.ts";
import { type Fault, fault } from "./wire.ts";

/** How the account shows that it is the one. `user`: the name alone or the whole id. */
export type Proof = session.Proof;

/** Whether the device is confirmed by its owner now, else why not; `no_identity`: no recovery code was agreed upon. */
export type Signed =
  | "signed"
  | "password_needed"
  | "unsupported_auth"
  | "other_identity"
  | "no_identity"
  | Fault;

/**
 * What came of a login.
 * - `in`: there is a session, and all of it is kept. `old`: what became of the session before it; `left`: it, or another
 *   of the same name (made after the backup that was put back), is there still.
 * - a fault: nothing was changed here; `other_user`: it is another account than that whose rooms are kept.
 */
export type LoggedIn =
  | {
      readonly kind: "in";
      readonly user: UserId;
      readonly signed: Signed;
      readonly old: "none" | "removed" | "left";
    }
  | Fault;

export interface LoginOptions extends Effects {
  readonly settings: AccountSettings;
  readonly kept: Kept;
  readonly proof: Proof;
  /** What the account's identity is made of (identity.ts); null: that which is kept, if any; `none`: it has none yet. */
  readonly identity: Uint8Array | "none" | null;
  /** The public half of the pair to which backups are sealed, of the same code; null: as it is. */
  readonly backup: Uint8Array | null;
  /** Whether an identity that the account has already makes way for this one. */
  readonly replace: boolean;
  /** Called when the new session is kept, and before the old one is ended: what works with that shall let it go. */
  readonly settled: () => Promise<void>;
}

/** How long the server may ask to wait, in one step of setting up, ms. */
export const PATIENCE = 120_000;

/** Logs an account in with a new device, confirms it with the account's identity, and ends the session before it. */
export async function logIn(o: LoginOptions, signal: AbortSignal): Promise<LoggedIn> {
  const { settings, kept } = o;
  const server = openHomeserver({ ...settings, clock: o.clock });
  const api = (token: string | null): Api => patient(server.api(token), o.clock, PATIENCE);
  try {
    return await within({ api }, o, signal);
  } finally {
    await server.close();
    await sweepStores(settings.folder, kept);
  }
}

async function within(
  server: Pick<Homeserver, "api">,
  o: LoginOptions,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { settings, kept } = o;
  const before = kept.session.get();
  const speaks = await session.checkServer(server.api(null), signal);
  if (speaks.kind === "fault") return speaks;
  const made = await session.login(
    server,
    o.proof,
    { ...o, deviceName: settings.deviceName, known: null },
    signal,
  );
  if (made.kind === "fault") {
    const wrong = o.proof.kind === "password" && made.code === "M_FORBIDDEN";
    return wrong ? fault("wrong_password") : made;
  }
  const { user, device, token } = made.value;
  const api = server.api(token);
  const away = async (why: Fault): Promise<Fault> => {
    // A token that was handed in is not ours to end.
    if (o.proof.kind === "password") await session.logout(api, signal);
    return why;
  };
  if (before !== null && before.user !== user) return away(fault("other_user"));
  const seed = o.identity === "none" ? null : (o.identity ?? seedOf(kept));

  const passphrase = randomBytes(32).toString("base64url");
  await mkdir(settings.folder, { recursive: true, mode: 0o700 });
  const store = { file: storeFile(settings.folder, user, device), passphrase, create: true };
  const opened = await openEngine({ user, device, store, api, clock: o.clock });
  if (!opened.ok) return away(fault(storeFault(opened.problem)));
  const { engine } = opened;
  let signed: Signed = "no_identity";
  try {
    const unsent = await engine.flush(signal);
    if (unsent !== null) return await away(fault(unsent.code));
    const password = o.proof.kind === "password" ? o.proof.password : null;
    if (seed !== null) signed = signedOf(await engine.sign(seed, { password, replace: o.replace }, signal));
  } finally {
    await engine.close();
  }
  kept.together(() => {
    kept.session.put({ user, device, token, passphrase });
    kept.sync.drop();
    if (seed !== null && signed === "signed") keepIdentity(kept, seed, o.backup);
  });
  await o.settled();
  const gone = before === null ? "none" : await ended(server, api, before, o.proof, signal);
  const others = await session.othersNamed(api, device, settings.deviceName, signal);
  const old = others.kind === "ok" && others.value ? "left" : gone;
  return { kind: "in", user, signed, old };
}

/** Ends the session before: by its own token, which asks for nothing more, else by the password. */
async function ended(
  server: Pick<Homeserver, "api">,
  api: Api,
  before: Session,
  proof: Proof,
  signal: AbortSignal,
): Promise<"removed" | "left"> {
  const out = await session.logout(server.api(before.token), signal);
  if (out.kind === "ok") return "removed";
  const password = proof.kind === "password" ? { user: before.user, password: proof.password } : null;
  const removed = await session.removeDevice(api, before.device, password, signal);
  return removed.kind === "ok" ? "removed" : "left";
}

/** What the kept identity is made of; null: there is none. */
export function seedOf(kept: Kept): Uint8Array | null {
  const found = kept.identity.get();
  return found === null ? null : new Uint8Array(Buffer.from(found, "base64url"));
}

function keepIdentity(kept: Kept, seed: Uint8Array, backup: Uint8Array | null): void {
  kept.identity.put(Buffer.from(seed).toString("base64url"));
  if (backup !== null) kept.backup.put(Buffer.from(backup).toString("base64url"));
}

export interface SignOptions extends Pick<LoginOptions, "backup" | "replace"> {
  readonly identity: Uint8Array | null;
  readonly password: string | null;
}

/** Confirms the device of an open engine. An identity that is not kept yet is, once it is the account's. */
export async function signDevice(
  engine: Pick<Engine, "sign">,
  kept: Kept,
  o: SignOptions,
  signal: AbortSignal,
): Promise<Signed> {
  const seed = o.identity ?? seedOf(kept);
  if (seed === null) return "no_identity";
  const signed = signedOf(await engine.sign(seed, o, signal));
  if (signed === "signed") kept.together(() => keepIdentity(kept, seed, o.backup));
  return signed;
}

function signedOf(signing: Signing): Signed {
  return signing.kind === "fault" ? fault(signing.code) : signing.kind;
}

/** Why a crypto store could not be opened, as a code. */
export type StoreFault = "store_missing" | `store_${Exclude<EngineProblem, "store_missing">}`;

export function storeFault(problem: EngineProblem): StoreFault {
  return problem === "store_missing" ? problem : `store_${problem}`;
}

/** Removes the crypto stores of sessions that are over. What cannot be removed now is at the next login. */
export async function sweepStores(folder: string, kept: Kept): Promise<void> {
  const now = kept.session.get();
  const current = now === null ? null : path.basename(storeFile(folder, now.user, now.device));
  for (const name of await readdir(folder).catch(() => []))
    if (current === null || !name.startsWith(current))
      await rm(path.join(folder, name), { force: true, recursive: true }).catch(() => {});
}
