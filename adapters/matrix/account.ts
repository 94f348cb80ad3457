import type { Frame } from "../../bridge/chat/frame.ts";
import type { Millis, RoomName } from "../../bridge/model/ids.ts";
import type { Api } from "./api.ts";
import { type Chats, createChats } from "./chat.ts";
import { openHomeserver } from "./client.ts";
import { openEngine } from "./engine/open.ts";
import type { DeviceTrust, Engine } from "./engine.ts";
import { type AccountSettings, type Effects, storeFile } from "./homeserver.ts";
import type { UserId } from "./ids.ts";
import type { Kept } from "./kept.ts";
import { createMembers, type Members } from "./members.ts";
import { createRoomWatch, type RoomStanding, type RoomWatch, type WatchedRoom } from "./room-watch.ts";
import { type StoreFault, storeFault } from "./set-up.ts";
import { createSync } from "./sync.ts";

/** What an account tells of itself while it runs: codes, and names of the configuration. */
export type AccountReport =
  | { readonly kind: "heard"; readonly at: Millis }
  | { readonly kind: "trouble"; readonly code: string }
  /** It hears nothing any more until somebody logs it in. */
  | { readonly kind: "ended"; readonly code: "logged_out" | "deactivated" }
  | { readonly kind: "trust"; readonly trust: DeviceTrust }
  | { readonly kind: "room"; readonly room: RoomName; readonly standing: RoomStanding }
  | { readonly kind: "moved"; readonly room: RoomName }
  /** Somebody came into a room. */
  | { readonly kind: "joined"; readonly room: RoomName };

export interface AccountOptions extends Effects {
  readonly settings: AccountSettings;
  readonly kept: Kept;
  readonly rooms: readonly WatchedRoom[];
  /** The longest `history` of the rooms, days: keys of what is older are forgotten. */
  readonly history: number;
  /** Of the direct chats. */
  readonly frame: Frame;
  readonly report: (report: AccountReport) => void;
}

/** How an account stands. */
export interface AccountState {
  /** When all that the server had was heard last, since the start; null: not yet. */
  readonly heardAt: Millis | null;
  /** What keeps it from hearing; null: nothing. */
  readonly trouble: string | null;
  readonly ended: "logged_out" | "deactivated" | null;
  /** null: it was not asked yet. */
  readonly trust: DeviceTrust | null;
}

/** One account with a homeserver: the way there, the engine of its device, what it hears, and its rooms. */
export interface Account {
  readonly user: UserId;
  readonly api: Api;
  readonly engine: Engine;
  readonly members: Members;
  readonly watch: RoomWatch;
  readonly chats: Chats;
  state(): AccountState;
  /**
   * Hears and looks until `signal` aborts. Rejects when the engine broke, by a panic or a disk that fails: the process
   * must end then. An account that is no longer let in stays as it is, and hears nothing.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Lets the engine's store and every connection go. */
  close(): Promise<void>;
}

export type OpenedAccount =
  | { readonly ok: true; readonly account: Account }
  /** `no_session`: nobody logged in. Else why the keys of the session cannot be used: a new login is needed. */
  | { readonly ok: false; readonly code: "no_session" | StoreFault };

/** How often it is looked at whether the device is still confirmed by its owner, ms. */
const TRUST_EVERY: Millis = 6 * 3_600_000;
const TRUST_AGAIN: Millis = 5 * 60_000;
const DAY: Millis = 86_400_000;

/** Opens an account that is logged in. Nothing is asked of the server before {@link Account.run}. */
export async function openAccount(o: AccountOptions): Promise<OpenedAccount> {
  const { settings, kept, clock, random } = o;
  const session = kept.session.get();
  if (session === null) return { ok: false, code: "no_session" };
  const { user, device, token, passphrase } = session;
  const server = openHomeserver({ ...settings, clock });
  const api = server.api(token);
  const store = { file: storeFile(settings.folder, user, device), passphrase, create: false };
  const opened = await openEngine({ user, device, store, api, clock });
  if (!opened.ok) {
    await server.close();
    return { ok: false, code: storeFault(opened.problem) };
  }
  const { engine } = opened;
  const members = createMembers(api, user, clock);
  const chats = createChats({ api, bot: user, engine, members, kept, frame: o.frame, clock });
  const watch = createRoomWatch({
    api,
    bot: user,
    kept,
    rooms: o.rooms,
    members,
    clock,
    stands: (room, standing) => o.report({ kind: "room", room, standing }),
    moved: (room) => o.report({ kind: "moved", room }),
    joined: (room) => o.report({ kind: "joined", room }),
  });

  let state: AccountState = { heardAt: null, trouble: null, ended: null, trust: null };

  const hear = async (signal: AbortSignal): Promise<void> => {
    const sync = createSync({
      api,
      bot: user,
      engine,
      members,
      place: kept.sync,
      rooms: watch.ids,
      chats: chats.rooms,
      clock,
      random,
      listener: {
        status(status) {
          if (status.kind === "heard") {
            state = { ...state, heardAt: status.at, trouble: null };
            o.report({ kind: "heard", at: status.at });
            // A key that a message waits for may have come. What breaks here breaks the engine, which tells of it.
            void chats.again(signal).catch(() => {});
          } else {
            state = { ...state, trouble: status.code };
            o.report({ kind: "trouble", code: status.code });
          }
        },
        room: async (news) => watch.news(news),
        async invitation(invitation) {
          if (!watch.invited(invitation)) await chats.invited(invitation, signal);
        },
        async chat(event) {
          await chats.event(event, signal);
        },
      },
    });
    const end = await sync.run(signal);
    if (end === "stopped") return;
    state = { ...state, ended: end };
    o.report({ kind: "ended", code: end });
  };

  const look = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await engine.forget(clock.now() - o.history * DAY);
      const trust = await engine.trust(signal);
      const known = typeof trust === "string";
      if (known) {
        state = { ...state, trust };
        o.report({ kind: "trust", trust });
      }
      await clock.sleep(known ? TRUST_EVERY : TRUST_AGAIN, signal);
    }
  };

  return {
    ok: true,
    account: {
      user,
      api,
      engine,
      members,
      watch,
      chats,
      state: () => state,
      async run(signal) {
        const stopped = new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener("abort", () => resolve(), { once: true });
        });
        const parts = [hear(signal), watch.run(signal), look(signal)].map((part) =>
          part.catch((error: unknown) => {
            if (!signal.aborted) throw error;
          }),
        );
        // What is no longer let in waits for the end; the rooms' lanes say why nothing goes.
        await Promise.race([engine.broken, Promise.all([...parts, stopped])]);
      },
      async close() {
        await engine.close().catch(() => {});
        await server.close();
      },
    },
  };
}
