import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { openEngine } from "../../../adapters/matrix/engine/open.ts";
import type { Engine } from "../../../adapters/matrix/engine.ts";
import { DeviceId, UserId } from "../../../adapters/matrix/ids.ts";
import { systemClock } from "../../../bridge/clock.ts";
import { Chance } from "../../sim/chance.ts";
import { keyServer } from "./key-server.helper.ts";
import { Asked, KILLED, type Task } from "./killed-bot.helper.ts";
import { indexOf, never, reads, say } from "./messages.helper.ts";
import { storedIn } from "./stored.helper.ts";

/** One store lives through so many kills. */
const LIVES = 25;
/** With so many devices in a room, a session's value is patched, and compressed where it is written whole. */
const CROWD = 100;
/** The most that a bot passes its place before it is killed there. */
const LATEST = 30;
const PLACES = ["commit.before", "commit.inside", "commit.inside", "commit.after", "any"] as const;
/** A bot that is killed from outside is after at most so long, ms; any other is after this at the latest, a fault. */
const SOON = 700;
const HANGS = 60_000;
/** The store of the sessions that the bot sends with. */
const SENT_WITH = "outbound_group_sessions";
const PASSPHRASE = "the passphrase of a store";

export interface Killed {
  readonly kills: number;
  readonly said: number;
  readonly heard: number;
  readonly sessions: number;
  /** Devices in the room besides, which nobody reads on. */
  readonly crowd: number;
  /** How often a bot was started over a session of its own that stood in the file with a patch to its value; */
  readonly patched: number;
  /** and how often that value was long enough to be compressed. */
  readonly compressed: number;
  /** By place. */
  readonly where: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

const Message = z.object({ id: z.number(), question: Asked });
const Body = z.object({ body: z.string() });

/**
 * Kills a bot `kills` times over one store and looks whether its peers read all that it said, and it what they said. In
 * the rooms of every second seed is a crowd, too, which makes the bot's sessions large.
 */
export async function killOneStore(seed: number, kills = LIVES): Promise<Killed> {
  const chance = new Chance(seed, 1);
  const server = keyServer();
  const folder = await mkdtemp(path.join(tmpdir(), "postern-kills-"));
  const file = path.join(folder, "store.db");
  const peers: Engine[] = [];
  const wrong: string[] = [];
  const where: Record<string, number> = {};
  const indexes = new Map<string, string>();
  const sessions = new Set<string>();
  const crowd = Array.from({ length: seed % 2 === 0 ? 0 : CROWD }, (_, i) =>
    UserId.parse(`@silent${i}:server`),
  );
  let patched = 0;
  let compressed = 0;
  let said = 0;
  let heard = 0;
  let expected = "";
  const complain = (what: string): void => void wrong.push(`seed ${seed}, kill ${kill + 1}: ${what}`);
  let kill = 0;

  const join = async (): Promise<void> => {
    const user = UserId.parse(`@peer${peers.length}:server`);
    const device = DeviceId.parse(`PEER${peers.length}`);
    const opened = await openEngine({
      user,
      device,
      api: server.api(user, device),
      clock: systemClock,
      store: { file: null, passphrase: "in memory", create: true, only: "memory" },
    });
    if (!opened.ok) throw new Error(opened.problem);
    peers.push(opened.engine);
    await synced(opened.engine);
  };
  const synced = async (peer: Engine): Promise<void> => {
    await peer.receive(server.sync(peer.user, peer.device));
    await peer.flush(never);
  };

  /** At what the bot that was killed last left. */
  const look = (): void => {
    try {
      const patches = storedIn(file, PASSPHRASE).filter(
        (record) => record.store === SENT_WITH && record.patched,
      );
      if (patches.length > 0) patched++;
      if (patches.some((record) => record.compressed)) compressed++;
    } catch (error) {
      complain(`the store cannot be read: ${String(error)}`);
    }
  };

  const next = async (): Promise<Task> => {
    const roll = chance.next();
    if (roll < 0.07) return { do: "rotate" };
    if (roll < 0.15 && peers.length < 5) await join();
    if (roll < 0.35) {
      const peer = chance.pick(peers);
      await synced(peer);
      expected = `peer ${seed} ${heard}`;
      const message = await say(peer, [KILLED.user, ...peers.map(({ user }) => user)], expected);
      const event = {
        type: "m.room.encrypted",
        event_id: `$heard${heard}`,
        room_id: "!room:server",
        sender: peer.user,
        origin_server_ts: 1,
        content: JSON.parse(message.content),
      };
      // The bot has its key by its next sync: this one it is asked for after that.
      waiting.push({ event, text: expected });
    }
    const ready = waiting.find((one) => one.ready);
    if (ready !== undefined) {
      waiting.splice(waiting.indexOf(ready), 1);
      expected = ready.text;
      return { do: "hear", event: ready.event };
    }
    return {
      do: "say",
      text: `bot ${seed} ${said}`,
      members: [KILLED.user, ...crowd, ...peers.map(({ user }) => user)],
    };
  };
  const waiting: { event: unknown; text: string; ready?: true }[] = [];

  const answer = async (question: Asked): Promise<unknown> => {
    switch (question.ask) {
      case "call":
        return await server.api(KILLED.user, KILLED.device).call({ method: "POST", ...question.call }, never);
      case "sync":
        return server.brings(KILLED.user, KILLED.device);
      case "took":
        server.took(KILLED.user, KILLED.device, question.message, question.position);
        for (const one of waiting) one.ready = true;
        return null;
      case "next":
        return await next();
      case "said": {
        const { text, ...message } = question;
        said++;
        sessions.add(message.session);
        const index = `${message.session} ${indexOf(message)}`;
        const before = indexes.get(index);
        if (before !== undefined && before !== message.content) complain(`index used again: ${text}`);
        indexes.set(index, message.content);
        for (const peer of peers) {
          await synced(peer);
          const read = await reads(peer, message, KILLED.user);
          if (read !== text) complain(`${peer.user} reads ${String(read)} for "${text}"`);
        }
        return null;
      }
      case "heard": {
        heard++;
        const clear = Body.safeParse(question.clear);
        if (!clear.success || clear.data.body !== expected) complain(`the bot does not read "${expected}"`);
        return null;
      }
      case "failed":
        complain(`the bot failed: ${question.why}`);
        return null;
    }
  };

  try {
    for (const user of crowd) server.addSilent(user);
    await join();
    await join();
    for (kill = 0; kill < kills && wrong.length < 3; kill++) {
      const place = chance.pick(PLACES);
      const times = chance.between(1, LATEST);
      look();
      server.calls.length = 0;
      const child = fork(
        path.join(import.meta.dirname, "killed-bot.helper.ts"),
        [file, PASSPHRASE, place, `${times}`],
        { execArgv: ["--disable-warning=ExperimentalWarning"] },
      );
      const after = place === "any" ? chance.between(150, SOON) : HANGS;
      if (!(await die(child, after, answer, place === "any")))
        complain(`it did not die at ${place} ${times}`);
      where[place] = (where[place] ?? 0) + 1;
    }
  } finally {
    for (const peer of peers) await peer.close();
    await rm(folder, { recursive: true, force: true });
  }
  return {
    kills: kill,
    said,
    heard,
    sessions: sessions.size,
    crowd: crowd.length,
    patched,
    compressed,
    where,
    wrong,
  };
}

/** Serves a bot until it is dead. False: it had to be killed though it should have ended itself. */
async function die(
  child: ChildProcess,
  after: number,
  answer: (question: Asked) => Promise<unknown>,
  outside: boolean,
): Promise<boolean> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, after);
  let last: Promise<void> = Promise.resolve();
  child.on("message", (message) => {
    const { id, question } = Message.parse(message);
    last = last.then(async () => {
      const value = await answer(question);
      if (child.connected) child.send({ id, value }, () => undefined);
    });
  });
  // What it said last may come after it is dead.
  const silent = once(child, "disconnect");
  const [code, signal] = await once(child, "close");
  await silent;
  clearTimeout(timer);
  await last;
  return signal === "SIGKILL" && code === null && (outside || !late);
}
