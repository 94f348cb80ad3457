import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { failpointNames } from "../../../bridge/failpoint.ts";
import { reader } from "../../reader.helper.ts";
import { Scenario } from "./scenario.helper.ts";
import { bridgeIn, type Running, startMax } from "./stack.helper.ts";

const MINUTES = 60_000;
const SEED = 20_261_124;

/** MAX with two channels, and a bridge: one channel goes to three rooms, the other to the third of them too. */
async function stack() {
  const max = await startMax();
  const faculty = await max.channel("Факультет");
  const group = await max.channel("Группа");
  const bridge = await bridgeIn(
    ({ port }) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  one: { type: sealed, title: Первая }
  two: { type: sealed, title: Вторая }
  three: { type: sealed, title: Третья }
mappings:
  - { source: faculty, channel: ${faculty}, rooms: [one, two, three] }
  - { source: faculty, channel: ${group}, rooms: [three] }
feed: { listen: "127.0.0.1:${port}", reader: false, limits: { requests_per_minute: 100000 } }
log: { level: trace }
`,
    max.token,
  );
  const rooms = [
    { name: "one", chats: [faculty] },
    { name: "two", chats: [faculty] },
    { name: "three", chats: [faculty, group] },
  ];
  return { max, bridge, rooms, scenario: new Scenario(max, [faculty, group], SEED) };
}

type Stack = Awaited<ReturnType<typeof stack>>;

const ready = (running: Running) => running.line(/The bridge runs/);

async function expectAll(s: Stack): Promise<void> {
  for (const room of s.rooms) {
    const r = await reader(s.bridge.link(room.name));
    await vi.waitFor(() => s.scenario.check(r, room.chats), { timeout: 2 * MINUTES, interval: 500 });
    r.close();
  }
}

async function stop(running: Running): Promise<void> {
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
}

test(
  "200 posts with edits, removals and files over two mappings come to three rooms, though one room's folder is a file for a while",
  async () => {
    const s = await stack();
    const blocked = path.join(s.bridge.folder, "data", "feed", s.bridge.roomId("two"));
    await mkdir(path.dirname(blocked), { recursive: true });
    await writeFile(blocked, "in the way");
    const running = s.bridge.start();
    await s.max.polled(2);
    for (let i = 0; i < 200; i++) await s.scenario.step();
    const first = await reader(s.bridge.link("one"));
    await vi.waitFor(() => s.scenario.check(first, s.rooms[0]?.chats ?? []), { timeout: 2 * MINUTES });
    first.close();
    expect(running.output()).toMatch(/The feed of the room "two" could not be written/);
    await rm(blocked);
    await expectAll(s);
    await stop(running);
  },
  4 * MINUTES,
);

test(
  "killed with -9 once at every named place, the bridge ends with exactly the same in every room",
  async () => {
    const s = await stack();
    const first = s.bridge.start();
    await ready(first);
    await s.max.polled(2);
    await stop(first);
    for (const name of failpointNames) {
      const running = s.bridge.start(name);
      for (let i = 0; i < 10; i++) await s.scenario.step();
      expect(await running.ended, `killed at ${name}`).toBe("SIGKILL");
    }
    const last = s.bridge.start();
    await ready(last);
    await expectAll(s);
    await stop(last);
  },
  6 * MINUTES,
);
