import type { Place } from "../../../cli/operations/operation.ts";
import { operations } from "../../../cli/operations/table.ts";
import { Answer, createLine, LARGEST, parseLine, Request } from "../../../cli/socket/wire.ts";
import { mutateBytes } from "../bytes.helper.ts";
import { mutateJson, spelled } from "../json.helper.ts";
import { hold, type Target } from "../target.helper.ts";

/** Reached: the input was decoded, and the operation asks its core for something. */
class Reached extends Error {}
const untouchable = new Proxy(
  {},
  {
    get() {
      throw new Reached();
    },
  },
);
const isPlace = (value: unknown): value is Place => value === place;
const place: unknown = { core: untouchable, live: untouchable };

const inputs: readonly unknown[] = [
  {},
  { room: "faculty" },
  { room: "faculty", seed: Buffer.alloc(32, 7).toString("base64url") },
  { room: "faculty", page: "https://reader.example/", origins: ["a.example"], fromToday: false },
  { room: "faculty", head: Buffer.alloc(143, 1).toString("base64url") },
  { lang: "ru" },
];
const answers: readonly unknown[] = [
  { v: 1, ok: true, output: { running: true, sources: [], rooms: [], unmatched: 0 } },
  { v: 1, ok: false, code: "internal", bug: "TypeError cli/main.ts:1" },
];

/** A request or an answer on the local socket: its line, its frame, and what each operation takes. */
export const socket = (): Target => ({
  input(dice) {
    const names = [...operations.keys(), "nothing"];
    const request = { v: 1, op: dice.pick(names), input: dice.pick(inputs) };
    const value = mutateJson(dice, dice.once(5) ? dice.pick(answers) : request);
    const line = Buffer.from(`${spelled(JSON.stringify(value))}${dice.once(10) ? "" : "\n"}`);
    const long = dice.once(400) ? Buffer.concat([Buffer.alloc(LARGEST, 0x20), line]) : line;
    return dice.once(6) ? mutateBytes(dice, new Uint8Array(long)) : new Uint8Array(long);
  },
  async run(bytes) {
    const gather = createLine();
    let line: Uint8Array | "too_large" | null = null;
    const step = 1 + (bytes.length % 4_099);
    for (let at = 0; at < bytes.length && line === null; at += step)
      line = gather.take(bytes.subarray(at, at + step));
    if (line === null || line === "too_large") return line ?? "no line";
    hold(line.length <= LARGEST && !line.includes(10), "a line is one line, and bounded");
    const value = parseLine(line);
    Answer.safeParse(value);
    const request = Request.safeParse(value);
    if (!request.success) return "no request";
    const found = operations.get(request.data.op);
    if (found === undefined) return "no operation";
    if (!isPlace(place)) throw new Error("not the place");
    try {
      const done = await found.handle(place, request.data.input);
      return done.ok ? "done" : "refused";
    } catch (error) {
      if (error instanceof Reached) return "decoded";
      throw error;
    }
  },
});
