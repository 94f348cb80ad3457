/**
 * A bot that does what its parent says until it is killed: `fork(…, [file, passphrase, at, times])` has it end itself with
 * -9 when it passes the place `at` of its store for the `times`th time.
 */
import { z } from "zod";
import type { Answer, Api } from "../../../adapters/matrix/api.ts";
import { openEngine } from "../../../adapters/matrix/engine/open.ts";
import type { Engine } from "../../../adapters/matrix/engine.ts";
import { DeviceId, RoomId, UserId } from "../../../adapters/matrix/ids.ts";
import { systemClock } from "../../../bridge/clock.ts";

const Users = z.array(UserId);
/** What the parent has the bot do next. */
export const Task = z.discriminatedUnion("do", [
  z.object({ do: z.literal("say"), text: z.string(), members: Users }),
  z.object({ do: z.literal("rotate") }),
  z.object({ do: z.literal("hear"), event: z.unknown() }),
]);
export type Task = z.infer<typeof Task>;

/** What the bot asks of its parent; each is answered. */
export const Asked = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("call"), call: z.object({ path: z.string(), body: z.unknown() }) }),
  z.object({ ask: z.literal("sync") }),
  z.object({ ask: z.literal("took"), message: z.number(), position: z.number() }),
  z.object({ ask: z.literal("next") }),
  z.object({ ask: z.literal("said"), text: z.string(), content: z.string(), session: z.string() }),
  z.object({ ask: z.literal("heard"), clear: z.unknown() }),
  z.object({ ask: z.literal("failed"), why: z.string() }),
]);
export type Asked = z.infer<typeof Asked>;

const AnyAnswer: z.ZodType<Answer> = z.custom<Answer>((value) => value !== undefined);
const Synced = z.object({
  toDevice: z.array(z.unknown()),
  changed: Users,
  left: Users,
  oneTimeKeys: z.record(z.string(), z.number()),
  unusedFallbackKeys: z.array(z.string()),
  message: z.number(),
  position: z.number(),
});
const Answered = z.object({ id: z.number(), value: z.unknown() });

export const KILLED = { user: UserId.parse("@bot:server"), device: DeviceId.parse("BOT1") };
const ROOM = RoomId.parse("!room:server");
const never = new AbortController().signal;

async function live(file: string, passphrase: string, at: string, times: number): Promise<void> {
  const waiting = new Map<number, (value: unknown) => void>();
  let asked = 0;
  process.on("message", (message) => {
    const { id, value } = Answered.parse(message);
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  const ask = (question: Asked): Promise<unknown> =>
    new Promise((resolve) => {
      const id = ++asked;
      waiting.set(id, resolve);
      process.send?.({ id, question });
    });

  const api: Api = {
    call: async ({ path, body }) => AnyAnswer.parse(await ask({ ask: "call", call: { path, body } })),
  };
  let passed = 0;
  const opened = await openEngine({
    ...KILLED,
    api,
    clock: systemClock,
    store: {
      file,
      passphrase,
      create: true,
      failpoints(place) {
        if (place === at && ++passed === times) process.kill(process.pid, "SIGKILL");
      },
    },
  });
  if (!opened.ok) return void (await ask({ ask: "failed", why: opened.problem }));
  await work(opened.engine, ask);
}

async function work(engine: Engine, ask: (question: Asked) => Promise<unknown>): Promise<void> {
  for (;;) {
    const { message, position, ...sync } = Synced.parse(await ask({ ask: "sync" }));
    await engine.receive(sync);
    await ask({ ask: "took", message, position });
    await engine.flush(never);
    const task = Task.parse(await ask({ ask: "next" }));
    if (task.do === "rotate") await engine.rotate(ROOM);
    else if (task.do === "hear") {
      const clear = await engine.decrypt(ROOM, task.event);
      await ask({ ask: "heard", clear: clear?.content ?? null });
    } else {
      const content = { msgtype: "m.text", body: task.text };
      const trust = { strict: false, shareHistory: true };
      const made = await engine.encrypt(ROOM, task.members, trust, "m.room.message", content, never);
      if ("kind" in made) await ask({ ask: "failed", why: made.code });
      else await ask({ ask: "said", text: task.text, ...made });
    }
  }
}

const [file, passphrase, at, times] = process.argv.slice(2);
if (
  process.send !== undefined &&
  times !== undefined &&
  at !== undefined &&
  passphrase !== undefined &&
  file !== undefined
)
  live(file, passphrase, at, Number(times)).catch((error: unknown) => {
    process.send?.({ id: 0, question: { ask: "failed", why: String(error) } });
  });
