import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { needed } from "./environment.helper.ts";
import type { Account } from "./homeserver.helper.ts";

/** An event of a room as the student's client tells it. */
const Told = z.object({
  event: z.string(),
  sender: z.string(),
  /** The server's time, ms. */
  at: z.number(),
  type: z.string(),
  stateKey: z.string().nullable(),
  /** Whether it lay encrypted on the server. */
  encrypted: z.boolean(),
  /** False: it is encrypted, and this device has not the key. */
  opens: z.boolean(),
  /** The id of the room key that it needs. */
  session: z.string().nullable(),
  content: z.record(z.string(), z.unknown()),
  redacted: z.boolean(),
});
export type Told = z.infer<typeof Told>;

/** What an event says of an encrypted attachment (EncryptedFile of the specification). */
export const EncryptedFile = z.object({
  url: z.string(),
  key: z.object({ k: z.string() }).loose(),
  hashes: z.object({ sha256: z.string() }),
  iv: z.string(),
  v: z.literal("v2"),
});
export type EncryptedFile = z.infer<typeof EncryptedFile>;

const Rooms = z.object({
  joined: z.record(
    z.string(),
    z.object({ name: z.string().nullable(), topic: z.string().nullable(), encrypted: z.boolean() }),
  ),
  invited: z.array(z.string()),
});

/**
 * One device of a student's: matrix-nio, another implementation in another language, in a process of its own. It syncs
 * by itself; each method is a command to it and rejects with what nio or the server said.
 */
export interface Reader {
  readonly user: string;
  readonly device: string;
  rooms(): Promise<z.infer<typeof Rooms>>;
  join(room: string): Promise<void>;
  leave(room: string): Promise<void>;
  /** A new encrypted room of this user's own, with those invited; `direct`: a chat. Its id. */
  create(invite: readonly string[], direct?: boolean): Promise<string>;
  /** Sends a text (or a content) encrypted; the event's id. */
  send(room: string, what: string | Readonly<Record<string, unknown>>): Promise<string>;
  /** Encrypts and uploads a text as a file. */
  upload(text: string): Promise<EncryptedFile>;
  /** Every event that the server gives this user of a room, oldest first, opened where it opens. */
  timeline(room: string): Promise<readonly Told[]>;
  /** The timeline as a student sees it: see {@link shown}. */
  shown(room: string): Promise<readonly Shown[]>;
  /** Fetches and opens an attachment; `save`: where its clear bytes are to be kept. */
  download(file: unknown, save?: string): Promise<{ readonly size: number; readonly sha256: string }>;
  /** Asks for the key of an event that does not open. */
  askKey(room: string, event: string): Promise<void>;
  /** Whether it opens an event, as the homeserver has it, that it was handed from elsewhere. */
  opens(room: string, event: unknown): Promise<boolean>;
  /** The ids of the room keys that it holds. */
  sessions(room: string): Promise<readonly string[]>;
  devices(user: string): Promise<readonly { readonly device: string; readonly name: string }[]>;
  /** Stops syncing, like a phone that is switched off, and begins again. */
  away(): Promise<void>;
  back(): Promise<void>;
  logout(): Promise<void>;
  /** Ends the process. `keep`: its store stays, for a later {@link startReader} with the same `store` and `device`. */
  close(keep?: boolean): Promise<void>;
  readonly store: string;
}

export interface ReaderOptions {
  /** The homeserver's URL. */
  readonly url: string;
  readonly account: Account;
  /** Of an earlier reader: the same device again. */
  readonly again?: { readonly store: string; readonly device: string };
}

/** Logs in as a new device and syncs. Whoever starts it closes it. */
export async function startReader(o: ReaderOptions): Promise<Reader> {
  const store = o.again?.store ?? (await mkdtemp(path.join(tmpdir(), "postern-nio-")));
  const script = path.join(import.meta.dirname, "nio_reader.py");
  const child = spawn(needed().python, [script], { stdio: ["pipe", "pipe", "pipe"] });
  const asked = new Map<number, { resolve(value: unknown): void; reject(fault: Error): void }>();
  let complaints = "";
  let last = 0;
  child.stderr.on("data", (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4_000);
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve) =>
    child.once("close", () => {
      for (const { reject } of asked.values()) reject(new Error(`the reader ended: ${complaints}`));
      asked.clear();
      resolve();
    }),
  );
  const Answer = z.object({ id: z.number(), ok: z.unknown().optional(), error: z.string().optional() });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, ok, error } = Answer.parse(JSON.parse(line));
    const waiting = asked.get(id);
    asked.delete(id);
    if (error === undefined) waiting?.resolve(ok);
    else waiting?.reject(new Error(`the reader: ${error}`));
  });
  const ask = (command: string, input: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (child.exitCode !== null) return reject(new Error(`the reader ended: ${complaints}`));
      const id = ++last;
      asked.set(id, { resolve, reject });
      child.stdin.write(`${JSON.stringify({ ...input, id, do: command })}\n`);
    });
  const done = async (command: string, input: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    await ask(command, input);
  };

  const me = z.object({ user: z.string(), device: z.string() }).parse(
    await ask("login", {
      homeserver: o.url,
      user: o.account.user,
      password: o.account.password,
      store,
      device: o.again?.device,
    }),
  );
  const timeline = async (room: string) => z.array(Told).parse(await ask("timeline", { room }));
  return {
    ...me,
    store,
    timeline,
    rooms: async () => Rooms.parse(await ask("rooms")),
    join: (room) => done("join", { room }),
    leave: (room) => done("leave", { room }),
    create: async (invite, direct = false) =>
      z.object({ room: z.string() }).parse(await ask("create", { invite, direct })).room,
    send: async (room, what) =>
      z
        .object({ event: z.string() })
        .parse(
          await ask("send", { room, ...(typeof what === "string" ? { text: what } : { content: what }) }),
        ).event,
    upload: async (text) => z.object({ file: EncryptedFile }).parse(await ask("upload", { text })).file,
    shown: async (room) => shown(await timeline(room)),
    download: async (file, save) =>
      z
        .object({ size: z.number(), sha256: z.string() })
        .parse(await ask("download", { file, ...(save === undefined ? {} : { save }) })),
    askKey: (room, event) => done("ask_key", { room, event }),
    opens: async (room, event) =>
      z.object({ opens: z.boolean() }).parse(await ask("opens", { room, event })).opens,
    sessions: async (room) => z.array(z.string()).parse(await ask("sessions", { room })),
    devices: async (user) =>
      z.array(z.object({ device: z.string(), name: z.string() })).parse(await ask("devices", { user })),
    away: () => done("away"),
    back: () => done("back"),
    logout: () => done("logout"),
    async close(keep = false) {
      child.stdin.end();
      const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(late);
      if (!keep) await rm(store, { recursive: true, force: true });
    },
  };
}

/** A message as a student sees it: in its last version, what was removed left out. */
export interface Shown {
  readonly event: string;
  readonly sender: string;
  readonly kind: string;
  readonly body: string;
  readonly html: string | null;
  /** The message that it answers. */
  readonly replyTo: string | null;
  /** How often it was edited. */
  readonly edits: number;
  readonly file: EncryptedFile | null;
  readonly info: Readonly<Record<string, unknown>>;
}

const Relation = z.object({
  rel_type: z.string().optional(),
  event_id: z.string().optional(),
  "m.in_reply_to": z.object({ event_id: z.string() }).optional(),
});
const Message = z.object({
  msgtype: z.string(),
  body: z.string(),
  formatted_body: z.string().optional(),
  file: EncryptedFile.optional(),
  info: z.record(z.string(), z.unknown()).optional(),
  "m.relates_to": Relation.optional(),
  "m.new_content": z.unknown().optional(),
});

/**
 * What clients make of a timeline: edits (`m.replace`, of the same sender alone) take the place of what they edit, what
 * was removed goes, and whatever does not open is a line that says so, never left out.
 */
export function shown(events: readonly Told[]): readonly Shown[] {
  const out = new Map<string, Shown>();
  for (const event of events) {
    if (event.redacted || event.stateKey !== null) continue;
    if (!event.opens) {
      const { event: id, sender } = event;
      const none = { replyTo: null, edits: 0, file: null, html: null, info: {} };
      out.set(id, { event: id, sender, kind: "does not open", body: event.session ?? "", ...none });
      continue;
    }
    if (event.type !== "m.room.message") continue;
    const message = Message.parse(event.content);
    const relation = message["m.relates_to"];
    const target = relation?.rel_type === "m.replace" ? (relation.event_id ?? "") : null;
    const before = target === null ? undefined : out.get(target);
    if (target !== null && (before === undefined || before.sender !== event.sender)) continue;
    const now = target === null ? message : Message.parse(message["m.new_content"]);
    out.set(before?.event ?? event.event, {
      event: before?.event ?? event.event,
      sender: event.sender,
      kind: now.msgtype,
      body: now.body,
      html: now.formatted_body ?? null,
      replyTo: before?.replyTo ?? relation?.["m.in_reply_to"]?.event_id ?? null,
      edits: before === undefined ? 0 : before.edits + 1,
      file: now.file ?? null,
      info: now.info ?? {},
    });
  }
  return [...out.values()];
}
