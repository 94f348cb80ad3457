import { setTimeout as pause } from "node:timers/promises";
import type { Failpoint } from "../../../bridge/failpoint.ts";
import { startMaxSimulator } from "../../../simulators/max/server.ts";
import { startTelegramSimulator } from "../../../simulators/telegram/server.ts";
import { configuredBridge } from "../configured-bridge.ts";
import type { Running } from "../processes.ts";

/** Where the bridge is killed, and what happens to the answer of its post before. */
interface Kill {
  readonly name: string;
  readonly failpoint?: Failpoint;
  readonly fault?: "accepted_then_dropped" | "accepted_and_hanging" | "dropped";
}

const at = (failpoint: Failpoint): Kill => ({ name: failpoint, failpoint });

/** Every step of sending. */
export const kills: readonly Kill[] = [
  { name: "after Telegram's acceptance", fault: "accepted_and_hanging" },
  at("event.after"),
  { name: "answer lost, send.after", fault: "accepted_then_dropped", failpoint: "send.after" },
  { name: "request lost, send.after", fault: "dropped", failpoint: "send.after" },
  at("event.before"),
  at("tx3.before"),
  at("tx3.inside"),
  at("tx2.after"),
  at("tx2.inside"),
  at("prepare.before"),
  at("send.before"),
  at("send.after"),
  at("tx3.after"),
];

export interface KillsResult {
  readonly killed: number;
  /** Sends to rooms where nothing is looked for, of which the bridge died before it may have known what came of them. */
  readonly unsure: number;
  /** Posts more than there should be, of those rooms. */
  readonly doubles: number;
  /** Lost, or there twice though it can be looked for, or too often. */
  readonly wrong: readonly string[];
}

const LIFE = 40_000;
const SETTLED = 150_000;

/** Kills a bridge of so many rooms, in each room once. In every second room nothing is looked for. */
export async function killed(trials: number, first = 0, program?: string): Promise<KillsResult> {
  const max = await startMaxSimulator({ port: 0 });
  const telegram = await startTelegramSimulator();
  const { control } = telegram;
  const rooms = Array.from({ length: trials }, (_, i) => ({
    name: `room${i}`,
    channel: max.control.createChannel({ title: `Канал ${i}` }).chatId,
    chat: control.createChat({ title: `Комната ${i}` }).chatId,
    probed: i % 2 === 0,
    kill: kills[(first + (i >> 1)) % kills.length] ?? at("event.after"),
  }));
  const bridge = await configuredBridge({
    yaml: () => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
telegram:
  campus: { api_root: ${telegram.url}, token: "${telegram.token}" }
rooms:
${rooms.map((r) => `  ${r.name}: { type: telegram, bot: campus, chat: ${r.chat}, title: ${r.name}, lang: ru, probe: ${r.probed ? "on" : "off"} }`).join("\n")}
mappings:
${rooms.map((r) => `  - { name: of-${r.name}, source: faculty, channel: ${r.channel}, rooms: [${r.name}], silence: off }`).join("\n")}
`,
    token: max.token,
    ...(program === undefined ? {} : { program }),
  });
  const texts = (chat: number): readonly string[] =>
    control.chat({ chatId: chat }).messages.flatMap((m) => (m.kind === "service" ? [] : [m.text]));
  const everywhere = async (text: string): Promise<readonly string[]> => {
    const until = performance.now() + SETTLED;
    const lacking = () => rooms.filter((r) => !texts(r.chat).includes(text)).map((r) => r.name);
    while (lacking().length > 0 && performance.now() < until) await pause(100);
    return lacking();
  };
  const publishAll = (text: string): void => {
    for (const { channel } of rooms) max.control.publish({ chatId: channel, text });
  };
  const stop = async (running: Running): Promise<void> => {
    running.process.kill("SIGTERM");
    await running.ended;
  };
  let running: Running | null = null;
  try {
    running = bridge.start();
    const polls = () => max.control.requests({ path: "/updates" }).length;
    while (polls() < 2) await pause(50);
    publishAll("Начало");
    const wrong = (await everywhere("Начало")).map((name) => `${name}: nothing came at all`);
    await stop(running);

    let deaths = 0;
    /** By chat: lives that died after a post to it had left, whoever it was whose step they died at. */
    const unknown = new Map<number, number>();
    for (const [i, { channel, chat, kill }] of rooms.entries()) {
      const fault = { method: "sendMessage", chatId: chat };
      if (kill.fault === "accepted_and_hanging")
        control.fault({ ...fault, fault: { kind: "hang", accepted: true } });
      else if (kill.fault !== undefined) control.fault({ ...fault, fault: { kind: kill.fault } });
      max.control.publish({ chatId: channel, text: `Пост ${i}` });
      const from = telegram.telegram.journal.entries.length;
      const life = bridge.start(kill.failpoint);
      running = life;
      const late = setTimeout(() => life.process.kill("SIGTERM"), LIFE);
      if (kill.fault === "accepted_and_hanging") {
        const until = performance.now() + LIFE;
        while (!texts(chat).includes(`Пост ${i}`) && performance.now() < until) await pause(5);
        life.process.kill("SIGKILL");
      }
      if ((await life.ended) === "SIGKILL") deaths++;
      const left = telegram.telegram.journal.entries.slice(from).filter((e) => e.method === "sendMessage");
      for (const one of new Set(left.map((e) => e.chat ?? 0))) unknown.set(one, (unknown.get(one) ?? 0) + 1);
      clearTimeout(late);
      control.clearFaults({});
    }

    running = bridge.start();
    publishAll("Конец");
    wrong.push(...(await everywhere("Конец")).map((name) => `${name}: it does not go on`));
    await stop(running);
    let doubles = 0;
    for (const [i, { name, chat, probed, kill }] of rooms.entries()) {
      const seen = texts(chat);
      const times = seen.filter((text) => text === `Пост ${i}`).length;
      if (times === 0) wrong.push(`${name}: lost, ${kill.name}`);
      const allowed = probed ? 0 : (unknown.get(chat) ?? 0);
      if (!probed) doubles += Math.max(0, times - 1);
      if (times - 1 > allowed) wrong.push(`${name}: ${times} times, ${kill.name}`);
      const order = [...new Set(seen)].join();
      if (order !== `Начало,Пост ${i},Конец`) wrong.push(`${name}: ${order}`);
    }
    const unsure = rooms.reduce((sum, r) => sum + (r.probed ? 0 : (unknown.get(r.chat) ?? 0)), 0);
    return { killed: deaths, unsure, doubles, wrong };
  } finally {
    running?.process.kill("SIGKILL");
    await Promise.all([max.close(), telegram.close()]);
    await bridge.remove();
  }
}
