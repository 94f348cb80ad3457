import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { eventLevels, hashedId, reasonOf } from "../../bridge/log/events.ts";
import { createLogger, type EventFields } from "../../bridge/log/logger.ts";
import { RoomName, SourceName } from "../../bridge/model/ids.ts";

function collected(level: "trace" | "info" = "trace") {
  const lines: string[] = [];
  const logger = createLogger({ level, file: null, target: { write: (line) => lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? "null") };
}

test("an event is its code and what may be told of it: names of the configuration, counts, times, hashed ids", () => {
  const { logger, last } = collected();
  logger.event("delivery.retry", {
    room: RoomName.parse("faculty"),
    source: SourceName.parse("max"),
    id: hashedId(new Uint8Array(16)),
    reason: "rate_limited",
    count: 3,
    attempt: 2,
    bytes: 10,
    status: 429,
    ms: 1.5,
    at: 1_793_600_000_000,
  });
  const { time, level, ...rest } = last();
  expect(level).toBe(40);
  expect(typeof time).toBe("number");
  expect(rest).toEqual({
    event: "delivery.retry",
    room: "faculty",
    source: "max",
    id: "AAAAAAAAAAAAAAAAAAAAAA",
    reason: "rate_limited",
    count: 3,
    attempt: 2,
    bytes: 10,
    status: 429,
    ms: 1.5,
    at: 1_793_600_000_000,
  });
});

test("free text, unknown fields and error objects do not compile, and past the compiler they are dropped", () => {
  const { logger, lines, last } = collected();
  const secret = "Иванов: token=abc";
  // @ts-expect-error a text is no event
  logger.event(secret);
  // @ts-expect-error nor is what every object has by birth
  logger.event("constructor");
  expect(lines).toEqual([]);
  // @ts-expect-error a text is no reason
  logger.event("source.trouble", { reason: secret });
  // @ts-expect-error a room is named by the configuration alone
  logger.event("source.trouble", { room: secret });
  // @ts-expect-error an id is hashed before it is told
  logger.event("source.trouble", { id: "mid.0123456789abcdef" });
  // @ts-expect-error there is no field for texts
  logger.event("source.trouble", { text: secret });
  // @ts-expect-error nor for errors
  logger.event("source.trouble", { err: new Error(secret) });
  // @ts-expect-error a count is a number
  logger.event("source.trouble", { count: secret });
  // @ts-expect-error a value that turns itself into a text is none either
  logger.event("source.trouble", { count: { toJSON: () => secret, valueOf: () => 1 } });
  logger.event("source.trouble", { count: Number.NaN, ms: Number.POSITIVE_INFINITY });
  const inherited: EventFields = Object.create({ reason: secret });
  logger.event("source.trouble", inherited);
  expect(lines).toHaveLength(9);
  for (const line of lines) {
    expect(line).not.toMatch(/Иванов|token|mid\./u);
    expect(Object.keys(JSON.parse(line)).toSorted()).toEqual(["event", "level", "time"]);
  }
  expect(last().event).toBe("source.trouble");
});

test("a code from outside is a reason only where it is on the list", () => {
  expect(reasonOf("rate_limited")).toBe("rate_limited");
  expect(reasonOf("Иванов не найден")).toBe("other");
  expect(reasonOf("toString")).toBe("other");
});

test("every event has a level, and a quieter log leaves out what is louder", () => {
  const { logger, lines } = collected("info");
  for (const [code, level] of Object.entries(eventLevels))
    expect([code, level]).toEqual([code, expect.stringMatching(/^(?:trace|debug|info|warn|error)$/u)]);
  logger.event("source.batch");
  logger.event("failpoint.hit");
  expect(lines).toEqual([]);
  logger.event("bridge.started");
  expect(lines).toHaveLength(1);
});

test("a log file is its owner's alone and is appended to", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "postern-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "postern.log");
  for (let i = 0; i < 2; i++) {
    const logger = createLogger({ level: "info", file, target: { write: () => {} } });
    logger.event("bridge.started", { count: i });
    logger.close();
  }
  expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(2);
  if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
});
