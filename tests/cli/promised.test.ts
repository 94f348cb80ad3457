import { readFile, writeFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { RoomName } from "../../bridge/model/ids.ts";
import { openCore } from "../../cli/core.ts";
import { notePromises, wasEncrypted } from "../../cli/promised.ts";
import { openBots } from "../../cli/telegram/bots.ts";
import { place, VAULT_KEY } from "./io.helper.ts";
import { configOf } from "./running.helper.ts";

const CLASS = RoomName.parse("class");
const servers =
  'matrix:\n  home: { base_url: "https://m.example" }\ntelegram:\n  campus: { token: "7:abc" }\nrooms:\n';
const room = {
  matrix: "  class: { type: matrix, account: home, title: Class }\n",
  sealed: "  class: { type: sealed, title: Class }\n",
  telegram: "  class: { type: telegram, bot: campus, chat: -1001, title: Class }\n",
};

/** One data folder, opened under settings in which the room is of that type. */
async function world() {
  const where = await place();
  const base = await readFile(where.config, "utf8");
  return async (type: keyof typeof room) => {
    await writeFile(where.config, base.replace("rooms:\n", servers + room[type]));
    const config = await configOf(where.config);
    const opened = await openCore(config, { env: { POSTERN_VAULT_KEY: VAULT_KEY }, askPassphrase: null });
    if (!opened.ok) throw new Error(opened.problem.code);
    onTestFinished(() => opened.core.close());
    return opened.core;
  };
}

test.each(["matrix", "sealed"] as const)(
  "what waits for a %s room is never sent in clear, though its settings call it a Telegram room later",
  async (type) => {
    const under = await world();
    const before = await under(type);
    notePromises(before);
    before.close();
    const after = await under("telegram");
    notePromises(after);
    expect(wasEncrypted(after, CLASS)).toBe(true);
    const bots = await openBots(after, { report: () => {} });
    expect(bots.destinations).toEqual([]);
    bots.close();
  },
);

test("a room that was a Matrix room before promises were noted is known by its room on the server", async () => {
  const core = await (await world())("telegram");
  expect(wasEncrypted(core, CLASS)).toBe(false);
  core.bridge.store.kept.of("matrix.home").put("room/class", {});
  expect(wasEncrypted(core, CLASS)).toBe(true);
});

test("a room that was always one of Telegram is served", async () => {
  const core = await (await world())("telegram");
  notePromises(core);
  const bots = await openBots(core, { report: () => {} });
  expect(bots.destinations.map((one) => one.room)).toEqual([CLASS]);
  bots.close();
});
