import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { closeSync, existsSync, openSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import Database from "better-sqlite3";
import { Agent, request } from "undici";
import { z } from "zod";
import { type Leak, searchFolder } from "../../leak/search.helper.ts";
import { freePort } from "../processes.ts";
import { alone, type Environment, environment, needed } from "./environment.helper.ts";

/**
 * A real homeserver (Synapse over SQLite) on loopback, on a port and in a folder of its own. It asks nobody for
 * anything. One for a file of tests:
 *
 *     describe.skipIf(environment === null)("…", () => {
 *       let server: Homeserver;
 *       beforeAll(async () => { server = await startHomeserver(); });
 *       afterAll(() => server.remove());
 *
 * Starting takes about four seconds.
 */
export { environment };

/** The part after the colon of every user's name. */
export const SERVER_NAME = "postern.test";
const SECRET = "for tests alone";
/** To be raised when {@link settings} change what a new database holds. */
const TEMPLATE = 1;

export interface HomeserverOptions {
  /** `default`: an ordinary account's limits as Synapse has them, 0.2 messages a second with a burst of ten. */
  readonly limits?: "raised" | "default";
  /** Settings of homeserver.yaml that are to be others. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface Account {
  /** `@name:server` */
  readonly user: string;
  readonly password: string;
}

/** A device of an account, for what a test does by hand. */
export interface Hand {
  readonly user: string;
  readonly device: string;
  readonly token: string;
  /** Calls `/_matrix/client/v3{path}`; rejects with what the server said where it refused. */
  call(method: "GET" | "PUT" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown>;
}

export interface Homeserver {
  /** Where it listens; it stays the same over stop and start. */
  readonly url: string;
  readonly port: number;
  /** All that it keeps: database, media, log. */
  readonly folder: string;
  /** Makes an account by the shared secret. Its name is `name` and something that no other has. */
  register(name: string): Promise<Account>;
  /** A new device of the account. */
  login(account: Account, device?: string): Promise<Hand>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /**
   * What a day and an hour of outage do: it stops, forgets every transaction id, and starts again with a clock that is
   * `ms` ahead of what it was (by default 25 h). A repeated send is then a new event, unless the sender looks first.
   * {@link ahead} tells the whole difference, for those who are to live at the same time.
   */
  outage(ms?: number): Promise<void>;
  /** By how much its clock is ahead of the machine's, ms. */
  readonly ahead: number;
  /** Rows of its database, read beside it. */
  rows(sql: string, ...values: readonly unknown[]): readonly unknown[];
  /** Where canaries lie in the raw bytes of its folder: the database with its journals, the media, the log. */
  search(canaries: readonly string[]): readonly Leak[];
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

const many = { per_second: 1e6, burst_count: 1e6 };
const noLimits = {
  rc_message: many,
  rc_registration: many,
  rc_login: { address: many, account: many, failed_attempts: many },
  rc_joins: { local: many, remote: many },
  rc_joins_per_room: many,
  rc_invites: { per_room: many, per_user: many, per_issuer: many },
  rc_admin_redaction: many,
  rc_media_create: many,
  rc_room_creation: many,
  rc_key_requests: many,
};

/** homeserver.yaml; JSON is YAML. */
const settings = (folder: string, port: number, o: HomeserverOptions): string =>
  JSON.stringify({
    server_name: SERVER_NAME,
    pid_file: path.join(folder, "pid"),
    listeners: [
      {
        port,
        type: "http",
        tls: false,
        bind_addresses: ["127.0.0.1"],
        resources: [{ names: ["client"], compress: false }],
      },
    ],
    database: { name: "sqlite3", args: { database: path.join(folder, "homeserver.db") } },
    log_config: path.join(folder, "log.yaml"),
    media_store_path: path.join(folder, "media"),
    signing_key_path: path.join(folder, "signing.key"),
    registration_shared_secret: SECRET,
    macaroon_secret_key: SECRET,
    form_secret: SECRET,
    enable_registration: false,
    bcrypt_rounds: 4,
    report_stats: false,
    use_presence: false,
    max_upload_size: "600M",
    // Nothing leaves this machine.
    federation_domain_whitelist: [],
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    url_preview_enabled: false,
    ...(o.limits === "default" ? {} : noLimits),
    ...o.settings,
  });

const logging = (folder: string): string =>
  JSON.stringify({
    version: 1,
    disable_existing_loggers: false,
    formatters: { line: { format: "%(asctime)s %(levelname)s %(name)s %(message)s" } },
    handlers: {
      file: {
        class: "logging.FileHandler",
        formatter: "line",
        filename: path.join(folder, "server.log"),
        delay: true,
      },
    },
    root: { level: "WARNING", handlers: ["file"] },
  });

/** Synapse, ending with its standard input: so it never outlives the tests, however they end. */
const program = `
import os, sys, threading, time
ahead, real = float(os.environ["AHEAD"]) / 1000, time.time
time.time = lambda: real() + ahead
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from synapse.app.homeserver import main
main()
`;

const agent = () => new Agent({ pipelining: 0 });
const json = { "content-type": "application/json" };

/** Starts Synapse on a folder that has its settings; resolves when it answers. */
async function launch(python: string, folder: string, port: number, ahead: number): Promise<ChildProcess> {
  const out = openSync(path.join(folder, "output.log"), "a");
  const child = spawn(python, ["-c", program, "-c", path.join(folder, "homeserver.yaml")], {
    cwd: folder,
    env: { ...process.env, AHEAD: String(ahead) },
    stdio: ["pipe", out, out],
  });
  closeSync(out);
  const until = performance.now() + 120_000;
  while (performance.now() < until && child.exitCode === null) {
    const answer = await request(`http://127.0.0.1:${port}/health`, { dispatcher: agent() }).catch(
      () => null,
    );
    await answer?.body.dump();
    if (answer?.statusCode === 200) return child;
    await pause(50);
  }
  child.kill("SIGKILL");
  throw new Error(`Synapse did not start:\n${await readFile(path.join(folder, "output.log"), "utf8")}`);
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once("exit", () => resolve()));

async function configure(folder: string, port: number, o: HomeserverOptions): Promise<void> {
  await writeFile(path.join(folder, "homeserver.yaml"), settings(folder, port, o));
  await writeFile(path.join(folder, "log.yaml"), logging(folder));
}

/** A database with its tables made and nobody in it: ten seconds that only the first start costs. */
async function template({ python, folder }: Environment): Promise<string> {
  const made = path.join(folder, `template-${TEMPLATE}`);
  if (existsSync(made)) return made;
  return alone(path.join(folder, "template.lock"), async () => {
    if (existsSync(made)) return made;
    const partial = `${made}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    const port = await freePort();
    await configure(partial, port, {});
    const keys = spawn(
      python,
      ["-m", "synapse.app.homeserver", "-c", path.join(partial, "homeserver.yaml"), "--generate-keys"],
      { stdio: "ignore" },
    );
    await ended(keys);
    const server = await launch(python, partial, port, 0);
    server.kill("SIGTERM");
    await ended(server);
    await mkdir(`${made}.new`, { recursive: true });
    for (const name of ["homeserver.db", "signing.key"])
      await cp(path.join(partial, name), path.join(`${made}.new`, name));
    await rm(partial, { recursive: true });
    await rename(`${made}.new`, made);
    return made;
  });
}

/** Starts one with nobody in it. */
export async function startHomeserver(o: HomeserverOptions = {}): Promise<Homeserver> {
  const from = await template(needed());
  const { python } = needed();
  const folder = await mkdtemp(path.join(tmpdir(), "postern-homeserver-"));
  const file = path.join(folder, "homeserver.db");
  await cp(from, folder, { recursive: true });
  const port = await freePort();
  await configure(folder, port, o);
  let ahead = 0;
  let running: ChildProcess | null = await launch(python, folder, port, ahead);
  const url = `http://127.0.0.1:${port}`;

  const ask = async (method: string, where: string, body?: unknown, token?: string): Promise<unknown> => {
    const answer = await request(`${url}${where}`, {
      method,
      dispatcher: agent(),
      headers: { ...json, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const said = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${method} ${where}: ${answer.statusCode} ${said}`);
    return JSON.parse(said);
  };
  const stop = async (): Promise<void> => {
    if (running === null) return;
    running.kill("SIGTERM");
    await ended(running);
    running = null;
  };
  const start = async (): Promise<void> => {
    running ??= await launch(python, folder, port, ahead);
  };

  return {
    url,
    port,
    folder,
    stop,
    start,
    async register(name) {
      const username = `${name}-${randomUUID().slice(0, 8)}`;
      const password = randomUUID();
      const admin = "/_synapse/admin/v1/register";
      const { nonce } = z.object({ nonce: z.string() }).parse(await ask("GET", admin));
      const mac = createHmac("sha1", SECRET)
        .update([nonce, username, password, "notadmin"].join("\0"))
        .digest("hex");
      await ask("POST", admin, { nonce, username, password, mac, admin: false, inhibit_login: true });
      return { user: `@${username}:${SERVER_NAME}`, password };
    },
    async login({ user, password }, device) {
      const made = z.object({ access_token: z.string(), device_id: z.string() }).parse(
        await ask("POST", "/_matrix/client/v3/login", {
          type: "m.login.password",
          identifier: { type: "m.id.user", user },
          password,
          ...(device === undefined ? {} : { device_id: device }),
        }),
      );
      const token = made.access_token;
      return {
        user,
        device: made.device_id,
        token,
        call: (method, where, body) =>
          ask(method, `/_matrix/client/v3${where}`, body ?? (method === "GET" ? undefined : {}), token),
      };
    },
    get ahead() {
      return ahead;
    },
    async outage(ms = 25 * 3_600_000) {
      await stop();
      ahead += ms;
      const db = new Database(file);
      for (const table of ["event_txn_id_device_id", "event_txn_id"])
        if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table) !== undefined)
          db.exec(`DELETE FROM ${table}`);
      db.close();
      await start();
    },
    rows(sql, ...values) {
      const db = new Database(file, { readonly: true });
      try {
        return db.prepare(sql).all(...values);
      } finally {
        db.close();
      }
    },
    search: (canaries) => searchFolder(folder, canaries),
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
