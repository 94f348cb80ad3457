import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openHomeserver } from "../../../adapters/matrix/client.ts";
import { identitySeed } from "../../../adapters/matrix/identity.ts";
import { keptOf } from "../../../adapters/matrix/kept.ts";
import { logIn } from "../../../adapters/matrix/set-up.ts";
import { setUpRoom } from "../../../adapters/matrix/set-up-room.ts";
import { AccountName, RoomName } from "../../../bridge/model/ids.ts";
import { type Core, openCore } from "../../../cli/core.ts";
import { settingsOf, wishOf } from "../../../cli/matrix/accounts.ts";
import { loadConfig } from "../../../config/load.ts";
import { type RunningMax, startMaxSimulator } from "../../../simulators/max/server.ts";
import { builtPostern } from "../built.ts";
import { launch, type Running } from "../processes.ts";
import { type FaultProxy, startFaultProxy } from "./faults.helper.ts";
import type { Account, Hand, Homeserver } from "./homeserver.helper.ts";

export interface WorldOptions {
  readonly server: Homeserver;
  /** Settings of the one room `class`, in YAML's flow style, after a comma. */
  readonly room?: string;
  /** Settings of the one mapping, likewise. */
  readonly mapping?: string;
  readonly seed?: number;
  /** The longest that a call may take, by the bridge's clock. */
  readonly deadline?: string;
  /** The longest that an upload may take, likewise. */
  readonly fileDeadline?: string;
  /** The command line that runs; absent: as these tests have built it. */
  readonly program?: string;
}

/** MAX with one channel, and a configured bridge whose way to the homeserver leads through a {@link FaultProxy}. */
export interface World {
  readonly max: RunningMax;
  readonly channel: string;
  readonly proxy: FaultProxy;
  readonly bot: Account;
  /** The Matrix room's id. */
  readonly room: string;
  readonly folder: string;
  /**
   * Starts the bridge. `failpoint`: where it is to die; `preload`: a file beside this one that it loads first; `speed`:
   * so many times as fast as the machine it lives. Its clock is the homeserver's.
   */
  start(failpoint?: string, preload?: string, speed?: number): Running;
  /** Resolves when the bridge that runs has read the channel's present, its baseline: what is published then is new. */
  reading(): Promise<void>;
  /** Ends a bridge in order. */
  stop(running: Running): Promise<void>;
  /** The bot invites somebody, as `postern matrix invite` does but for the keys. */
  invite(user: string): Promise<void>;
  /** The bot's account in another session, for what a class rep does in another program. */
  hand(): Promise<Hand>;
  /** Logs the account in with a new device, as `postern matrix login` does. Not while the bridge runs. */
  login(): Promise<void>;
  /** Runs a command of Postern's to its end; what it printed. */
  postern(
    ...args: string[]
  ): Promise<{ readonly code: number | NodeJS.Signals | null; readonly said: string }>;
  /** Opens the bridge's core for a look or for setting up. Not while the bridge runs. */
  within<R>(work: (core: Core) => Promise<R>): Promise<R>;
  /** Publishes in the channel; the post's id. */
  publish(text: string): string;
  publishWithFile(text: string, content: string): string;
  close(): Promise<void>;
}

const ACCOUNT = AccountName.parse("campus");
export const ROOM = RoomName.parse("class");
const never = new AbortController().signal;
const preloaded = (file: string): string => `--import=${path.join(import.meta.dirname, file)}`;

/** A bridge that is logged in, its room made. Nothing runs yet. */
export async function startWorld(o: WorldOptions): Promise<World> {
  const { server } = o;
  const max = await startMaxSimulator({ port: 0 });
  const { chatId: channel } = max.control.createChannel({ title: "Факультет" });
  const proxy = await startFaultProxy({ to: server.port, seed: o.seed ?? 1 });
  const bot = await server.register("bot");
  const folder = await mkdtemp(path.join(tmpdir(), "postern-matrix-"));
  const file = path.join(folder, "postern.yaml");
  await writeFile(
    file,
    `version: 1
data: ./data
matrix:
  campus: { base_url: ${proxy.url}, deadlines: { call: ${o.deadline ?? "5s"}, file: ${o.fileDeadline ?? "30m"} } }
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  class: { type: matrix, account: campus, title: Расписание${o.room === undefined ? "" : `, ${o.room}`} }
mappings:
  - { source: faculty, channel: ${channel}, rooms: [class]${o.mapping === undefined ? "" : `, ${o.mapping}`} }
log: { level: trace }
`,
    { mode: 0o600 },
  );
  const env = {
    POSTERN_FACULTY_TOKEN: max.token,
    POSTERN_VAULT_KEY: randomBytes(32).toString("hex"),
    LANG: "en_US.UTF-8",
    // Compiled code is kept here, as in the cache of somebody who runs a bridge: a later life starts faster.
    XDG_CACHE_HOME: path.join(folder, "cache"),
  };
  const loaded = await loadConfig({ file, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const { config } = loaded;
  const within = async <R>(work: (core: Core) => Promise<R>): Promise<R> => {
    const opened = await openCore(config, { env, askPassphrase: null });
    if (!opened.ok) throw new Error(opened.problem.code);
    try {
      return await work(opened.core);
    } finally {
      opened.core.close();
    }
  };
  const account = config.matrix.get(ACCOUNT);
  const room = config.rooms.get(ROOM);
  if (account === undefined || room?.type !== "matrix") throw new Error("not what was written");
  // Setting up is not what a test is about: on a machine that is busy it may take its time.
  const settings = { ...(await settingsOf(config, account)), deadlines: { call: 60_000, file: 60_000 } };
  const code = randomBytes(32);
  const login = (): Promise<void> =>
    within(async (core) => {
      const came = await logIn(
        {
          settings,
          kept: keptOf(core.bridge.store.kept.of(`matrix.${ACCOUNT}`)),
          proof: { kind: "password", ...bot },
          identity: identitySeed(code),
          backup: null,
          replace: false,
          settled: async () => {},
          clock: core.clock,
          random: core.random,
        },
        never,
      );
      if (came.kind !== "in" || came.signed !== "signed")
        throw new Error(`not logged in: ${JSON.stringify(came)}`);
    });
  await login();
  const id = await within(async (core) => {
    const kept = keptOf(core.bridge.store.kept.of(`matrix.${ACCOUNT}`));
    const session = kept.session.get();
    if (session === null) throw new Error("no session");
    const way = openHomeserver({ ...settings, clock: core.clock });
    const api = way.api(session.token);
    const made = await setUpRoom(
      { api, bot: session.user, kept, name: ROOM, wish: wishOf(room), adopt: null },
      never,
    );
    await way.close();
    const place = kept.room(ROOM).get();
    if (made.kind !== "made" || place === null) throw new Error(`no room: ${JSON.stringify(made)}`);
    return place.id;
  });

  let other: Promise<Hand> | null = null;
  const hand = (): Promise<Hand> => {
    other ??= server.login(bot);
    return other;
  };
  const running = new Set<Running>();
  const built = o.program ?? (await builtPostern());
  const run = (
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
    preloads: readonly string[] = [],
  ): Running => {
    const first = ["later.preload.ts", ...preloads].map(preloaded);
    // What is loaded first changes modules of the sources.
    const program = preloads.length > 0 ? "cli/start.mjs" : built;
    const one = launch([...first, program, "--config", file, ...args], {
      ...env,
      POSTERN_TEST_AHEAD: String(server.ahead),
      ...more,
    });
    running.add(one);
    void one.ended.then(() => running.delete(one));
    return one;
  };
  return {
    max,
    channel,
    proxy,
    bot,
    room: id,
    folder,
    login,
    within,
    start(failpoint, preload, speed) {
      max.control.setClock({ offsetMs: server.ahead });
      const more = {
        ...(failpoint === undefined ? {} : { POSTERN_FAILPOINT: failpoint }),
        ...(speed === undefined ? {} : { POSTERN_TEST_SPEED: String(speed) }),
      };
      return run(["run"], more, preload === undefined ? [] : [preload]);
    },
    async reading() {
      const polls = () => max.control.requests({ path: "/updates" }).length;
      const from = polls();
      const until = performance.now() + 60_000;
      // With the second time, what came first is stored.
      while (polls() < from + 2) {
        if (performance.now() > until) throw new Error("the bridge does not read the channel");
        await pause(20);
      }
    },
    async stop(one) {
      one.process.kill("SIGTERM");
      const how = await one.ended;
      if (how !== 0) throw new Error(`the bridge ended with ${how}:\n${one.output()}`);
    },
    hand,
    async invite(user) {
      await (await hand()).call("POST", `/rooms/${encodeURIComponent(id)}/invite`, { user_id: user });
    },
    async postern(...args) {
      const one = run(args);
      return { code: await one.ended, said: one.output() };
    },
    publish: (text) => max.control.publish({ chatId: channel, text }).mid,
    publishWithFile(text, content) {
      const { mediaId } = max.control.addMedia({ bytes: Buffer.from(content), filename: "план.bin" });
      const attachments = [{ type: "file" as const, media: mediaId }];
      return max.control.publish({ chatId: channel, text, attachments }).mid;
    },
    async close() {
      for (const one of running) one.process.kill("SIGKILL");
      await Promise.all([...running].map((one) => one.ended));
      await Promise.all([max.close(), proxy.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
