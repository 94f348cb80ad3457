import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { reader, type TestReader } from "../../reader.helper.ts";
import { builtPostern } from "../built.ts";
import { launch, type Running } from "../processes.ts";
import { bridgeIn, startMax } from "./stack.helper.ts";

const program = await builtPostern();
type Max = Awaited<ReturnType<typeof startMax>>;

/** MAX with two channels, and a bridge that leads the first one to one room. */
async function stack() {
  const max = await startMax();
  const faculty = await max.channel("Факультет");
  const group = await max.channel("Группа");
  const yaml = (port: number) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  one: { type: sealed, title: Первая }
mappings:
  - { source: faculty, channel: ${faculty}, rooms: [one] }
feed: { listen: "127.0.0.1:${port}", reader: false, limits: { requests_per_minute: 100000 } }
log: { level: trace }
`;
  const bridge = await bridgeIn(({ port }) => yaml(port), max.token);
  const file = path.join(bridge.folder, "postern.yaml");
  return {
    max,
    faculty,
    group,
    bridge,
    file,
    yaml: yaml(bridge.port),
    /** Runs a command beside it that knows neither the vault's key nor the token. What it printed, and how it ended. */
    async command(...args: readonly string[]) {
      const running = launch([program, "--config", file, ...args], { LANG: "en_US.UTF-8" });
      return { code: await running.ended, output: running.output() };
    },
  };
}

const Stats = z.object({ met: z.record(z.string(), z.number()) });

/** How often the bridge met a trouble of MAX. */
const met = async (max: Max, trouble: string): Promise<number> =>
  Stats.parse(await max.call("stats")).met[trouble] ?? 0;

const polls = async (max: Max): Promise<number> =>
  z.array(z.unknown()).parse(await max.call("requests", { path: "/updates" })).length;

const ready = (running: Running) => running.line(/The bridge runs/);

const texts = (r: TestReader): readonly string[] =>
  r.room().items.flatMap((i) => (i.type === "post" ? [i.text] : []));

/** Publishes until told to stop, no faster than it is read: what happens meanwhile must not lose or double anything. */
function publishing(max: Max, chatId: string, shown: () => number) {
  const sent: string[] = [];
  let on = true;
  const ended = (async () => {
    while (on) {
      await vi.waitFor(() => expect(sent.length - shown()).toBeLessThan(20), { timeout: 60_000 });
      const text = `Пост № ${sent.length + 1}.`;
      await max.publish({ chatId, text });
      sent.push(text);
    }
  })();
  return {
    sent,
    async stop() {
      on = false;
      await ended;
    },
  };
}

async function stop(running: Running): Promise<void> {
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
}

test("rooms and mappings come and go while it runs, and no post is lost, doubled or overtaken", async () => {
  const { max, faculty, group, bridge, file, yaml, command } = await stack();
  const running = bridge.start();
  await ready(running);
  await max.polled(2);
  const one = await reader(bridge.link("one"));
  const posts = publishing(max, faculty, () => texts(one).length);
  await vi.waitFor(() => expect(texts(one).length).toBeGreaterThan(3), { timeout: 30_000 });

  const wider = yaml
    .replace("mappings:", "  two: { type: sealed, title: Вторая }\nmappings:")
    .replace(
      "rooms: [one] }",
      `rooms: [one, two] }\n  - { source: faculty, channel: ${group}, rooms: [two] }`,
    );
  await writeFile(file, wider);
  const init = await command("room", "init", "two", "--print-recovery-code");
  expect(init).toMatchObject({ code: 0, output: expect.stringContaining("does not know this room yet") });
  expect(await command("reload")).toEqual({
    code: 0,
    output: "The bridge now works by the new configuration. No announcement was lost or doubled.\n",
  });
  const link = await command("room", "link", "two");
  const two = await reader(/^http\S+/m.exec(link.output)?.[0] ?? "");
  // The group's channel is new to it: from its first look on it is mirrored.
  await max.polled((await polls(max)) + 2);
  await max.publish({ chatId: group, text: "Только для второй." });
  await vi.waitFor(() => expect(texts(two)).toContain("Только для второй."), { timeout: 30_000 });
  await posts.stop();
  await max.publish({ chatId: faculty, text: "Последний для обеих." });
  await vi.waitFor(
    () => {
      expect(texts(one)).toEqual([...posts.sent, "Последний для обеих."]);
      // From some post on all of them, each once.
      const shared = texts(two).filter((text) => text !== "Только для второй.");
      expect(shared.length).toBeGreaterThan(1);
      expect(shared).toEqual(texts(one).slice(-shared.length));
    },
    { timeout: 60_000 },
  );

  await writeFile(file, yaml);
  expect((await command("reload")).code).toBe(0);
  await max.publish({ chatId: faculty, text: "Снова только для первой." });
  await vi.waitFor(() => expect(texts(one).at(-1)).toBe("Снова только для первой."), { timeout: 30_000 });
  expect(texts(two).at(-1)).toBe("Последний для обеих.");
  await stop(running);
}, 120_000);

test("what counts from the next start on is named, and status says what the rep was told of and lasts", async () => {
  const { bridge, file, yaml, command } = await stack();
  await writeFile(file, `${yaml}disk: { keep_free: 1000000 GB }\n`);
  const running = bridge.start();
  await running.line(/There is no room on the disk/);
  await ready(running);
  const told = await command("status");
  expect(told.output).toContain(
    "What you were told of, and lasts\n  There is no room on the disk. New announcements are not read",
  );
  await writeFile(file, `${yaml}disk: { keep_free: 1 MB }\nwitness: ./witness\nlang: en\n`);
  const { code, output } = await command("reload");
  expect(code).toBe(0);
  const later = /from the next start on: ([^.]+)\./.exec(output)?.[1]?.split(", ").toSorted();
  expect(later).toEqual(["disk", "lang", "witness"]);
  await stop(running);
}, 60_000);

test("keys that are made while it runs open their room at once", async () => {
  const { max, faculty, bridge, file, yaml, command } = await stack();
  await writeFile(
    file,
    yaml
      .replace("mappings:", "  two: { type: sealed, title: Вторая }\nmappings:")
      .replace("rooms: [one] }", "rooms: [one, two] }"),
  );
  const running = bridge.start();
  await ready(running);
  expect(running.output()).toContain('The room "two" has no keys yet');
  await max.polled(2);
  await max.publish({ chatId: faculty, text: "Ещё без ключей." });
  const one = await reader(bridge.link("one"));
  await vi.waitFor(() => expect(texts(one)).toEqual(["Ещё без ключей."]), { timeout: 30_000 });
  const init = await command("room", "init", "two", "--print-recovery-code");
  expect(init).toMatchObject({ code: 0, output: expect.not.stringContaining("does not know") });
  const link = await command("room", "link", "two");
  const two = await reader(/^http\S+/m.exec(link.output)?.[0] ?? "");
  await vi.waitFor(() => expect(texts(two)).toEqual(["Ещё без ключей."]), { timeout: 30_000 });
  await stop(running);
}, 120_000);

test("a wrong configuration changes nothing, and what is wrong is told with file, line and key", async () => {
  const { max, faculty, bridge, file, yaml, command } = await stack();
  const running = bridge.start();
  await ready(running);
  await max.polled(2);
  await writeFile(file, yaml.replace("title: Первая", "titel: Первая"));
  expect(await command("--lang", "ru", "reload")).toMatchObject({
    code: 1,
    output: expect.stringMatching(
      /postern\.yaml:6: rooms\.one\.titel[\s\S]*Мост, если он работает, продолжает по старым настройкам/,
    ),
  });
  // Wrong for the bridge alone: it has no token of this source.
  await writeFile(
    file,
    yaml.replace("rooms:\n", `  other: { type: max-bot, base_url: ${max.url} }\nrooms:\n`),
  );
  expect(await command("reload")).toMatchObject({
    code: 1,
    output: expect.stringMatching(
      /sources\.other\.token[\s\S]*The bridge, if it runs, goes on by the old configuration/,
    ),
  });
  await max.publish({ chatId: faculty, text: "Идёт, как шло." });
  const one = await reader(bridge.link("one"));
  await vi.waitFor(() => expect(texts(one)).toEqual(["Идёт, как шло."]), { timeout: 30_000 });
  expect(running.output()).toContain('"config.refused"');
  expect(await readFile(file, "utf8")).toContain("other:");
  await stop(running);
}, 120_000);

test("a source that was stopped is read again from its cursor after a reload", async () => {
  const { max, faculty, bridge, command } = await stack();
  const running = bridge.start();
  await ready(running);
  await max.polled(2);
  await max.call("set", { refuse: "token" });
  // The question that is under way is still answered.
  await max.publish({ chatId: faculty, text: "Ещё прочитан." });
  await running.line(/is no longer read/);
  await max.publish({ chatId: faculty, text: "Пока не читали." });
  await max.call("set", { refuse: "nothing" });
  expect((await command("reload")).code).toBe(0);
  const one = await reader(bridge.link("one"));
  await vi.waitFor(() => expect(texts(one)).toEqual(["Ещё прочитан.", "Пока не читали."]), {
    timeout: 30_000,
  });
  await stop(running);
}, 120_000);

test("asked to end, it ends with 0 though polls and downloads hang, and goes on from there", async () => {
  const { max, faculty, bridge } = await stack();
  const speed = { POSTERN_TEST_SPEED: "10" };
  const running = bridge.start(undefined, [], speed);
  await ready(running);
  await max.polled(2);
  const { mediaId } = await max.media({ generated: { size: 200_000, seed: 1 }, filename: "план.pdf" });
  await max.call("fault", { path: "/media/*", times: 1, fault: { kind: "hang" } });
  await max.publish({ chatId: faculty, text: "С файлом.", attachments: [{ type: "file", media: mediaId }] });
  await vi.waitFor(async () => expect(await met(max, "hang")).toBe(1), { timeout: 30_000 });
  await max.call("fault", { path: "/updates", times: 1, fault: { kind: "hang" } });
  await max.publish({ chatId: faculty, text: "Ещё не прочитан." });
  await vi.waitFor(async () => expect(await met(max, "hang")).toBe(2), { timeout: 30_000 });
  await stop(running);
  expect(running.output()).toContain("Nothing is lost");
  const again = bridge.start();
  await ready(again);
  const one = await reader(bridge.link("one"));
  await vi.waitFor(
    () => {
      expect(texts(one)).toEqual(["С файлом.", "Ещё не прочитан."]);
      expect(one.room().items[0]).toMatchObject({ files: [{}] });
    },
    { timeout: 60_000 },
  );
  await stop(again);
}, 120_000);

test("the socket and all that the bridge keeps is its owner's alone", async () => {
  const { bridge } = await stack();
  const running = bridge.start();
  await ready(running);
  const modeOf = async (...names: readonly string[]) =>
    (await stat(path.join(bridge.folder, "data", ...names))).mode & 0o777;
  expect(await modeOf("state")).toBe(0o700);
  expect(await modeOf("state", "bridge.sock")).toBe(0o600);
  expect(await modeOf("state", "run.lock")).toBe(0o600);
  expect(await modeOf("postern.db")).toBe(0o600);
  expect(await modeOf("postern.db-wal")).toBe(0o600);
  await stop(running);
});
