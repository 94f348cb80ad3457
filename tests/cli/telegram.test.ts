import { readFile, writeFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { ChatId, MessageId } from "../../adapters/telegram/ids.ts";
import { progressOf } from "../../adapters/telegram/progress.ts";
import { BotName, RoomName } from "../../bridge/model/ids.ts";
import { check } from "../../cli/commands/check.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { roomLink } from "../../cli/commands/room-link.ts";
import { status } from "../../cli/commands/status.ts";
import { telegramSetup } from "../../cli/commands/telegram-setup.ts";
import { telegramUnsure } from "../../cli/commands/telegram-unsure.ts";
import { openCore } from "../../cli/core.ts";
import { openBridge } from "../../cli/open-bridge.ts";
import { keepOf } from "../../cli/telegram/bots.ts";
import { startTelegramSimulator } from "../../simulators/telegram/server.ts";
import { fakeIo, person, place, type Question, VAULT_KEY } from "./io.helper.ts";
import { configOf, standIn } from "./running.helper.ts";

const CAMPUS = BotName.parse("campus");
const POST = ["can_manage_chat", "can_post_messages"] as const;

/** A simulated Telegram and a configuration with its bot. */
async function world(more: (yaml: string) => string = (yaml) => yaml) {
  const telegram = await startTelegramSimulator();
  onTestFinished(() => telegram.close());
  const where = await place((base) =>
    more(
      base.replace(
        "rooms:\n",
        `# Our bot.\ntelegram:\n  campus: { api_root: "${telegram.url}", token: "${telegram.token}" } # kept\nrooms:\n`,
      ),
    ),
  );
  return { ...where, telegram, control: telegram.control, yaml: () => readFile(where.config, "utf8") };
}

const named = (...answers: readonly (string | null | ((q: Question) => string | null))[]) => {
  let next = 0;
  return person((question) => {
    const answer = answers[next++];
    if (answer === undefined) throw new Error(`asked too much: ${question.text}`);
    return typeof answer === "function" ? answer(question) : answer;
  });
};

test("setup waits for the person's own channel, passes a stranger's over, and writes the room with a mapping, comments kept", async () => {
  const { control, asked, yaml } = await world();
  control.createChat({ title: "Informant" });
  const { chatId } = control.createChat({ title: "Class: news" });
  const before = await yaml();
  const io = fakeIo({ ask: named("class", "0", "no", "yes", "yes").ask });
  expect(await telegramSetup(io, { ...asked, room: null, bot: null }), io.stderr()).toBe(0);
  const said = io.stderr();
  expect(said).toContain('The bot was added: channel "Informant"');
  expect(said).toContain("Left alone; still waiting");
  expect(said).toContain("Post messages");
  expect(said).toMatch(/Edit messages of others/);
  expect(await yaml()).toBe(
    before
      .replace(
        "rooms:\n",
        `rooms:\n  class:\n    type: telegram\n    bot: campus\n    chat: ${chatId}\n    title: "Class: news"\n`,
      )
      .replace("rooms: [faculty, second]", "rooms: [faculty, second, class]"),
  );
  expect((await configOf(asked.config)).rooms.get(RoomName.parse("class"))).toMatchObject({
    chat: chatId,
    probe: true,
  });
});

test("setup says which right is missing and where it is set, and looks again", async () => {
  const { control, telegram, asked, yaml } = await world();
  const { chatId } = control.createChat({ title: "Class", bot: { rights: ["can_manage_chat"] } });
  const io = fakeIo({
    ask: named(
      "none",
      "yes",
      () => {
        control.setMember({
          chatId,
          userId: telegram.bot.id,
          status: "administrator",
          rights: [...POST, "can_edit_messages"],
        });
        return "look";
      },
      "yes",
    ).ask,
  });
  expect(await telegramSetup(io, { ...asked, room: "class", bot: "campus" }), io.stderr()).toBe(0);
  expect(io.stderr()).toContain("the bot may not post. In Telegram: settings of the channel, Administrators");
  expect(io.stderr()).toContain("the room is written with probe: off");
  expect(await yaml()).toContain("    probe: off\n");
  expect(io.stderr()).toContain("No mapping leads to the room yet");
});

test("setup finds a forum's topic by what is written there, and names a sealed room's carrier", async () => {
  const { control, telegram, asked, yaml } = await world();
  const { chatId } = control.createChat({ type: "supergroup", title: "Forum", bot: null, forum: true });
  const { topic } = control.createTopic({ chatId, name: "Exams" });
  let io = fakeIo();
  const write = (): string => {
    const code = /\/postern (\w+)/.exec(io.stderr())?.[1] ?? "";
    control.post({ chatId, topic, text: `/postern ${code}` });
    return "no";
  };
  const added = (): string => {
    control.setMember({
      chatId,
      userId: telegram.bot.id,
      status: "administrator",
      rights: ["can_pin_messages"],
    });
    return "0";
  };
  io = fakeIo({ ask: named(added, write, "yes", "yes").ask });
  expect(await telegramSetup(io, { ...asked, room: "exams", bot: null }), io.stderr()).toBe(0);
  expect(await yaml()).toContain(`    chat: ${chatId}\n    topic: ${topic}\n`);
  expect(io.stderr()).toContain("everybody in it sees everybody");
  const { chatId: log } = control.createChat({ title: "Sealed" });
  const carrier = fakeIo({ ask: named("yes", "yes").ask });
  expect(await telegramSetup(carrier, { ...asked, room: "faculty", bot: null }), carrier.stderr()).toBe(0);
  expect(await yaml()).toContain(`  faculty:\n    carrier:\n      bot: campus\n      chat: ${log}\n`);
});

test("setup that is ended at any question writes nothing", async () => {
  const { control, asked, yaml } = await world();
  const before = await yaml();
  const all = ["class", "0", "yes"];
  for (let n = 0; n <= all.length; n++) {
    control.createChat({ title: "Class" });
    const io = fakeIo({ ask: named(...all.slice(0, n), null).ask });
    expect(await telegramSetup(io, { ...asked, room: null, bot: null })).toBe(1);
    expect(io.stderr()).toContain("Nothing was written");
  }
  const ended = AbortSignal.abort();
  const cut = fakeIo({ ask: named("class", "0").ask, signal: ended });
  expect(await telegramSetup(cut, { ...asked, room: null, bot: null })).toBe(1);
  expect(await yaml()).toBe(before);
}, 20_000);

test("setup goes through a bridge that runs, and says to reload it", async () => {
  const { control, asked, yaml } = await world();
  await standIn(await configOf(asked.config));
  const { chatId } = control.createChat({ title: "Class" });
  const io = fakeIo({ ask: named("none", "yes", "yes").ask });
  expect(await telegramSetup(io, { ...asked, room: "class", bot: null }), io.stderr()).toBe(0);
  expect(await yaml()).toContain(`chat: ${chatId}`);
  expect(io.stderr()).toMatch(/postern.* reload/);
});

test("setup that cannot work says why, and never shows the token", async () => {
  const bare = await place();
  const none = fakeIo();
  expect(await telegramSetup(none, { ...bare.asked, room: null, bot: null })).toBe(1);
  expect(none.stderr()).toMatch(/@BotFather[\s\S]*chmod 600/);
  const { telegram, control, asked, yaml } = await world();
  const deaf = fakeIo();
  expect(await telegramSetup(deaf, { ...asked, room: null, bot: null })).toBe(1);
  expect(deaf.stderr()).toContain("needs a terminal");
  const other = fakeIo({ ask: named().ask });
  expect(await telegramSetup(other, { ...asked, room: null, bot: "campu" })).toBe(1);
  expect(other.stderr()).toContain("Did you mean campus?");
  const before = await yaml();
  control.revokeToken({ token: telegram.token });
  const out = fakeIo({ ask: named().ask });
  expect(await telegramSetup(out, { ...asked, room: "class", bot: null })).toBe(2);
  expect(out.stderr()).toContain("Telegram does not accept the bot's token");
  expect(out.stderr() + out.stdout()).not.toContain(telegram.token);
  expect(await yaml()).toBe(before);
});

/** The rooms `faculty`, sealed, and `class`, of Telegram. */
async function withRoom(more = "") {
  const chat = -1_001_234_567_890;
  const w = await world((yaml) =>
    yaml
      .replace(
        "rooms:\n",
        `rooms:\n  class: { type: telegram, bot: campus, chat: ${chat}, title: Class${more} }\n`,
      )
      .replace("rooms: [faculty, second]", "rooms: [faculty, second, class]"),
  );
  return { ...w, chat };
}

test("what is in doubt is listed, and answered; the answer is taken once", async () => {
  const { asked, chat } = await withRoom(", unsure: hold");
  const config = await configOf(asked.config);
  const opened = await openCore(config, { env: { POSTERN_VAULT_KEY: VAULT_KEY }, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const progress = progressOf(keepOf(opened.core, CAMPUS), RoomName.parse("class"));
  const begun = {
    step: 0,
    at: Date.now() - 120_000,
    next: MessageId.parse(7),
    holes: 0,
    asked: true,
    answer: null,
  };
  progress.put({ key: "k", chat: ChatId.parse(chat), done: [], begun, apart: [], again: null });
  opened.core.close();

  const unsure = async (o: { room?: string; arrived?: boolean; missing?: boolean }) => {
    const io = fakeIo();
    const options = { room: null, arrived: false, missing: false, ...asked, ...o };
    return { code: await telegramUnsure(io, options), said: io.stdout() + io.stderr() };
  };
  expect(await unsure({})).toMatchObject({
    code: 0,
    said: expect.stringContaining("class: an announcement sent 2 minutes ago"),
  });
  const standing = fakeIo();
  await status(standing, { ...asked, json: false });
  expect(standing.stdout()).toContain("it is not known whether an announcement arrived");
  expect(await unsure({ arrived: true })).toMatchObject({
    code: 1,
    said: expect.stringContaining("name the room"),
  });
  expect(await unsure({ room: "faculty" })).toMatchObject({ code: 1 });
  expect(await unsure({ room: "class", missing: true, arrived: true })).toMatchObject({ code: 1 });
  expect(await unsure({ room: "class", missing: true })).toMatchObject({
    code: 0,
    said: expect.stringContaining("is sent again"),
  });
  expect(await unsure({ room: "class", missing: true })).toMatchObject({ code: 2 });
  expect(await unsure({})).toMatchObject({ code: 0, said: expect.stringContaining("Nothing is in doubt") });
});

test("check says of each bot and chat what is wrong and where it is set right", async () => {
  const { control, telegram, asked, chat, config, yaml } = await withRoom();
  const lines = async (): Promise<string> => {
    const io = fakeIo();
    await check(io, asked, {
      open: openBridge,
      sources: async () => [],
      deadline: 1_000,
      sourceDeadline: 1_000,
    });
    expect(io.stdout()).not.toContain(telegram.token);
    return io.stdout();
  };
  expect(await lines()).toContain('✗ the room "class": there is no such chat');
  control.createChat({ chatId: chat, title: "News" });
  const fine = await lines();
  expect(fine).toContain(`✓ the bot "campus" answers: @${telegram.bot.username}`);
  expect(fine).toContain('✓ the room "class": channel "News", the bot may post there');
  control.setMember({
    chatId: chat,
    userId: telegram.bot.id,
    status: "administrator",
    rights: [...POST, "can_edit_messages"],
  });
  expect(await lines()).toContain('! the room "class": the bot may edit others\' posts');
  control.webhook({ url: "https://elsewhere.example.org" });
  expect(await lines()).toContain('✗ the bot "campus" has a webhook');
  const { chatId: group } = control.createChat({ type: "group", title: "Group", bot: { status: "member" } });
  await writeFile(config, (await yaml()).replace(String(chat), String(group)));
  control.setPermissions({ chatId: group, invite: true });
  const inGroup = await lines();
  expect(inGroup).toContain('! the room "class": members may add others');
  const { chatId: moved } = control.migrate({ chatId: group });
  expect(await lines()).toContain(`rooms.class.chat: ${moved}`);
  control.revokeToken({ token: telegram.token });
  expect(await lines()).toContain("Telegram does not accept the bot's token");
});

test("a room of Telegram is never sealed, and has no link", async () => {
  const { asked } = await withRoom();
  const io = fakeIo();
  expect(await roomInit(io, { ...asked, room: "class", printCode: true })).toBe(1);
  expect(await roomLink(io, { ...asked, room: "class", fromToday: false, png: null })).toBe(1);
  expect(io.stderr()).toContain('"class" is a Telegram room');
});
