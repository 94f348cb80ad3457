import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { en } from "../../../adapters/web/reader/ui/texts.en.ts";
import type { ViewItem } from "../../../adapters/web/reader/view.ts";
import { reader, type TestReader } from "../../reader.helper.ts";
import { builtPostern } from "../built.ts";
import { freePort, launch, type Running } from "../processes.ts";
import { startMax } from "./stack.helper.ts";

const program = await builtPostern();
const MINUTE = 60_000;

/** One command of the program, as a process of its own. */
function command(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "",
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: path.resolve(import.meta.dirname, "../../.."),
    env: { ...process.env, LANG: "en_US.UTF-8", ...env },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (piece) => {
    out += String(piece);
  });
  child.stderr.on("data", (piece) => {
    err += String(piece);
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}

interface Place {
  readonly folder: string;
  readonly config: string;
  run(): Running;
  postern(args: readonly string[], input?: string): ReturnType<typeof command>;
}

/** A folder with settings: data in ./data, the witness beside it, the vault's key at `key`. */
async function machine(o: {
  readonly max: { readonly url: string; readonly token: string };
  readonly chat: string;
  readonly port: number;
  readonly key: string;
  readonly feed?: string;
}): Promise<Place> {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-restore-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const config = path.join(folder, "postern.yaml");
  const feed = o.feed === undefined ? "" : `, folder: ${o.feed}`;
  await writeFile(
    config,
    `version: 1
data: ./data
witness: ./witness
vault: { key_file: ${o.key} }
sources:
  faculty: { type: max-bot, base_url: ${o.max.url} }
rooms:
  faculty: { type: sealed, title: Факультет }
mappings:
  - { source: faculty, channel: ${o.chat}, rooms: [faculty] }
feed: { listen: "127.0.0.1:${o.port}", reader: false, limits: { requests_per_minute: 100000 }${feed} }
`,
    { mode: 0o600 },
  );
  const env = { POSTERN_FACULTY_TOKEN: o.max.token };
  return {
    folder,
    config,
    postern: (args, input) => command(["--config", config, ...args], env, input),
    run() {
      const running = launch([program, "--config", config, "run"], { ...env, LANG: "en_US.UTF-8" });
      onTestFinished(() => void running.process.kill("SIGKILL"));
      return running;
    },
  };
}

/** MAX with a channel, and a machine whose room was made by the commands, with its recovery code and link. */
async function stack(feed?: string) {
  const max = await startMax();
  const chat = await max.channel("Факультет");
  const port = await freePort();
  const place = await machine({
    max,
    chat,
    port,
    key: "./keys/vault.key",
    ...(feed === undefined ? {} : { feed }),
  });
  await mkdir(path.join(place.folder, "keys"));
  const key = randomBytes(32).toString("hex");
  await writeFile(path.join(place.folder, "keys", "vault.key"), `${key}\n`, { mode: 0o600 });
  const made = await place.postern(["room", "init", "faculty", "--print-recovery-code"]);
  expect(made.code, made.err).toBe(0);
  const link = (await place.postern(["room", "link", "faculty"])).out.trim();
  expect(link).toContain("#j.");

  const publish = (text: string, attachments: readonly unknown[] = []) =>
    max.publish({ chatId: chat, text, attachments });
  const file = async (content: string): Promise<readonly unknown[]> => {
    const bytes = Buffer.from(content.repeat(5000)).toString("base64");
    return [{ type: "file", media: (await max.media({ bytes, filename: "план.txt" })).mediaId }];
  };
  return { max, chat, port, place, code: made.out.trim(), link, publish, file };
}
type Stack = Awaited<ReturnType<typeof stack>>;

const isReply = (item: ViewItem): boolean => item.reply !== null;
const texts = (r: TestReader): readonly string[] =>
  r
    .room()
    .items.filter((item) => !isReply(item))
    .map((item) => `${item.text}${item.confirmed ? "" : "?"}${item.files.map(() => " +").join("")}`);
const replies = (r: TestReader): readonly string[] =>
  r
    .room()
    .items.filter(isReply)
    .map((item) => `${item.text}${item.confirmed ? "" : "?"}`)
    .toSorted();

const shows = (r: TestReader, wanted: readonly string[], replied: number): Promise<void> =>
  vi.waitFor(
    () => {
      expect(texts(r)).toEqual(wanted);
      expect(replies(r)).toHaveLength(replied);
    },
    { timeout: 2 * MINUTE, interval: 200 },
  );

/** What is there when the backup (or copy) is made. */
async function before(
  s: Stack,
): Promise<{ readonly moved: string; readonly cancelled: string; readonly r: TestReader }> {
  await s.max.polled(2);
  const moved = await s.publish("Экзамен 12 июня, ауд. 305");
  const cancelled = await s.publish("Консультация в среду");
  await s.publish("Программа экзамена", await s.file("программа "));
  const r = await reader(s.link);
  onTestFinished(() => r.close());
  await shows(r, ["Экзамен 12 июня, ауд. 305", "Консультация в среду", "Программа экзамена +"], 0);
  return { moved, cancelled, r };
}

const AFTER = ["Экзамен 14 июня, ауд. 305", "Программа экзамена +", "Стипендия переведена", "Список групп +"];

/** What comes afterwards and is lost by the machine: an edit that moves an exam, a removal, a post, and one with a file. */
async function after(s: Stack, b: Awaited<ReturnType<typeof before>>): Promise<void> {
  await s.max.edit({ mid: b.moved, text: "Экзамен 14 июня, ауд. 305" });
  await s.publish("Стипендия переведена");
  await s.max.remove(b.cancelled);
  await s.publish("Список групп", await s.file("группы "));
  await shows(b.r, AFTER, 1);
}

/** The reader who was there all along, and one who opens the old link now: nothing doubled, and it is said why. */
async function goesOn(s: Stack, r: TestReader): Promise<void> {
  // The page would look again by itself, after a pause that grew while the bridge was gone.
  r.store.actions.retry();
  await vi.waitFor(() => expect(r.room().banners.map((b) => b.kind)).toContain("restored"), {
    timeout: 2 * MINUTE,
    interval: 200,
  });
  await shows(r, AFTER, 1);
  expect(
    r
      .room()
      .banners.map((b) => b.kind)
      .toSorted(),
  ).toEqual(["history-begins", "restored"]);
  expect(en.banners.restored.join(" ")).toMatch(
    /server was restored.*posts again what it had lost.*nothing to do/is,
  );
  expect(r.view()).toMatchObject({ question: null, error: null });
  const last = r.room().items.find((item) => item.text === "Список групп");
  const [kept] = last?.files ?? [];
  const blob = await r.store.actions.openFile(r.room().id, last?.id ?? "", kept?.id ?? "");
  expect(await blob?.text()).toContain("группы группы");

  const late = await reader(s.link);
  await shows(late, AFTER, 1);
  expect(late.room().banners.map((b) => b.kind)).toEqual(["history-begins"]);
  late.close();
  await s.publish("Новое после восстановления");
  await shows(r, [...AFTER, "Новое после восстановления"], 1);
}

const running = async (place: Place): Promise<Running> => {
  const process = place.run();
  await process.line(/The bridge runs/);
  return process;
};

const killed = async (process: Running): Promise<void> => {
  process.process.kill("SIGKILL");
  await process.ended;
};

const restored = async (place: Place, s: Stack, backup: string): Promise<void> => {
  const done = await place.postern(["restore", backup, "--code-stdin"], s.code);
  expect(done.code, done.err).toBe(0);
  expect(done.err).toContain("Links stay valid.");
};

test(
  "a backup restored on a bare machine with another place for the vault's key: readers go on with their old link",
  async () => {
    const s = await stack();
    const old = await running(s.place);
    const b = await before(s);
    const backup = path.join(s.place.folder, "yesterday.backup");
    const made = await s.place.postern(["backup", backup]);
    expect(made.code, made.err).toBe(0);
    await after(s, b);
    await killed(old);

    const bare = await machine({ ...s, key: "./elsewhere/another.key" });
    const kept = path.join(bare.folder, "backup");
    await rename(backup, kept);
    await rm(s.place.folder, { recursive: true });
    await restored(bare, s, kept);
    const fresh = await running(bare);
    expect(fresh.output()).toContain('The room "faculty" begins a new chain');
    await goesOn(s, b.r);
    await killed(fresh);
  },
  5 * MINUTE,
);

/** Takes a copy of the data folder, lets the bridge go on, and puts the copy back. */
async function putBack(s: Stack, more: (place: Place) => Promise<void>): Promise<void> {
  const data = path.join(s.place.folder, "data");
  const copy = path.join(s.place.folder, "copy");
  const first = await running(s.place);
  const b = await before(s);
  first.process.kill("SIGTERM");
  expect(await first.ended).toBe(0);
  await cp(data, copy, { recursive: true });
  const second = await running(s.place);
  await after(s, b);
  await killed(second);

  await rm(data, { recursive: true });
  await rename(copy, data);
  await more(s.place);
  const third = await running(s.place);
  expect(third.output()).toContain('The room "faculty" begins a new chain');
  await goesOn(s, b.r);
  await killed(third);
}

test(
  "the data folder with the feed in it put back behind the bridge's back: the witness notices",
  async () => {
    await putBack(await stack(), async () => {});
  },
  5 * MINUTE,
);

test(
  "the data folder put back without the feed and without a witness: the feed's own folder notices",
  async () => {
    const s = await stack("./feed");
    await putBack(s, (place) => rm(path.join(place.folder, "witness")));
  },
  5 * MINUTE,
);

test(
  "a lost vault key with a backup at hand: readers go on with their old link",
  async () => {
    const s = await stack();
    const old = await running(s.place);
    const b = await before(s);
    const backup = path.join(s.place.folder, "backup");
    expect((await s.place.postern(["backup", backup])).code).toBe(0);
    await after(s, b);
    await killed(old);

    const key = path.join(s.place.folder, "keys", "vault.key");
    await rm(key);
    const refused = await s.place.postern(["run"]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(`The file with the vault's key, ${key}, does not exist.`);
    await rename(path.join(s.place.folder, "data"), path.join(s.place.folder, "data-lost"));
    await restored(s.place, s, backup);
    const fresh = await running(s.place);
    await goesOn(s, b.r);
    await killed(fresh);
  },
  5 * MINUTE,
);
