import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { RoomName } from "../../../bridge/model/ids.ts";
import { atomically } from "../../../bridge/store/db.ts";
import { openCore } from "../../../cli/core.ts";
import { linkOf, pageOf } from "../../../cli/join-link.ts";
import { loadConfig } from "../../../config/load.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** A free port of this machine. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

export interface Running {
  readonly process: ChildProcess;
  /** All that it printed so far. */
  output(): string;
  /** Resolves with the line that matches, rejects when the process ends first. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts a process of the project on this Node. */
export function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listeners = new Set<() => void>();
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code));
  });
  return {
    process: child,
    output: () => output,
    ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(output);
          if (found === null) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        void ended.then((how) => reject(new Error(`ended (${how}) before ${pattern}:\n${output}`)));
        look();
      }),
  };
}

/** MAX's stand-in as a process of its own, and a hand on its control interface. */
export async function startMax(secret = "simulated-token") {
  const running = launch(["simulators/max/main.ts", "--port", "0", "--token", secret]);
  onTestFinished(() => void running.process.kill("SIGKILL"));
  const [, url = "", control = "", token = ""] = await running.line(
    /MAX simulator: (\S+) control: (\S+) token: (\S+)/,
  );
  const call = async (operation: string, input: unknown = {}): Promise<unknown> => {
    const answer = await fetch(`${control}/${operation}`, { method: "POST", body: JSON.stringify(input) });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    return answer.json();
  };
  const mid = z.object({ mid: z.string() });
  const polls = async () => z.array(z.unknown()).parse(await call("requests", { path: "/updates" })).length;
  return {
    /** Resolves when updates were asked for `n` times: with the second time, what came first is stored. */
    polled: (n: number) =>
      vi.waitFor(async () => expect(await polls()).toBeGreaterThanOrEqual(n), { timeout: 30_000 }),
    url,
    token,
    call,
    channel: async (title: string) =>
      z.object({ chatId: z.string() }).parse(await call("createChannel", { title })).chatId,
    publish: async (input: unknown) => mid.parse(await call("publish", input)).mid,
    edit: (input: unknown) => call("edit", input),
    remove: (id: string) => call("remove", { mid: id }),
    media: async (input: unknown) => z.object({ mediaId: z.string() }).parse(await call("addMedia", input)),
  };
}

/** A configured bridge in a folder of its own, run as a process. */
export async function bridgeIn(
  yaml: (o: { readonly port: number; readonly folder: string }) => string,
  token: string,
) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-run-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const file = path.join(folder, "postern.yaml");
  await writeFile(file, yaml({ port, folder }), { mode: 0o600 });
  const env = {
    POSTERN_FACULTY_TOKEN: token,
    POSTERN_VAULT_KEY: randomBytes(32).toString("hex"),
    LANG: "en_US.UTF-8",
  };
  const loaded = await loadConfig({ file, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const { config } = loaded;
  const opened = await openCore(config, { env, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { core } = opened;
  const links = new Map<string, string>();
  for (const room of config.rooms.keys()) {
    atomically(core.db, () => core.bridge.log.create(room, randomBytes(32)));
    links.set(room, linkOf(core, room, pageOf(config) ?? "", false) ?? "");
  }
  const ids = new Map(
    [...config.rooms.keys()].map((room) => [
      room,
      Buffer.from(core.bridge.store.seal.get(room)?.roomId ?? []).toString("hex"),
    ]),
  );
  core.close();
  return {
    folder,
    config,
    env,
    port,
    link: (room: string): string => links.get(room) ?? "",
    roomId: (room: string): string => ids.get(RoomName.parse(room)) ?? "",
    /** Starts it. `failpoint`: where it is to die; `node`: options for Node itself; `more`: further environment. */
    start(
      failpoint?: string,
      node: readonly string[] = [],
      more: Readonly<Record<string, string>> = {},
    ): Running {
      const running = launch([...node, "cli/main.ts", "--config", file, "run"], {
        ...env,
        ...more,
        ...(failpoint === undefined ? {} : { POSTERN_FAILPOINT: failpoint }),
      });
      onTestFinished(() => void running.process.kill("SIGKILL"));
      return running;
    },
  };
}
