import { createHash } from "node:crypto";
import sharp from "sharp";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SeenMessage } from "../../../simulators/telegram/seen.ts";
import { startTelegramSimulator } from "../../../simulators/telegram/server.ts";
import { searchFolder } from "../../leak/search.helper.ts";
import { bridgeIn, type Running, startMax } from "../web/stack.helper.ts";

const CANARY = "КанареяТелеграма";
const RIGHTS = ["can_manage_chat", "can_post_messages"] as const;

/** Rooms of every kind in a simulated Telegram, each with a channel of its own in a simulated MAX. */
async function stack() {
  const max = await startMax();
  const telegram = await startTelegramSimulator();
  onTestFinished(() => telegram.close());
  const { control } = telegram;
  const kinds = {
    posts: control.createChat({ title: `Посты ${CANARY}` }).chatId,
    media: control.createChat({ title: "Снимки" }).chatId,
    pinned: control.createChat({ title: "Важное", bot: { rights: [...RIGHTS, "can_edit_messages"] } }).chatId,
    group: control.createChat({ type: "group", title: "Группа", bot: { status: "member" } }).chatId,
    out: control.createChat({ title: "Закрытое" }).chatId,
  };
  const sources = new Map<string, string>();
  for (const name of Object.keys(kinds)) sources.set(name, await max.channel(name));
  const special: Readonly<Record<string, string>> = { pinned: ", probe: off" };
  const rooms = Object.entries(kinds).map(
    ([name, chat]) =>
      `  ${name}: { type: telegram, bot: campus, chat: ${chat}, title: ${name}, lang: ru${special[name] ?? ""} }`,
  );
  const mappings = Object.keys(kinds).map(
    (name) =>
      `  - { name: of-${name}, source: faculty, channel: ${sources.get(name)}, rooms: [${name}]${name === "pinned" ? ', pin: ["#важно"]' : ""} }`,
  );
  const bridge = await bridgeIn(
    () => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
telegram:
  campus: { api_root: ${telegram.url}, token: "${telegram.token}" }
rooms:
${rooms.join("\n")}
mappings:
${mappings.join("\n")}
log: { level: trace }
`,
    max.token,
  );
  const publish = (name: keyof typeof kinds, text: string, more: object = {}): Promise<string> =>
    max.publish({ chatId: sources.get(name), text, ...more });
  /** What a member of a chat sees, service messages left out. */
  const seen = (chat: number): readonly SeenMessage[] =>
    control.chat({ chatId: chat }).messages.filter((m) => m.kind !== "service");
  const texts = (chat: number): readonly string[] => seen(chat).map((m) => m.text);
  return { max, telegram, control, kinds, bridge, publish, seen, texts };
}

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 40_000, interval: 100 });

async function picture(max: Awaited<ReturnType<typeof startMax>>, n: number): Promise<object> {
  const background = { r: n * 80, g: 90, b: 160 };
  const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .jpeg()
    .toBuffer();
  const { mediaId } = await max.media({ bytes: bytes.toString("base64"), filename: `${n}.jpg` });
  return { type: "image", media: mediaId };
}

test("announcements of MAX come to Telegram's channels and groups as their members should see them, through edits, removals, pins, a bot put out, a move to a supergroup and a killed bridge", async () => {
  const s = await stack();
  const { kinds, control, max } = s;
  const runs: Running[] = [s.bridge.start()];
  await runs[0]?.line(/The bridge runs/);
  await max.polled(2);

  const exam = `${CANARY}: экзамен 12 декабря в 10:00`;
  const bold = { type: "strong", from: exam.indexOf("экзамен"), length: 7 };
  const first = await s.publish("posts", exam, { markup: [bold] });
  const doomed = await s.publish("posts", "Ошибочный пост");
  const plan = Buffer.from(`план ${CANARY} `.repeat(5_000));
  const { mediaId } = await max.media({ bytes: plan.toString("base64"), filename: "план.txt" });
  await s.publish("media", "Снимки с лекции", {
    attachments: [await picture(max, 1), await picture(max, 2)],
  });
  await s.publish("media", "План", { attachments: [{ type: "file", media: mediaId }] });
  await s.publish("pinned", "Новое расписание #важно");
  await s.publish("group", "Группе: занятия с понедельника");
  await s.publish("out", "Пока бот здесь");

  await soon(() => {
    const [post] = s.seen(kinds.posts);
    expect(s.texts(kinds.posts)).toEqual([exam, "Ошибочный пост"]);
    expect(post?.entities).toEqual([expect.objectContaining({ type: "bold", offset: bold.from, length: 7 })]);
    // By this button a post is found again whose answer was lost.
    expect(post?.buttons.flat().map((b) => b.text)).toEqual(["ⓘ"]);
    expect(post?.preview).toBe(false);
    const [one, two, file] = s.seen(kinds.media);
    expect([one?.media?.form, two?.media?.form, one?.text]).toEqual(["photo", "photo", "Снимки с лекции"]);
    expect(one?.album).not.toBeNull();
    expect(one?.album).toBe(two?.album);
    expect(file?.media).toMatchObject({
      form: "document",
      // Names of files may name people.
      name: expect.stringMatching(/^file-.*\.txt$/),
      hash: createHash("sha256").update(plan).digest("hex"),
    });
    expect(s.seen(kinds.pinned)).toMatchObject([
      { text: "Новое расписание #важно", pinned: true, buttons: [] },
    ]);
    expect(s.texts(kinds.group)).toEqual(["Группе: занятия с понедельника"]);
    expect(s.texts(kinds.out)).toEqual(["Пока бот здесь"]);
  });

  const later = exam.replace("10:00", "12:00");
  await max.edit({ mid: first, text: later });
  await max.remove(doomed);
  control.setMember({ chatId: kinds.out, userId: s.telegram.bot.id, status: "kicked" });
  await runs[0]?.line(/Nothing is sent to the room "out": the bot is not in the chat/);
  await s.publish("out", "Без бота");
  const { chatId: supergroup } = control.migrate({ chatId: kinds.group });
  await s.publish("group", "Группе: уже супергруппа");
  await soon(() => {
    const [post, reply, ...rest] = s.seen(kinds.posts);
    expect(rest).toEqual([]);
    expect(post?.text).toContain("12:00");
    expect(post?.edited).not.toBeNull();
    // An edit notifies nobody, so a short answer does.
    expect(reply).toMatchObject({ replyTo: post?.id, silent: false });
    expect(s.texts(supergroup)).toEqual(["Группе: уже супергруппа"]);
  });
  expect(s.texts(kinds.out)).toEqual(["Пока бот здесь"]);

  runs[0]?.process.kill("SIGKILL");
  await runs[0]?.ended;
  await s.publish("posts", "Пока мост лежал");
  control.setMember({
    chatId: kinds.out,
    userId: s.telegram.bot.id,
    status: "administrator",
    rights: [...RIGHTS],
  });
  runs.push(s.bridge.start());
  await soon(() => {
    expect(s.texts(kinds.out)).toEqual(["Пока бот здесь", "Без бота"]);
    expect(s.texts(kinds.posts).at(-1)).toBe("Пока мост лежал");
    expect(s.texts(kinds.posts)).toHaveLength(3);
    expect(s.texts(supergroup)).toEqual(["Группе: уже супергруппа"]);
  });
  runs[1]?.process.kill("SIGTERM");
  expect(await runs[1]?.ended).toBe(0);

  const secrets = [CANARY, s.telegram.token, ...Object.values(kinds).map(String), String(supergroup)];
  const said = runs.map((run) => run.output()).join("");
  for (const secret of secrets) expect(said.includes(secret), secret).toBe(false);
  expect(await searchFolder(`${s.bridge.folder}/data`, secrets)).toEqual([]);
  // The search would find them: in the settings, beside the data.
  expect(await searchFolder(s.bridge.folder, secrets)).not.toEqual([]);
}, 120_000);
