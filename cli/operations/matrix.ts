import { z } from "zod";
import type { Account } from "../../adapters/matrix/account.ts";
import { UserId } from "../../adapters/matrix/ids.ts";
import { boundedText } from "../../bridge/model/bounded.ts";
import { AccountName, RoomName } from "../../bridge/model/ids.ts";
import { backupPair } from "../../bridge/seal/keys.ts";
import type { AccountConfig, MatrixRoomConfig } from "../../config/config.ts";
import { keptOf, openAccountOf, settingsOf, sharesHistory, wishOf } from "../matrix/accounts.ts";
import { matrixRoom } from "../room-kinds.ts";
import { bytes, operation, type Place } from "./operation.ts";

/** The server may ask to wait, again and again, while an account or a room is set up. */
const DEADLINE = 600_000;
const DAY = 86_400_000;

const account = z.object({ account: AccountName });
const Fault = z.object({ kind: z.literal("fault"), code: z.string() });
type Fault = z.infer<typeof Fault>;
const fault = (code: string): Fault => ({ kind: "fault", code });

/** What is wrong with the confirmation of a device; `signed`: nothing; `no_identity`: a recovery code is needed first. */
const Signed = z.union([
  z.enum(["signed", "password_needed", "unsupported_auth", "other_identity", "no_identity"]),
  z.object({ kind: z.literal("fault"), code: z.string() }),
]);
export type Signed = z.infer<typeof Signed>;

/** What is known of an account without asking its server. */
export const matrixAccount = operation({
  name: "matrix.account",
  changes: false,
  input: account,
  /** Who is logged in; null: nobody. `problem`: why the session cannot be used; null: as far as is known, it can. */
  output: z.object({ user: UserId, problem: z.string().nullable() }).nullable(),
  async run(at, { account }) {
    const user = (await keptOf(at.core, account)).session.get()?.user ?? null;
    if (user === null) return null;
    const found = await withAccount(at, account, async ({ state }) => ({
      kind: "open" as const,
      ended: state().ended,
    }));
    return { user, problem: found.kind === "open" ? found.ended : found.code };
  },
});

/**
 * Logs an account in, and confirms its device with the identity that is kept, if any. A bridge that runs serves the
 * account's rooms at once.
 */
export const matrixLogin = operation({
  name: "matrix.login",
  changes: true,
  deadline: DEADLINE,
  input: account.extend({
    /** Whether the account is to have another recovery code: the identity that is kept is not used. */
    newCode: z.boolean().default(false),
    proof: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("password"), user: z.string(), password: z.string() }),
      z.object({ kind: z.literal("token"), token: z.string() }),
    ]),
  }),
  output: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("in"),
      user: UserId,
      signed: Signed,
      old: z.enum(["none", "removed", "left"]),
    }),
    Fault,
  ]),
  async run({ core, live }, { account, newCode, proof }) {
    const config = core.config.matrix.get(account);
    if (config === undefined) return fault("no_account");
    const { logIn } = await import("../../adapters/matrix/set-up.ts");
    const done = await logIn(
      {
        settings: await settingsOf(core.config, config),
        kept: await keptOf(core, account),
        proof,
        identity: newCode ? "none" : null,
        backup: null,
        replace: false,
        settled: async () => live?.renew(),
        clock: core.clock,
        random: core.random,
      },
      never(),
    );
    return done.kind === "fault" ? fault(done.code) : { ...done, signed: signedOf(done.signed) };
  },
});

/**
 * Confirms the device of an account that is logged in. `code`: the 32 bytes of the recovery code, which are not kept;
 * null: the identity that is kept.
 */
export const matrixSign = operation({
  name: "matrix.sign",
  changes: true,
  deadline: DEADLINE,
  input: account.extend({
    code: bytes.refine((code) => code.length === 32).nullable(),
    password: z.string().nullable(),
    replace: z.boolean(),
  }),
  output: Signed,
  async run(at, { account, code, password, replace }) {
    const kept = await keptOf(at.core, account);
    const { signDevice } = await import("../../adapters/matrix/set-up.ts");
    const { identitySeed } = await import("../../adapters/matrix/identity.ts");
    const identity = code === null ? null : identitySeed(code);
    const backup = code === null ? null : backupPair(at.core.lib, code).publicKey;
    code?.fill(0);
    return withAccount(at, account, async ({ engine }) =>
      signedOf(await signDevice(engine, kept, { identity, backup, password, replace }, never())),
    );
  },
});

const Findings = z.array(z.string());

/** Makes a Matrix room on its server, or takes one that exists. A bridge that runs serves it at once. */
export const matrixRoomSetUp = operation({
  name: "matrix.room",
  changes: true,
  deadline: DEADLINE,
  input: z.object({ room: RoomName, adopt: boundedText(0, 255).nullable(), anew: z.boolean() }),
  output: z.discriminatedUnion("kind", [
    z.object({ kind: z.enum(["made", "adopted", "unsafe"]), flaws: Findings }),
    z.object({ kind: z.literal("exists") }),
    z.object({ kind: z.literal("inside") }),
    Fault,
  ]),
  async run(at, { room, adopt, anew }) {
    const { core, live } = at;
    const config = matrixRoom(core.config, room);
    // The bridge that runs has not read the settings since.
    if (config === null) return fault("no_room_there");
    if (core.bridge.store.seal.get(room) !== null) return fault("was_sealed");
    const kept = await keptOf(core, config.account);
    const { setUpRoom } = await import("../../adapters/matrix/set-up-room.ts");
    const done = await withAccount(at, config.account, async ({ user, api }) => {
      const { patient } = await import("../../adapters/matrix/patience.ts");
      const { PATIENCE } = await import("../../adapters/matrix/set-up.ts");
      const way = patient(api, core.clock, PATIENCE);
      const wish = wishOf(config);
      return setUpRoom({ api: way, bot: user, kept, name: room, wish, adopt, anew }, never());
    });
    if (done.kind === "fault") return fault(done.code);
    if (done.kind === "exists" || done.kind === "inside") return done;
    if (done.kind !== "unsafe") {
      core.bridge.digests.replaced(room);
      await live?.renew();
    }
    return { kind: done.kind, flaws: done.findings.map(({ flaw }) => flaw) };
  },
});

/** Has the bot invite somebody into a Matrix room. Nothing is kept of whom. */
export const matrixInvite = operation({
  name: "matrix.invite",
  changes: true,
  deadline: DEADLINE,
  input: z.object({ room: RoomName, user: UserId }),
  output: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("invited"),
      /** What became of the keys of what is within `history`; `none`: there are none, or none were to go along. */
      keys: z.enum(["shared", "none"]).or(Fault),
      /** Whether there is anything that a digest would repeat. */
      digest: z.boolean(),
    }),
    Fault,
  ]),
  async run(at, { room, user }) {
    const { core } = at;
    const config = matrixRoom(core.config, room);
    if (config === null) return fault("no_room_there");
    const { invite } = await import("../../adapters/matrix/rooms-api.ts");
    const done = await withAccount(at, config.account, async (account) => {
      const id = account.watch.idOf(room);
      if (id === null) return fault("no_room");
      return invite(account.api, id, user, historyFor(account, config, core.clock.now()), never());
    });
    if (done.kind === "fault") return fault(done.code);
    const { keys } = done.value;
    return {
      kind: "invited" as const,
      keys: typeof keys === "string" ? keys : fault(keys.code),
      digest: config.digest && core.bridge.digests.offers(room),
    };
  },
});

/** How those who are invited get the keys of what is within `history`; null: they get none. */
function historyFor({ engine }: Account, config: MatrixRoomConfig, now: number) {
  if (!sharesHistory(config)) return null;
  const since = now - config.history * DAY;
  return (room: Parameters<typeof engine.shareHistory>[0], user: UserId, signal: AbortSignal) =>
    engine.shareHistory(room, user, since, signal);
}

/** Opens the direct chat of the bot with somebody, or ends it. */
export const matrixChat = operation({
  name: "matrix.chat",
  changes: true,
  deadline: DEADLINE,
  input: account.extend({ user: UserId, end: z.boolean() }),
  output: z.discriminatedUnion("kind", [z.object({ kind: z.enum(["opened", "ended", "none"]) }), Fault]),
  async run(at, { account, user, end }) {
    const done = await withAccount(at, account, ({ chats }) =>
      end ? chats.end(user, never()) : chats.open(user, never()),
    );
    return done.kind === "fault" ? fault(done.code) : { kind: done.kind };
  },
});

/** Works with an account: with the one that runs, else with one that is opened for as long as it takes. */
export async function withAccount<T>(
  { core, live }: Place,
  name: AccountName,
  work: (account: Account) => Promise<T>,
): Promise<T | Fault> {
  const config: AccountConfig | undefined = core.config.matrix.get(name);
  if (config === undefined) return fault("no_account");
  if (live !== null) {
    const running = live.accounts?.of(name) ?? null;
    return running === null ? fault(live.accounts?.problem(name) ?? "not_started") : work(running);
  }
  const opened = await openAccountOf(core, config);
  if (!opened.ok) return fault(opened.code);
  try {
    return await work(opened.account);
  } finally {
    await opened.account.close();
  }
}

const signedOf = (signed: Signed | { readonly kind: "fault"; readonly code: string }): Signed =>
  typeof signed === "string" ? signed : fault(signed.code);

const never = (): AbortSignal => new AbortController().signal;
