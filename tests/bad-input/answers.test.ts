import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { pauseOf } from "../../adapters/net/pause.ts";
import { wordsOf } from "../../cli/texts/index.ts";
import { type Answered, stand } from "./stand.helper.ts";

/** What the rep is told of a source that answers so. */
const said = {
  not_json: {
    ru: "вместо ответа пришла веб-страница: проверьте base_url и proxy",
    en: "a web page came instead of an answer: check base_url and proxy",
  },
  bad_answer: { ru: "источник ответил непонятно", en: "the source's answer is not understood" },
  server_error: { ru: "сбой на стороне источника", en: "a fault on the source's side" },
  rate_limited: { ru: "источник просит подождать", en: "the source asks to wait" },
  unreachable: {
    ru: "источник недоступен: проверьте сеть и proxy",
    en: "the source cannot be reached: check network and proxy",
  },
} as const;

/** One gigabyte of zeros, packed into a megabyte. */
const bomb = (): Buffer => {
  const member = gzipSync(Buffer.alloc(2 ** 26));
  return Buffer.concat(Array.from({ length: 16 }, () => member));
};

type Answer = (answered: Answered, response: ServerResponse) => void;
/** `null`: it is read as if nothing were odd. */
type Case = readonly [name: string, answer: Answer, trouble: keyof typeof said | null];
type Headers = Readonly<Record<string, string>>;

const json: Headers = { "content-type": "application/json" };
const sends =
  (bytes: string | Uint8Array, status = 200, headers = json): Answer =>
  (_, response) =>
    void response.writeHead(status, headers).end(bytes);
/** The honest answer, changed as text. */
const changed =
  (by: (text: string) => string | Uint8Array, headers = json): Answer =>
  ({ text, status }, response) =>
    void response.writeHead(status, headers).end(by(text));

const cutShort: Answer = ({ text }, response) => {
  response.writeHead(200, { ...json, "content-length": String(Buffer.byteLength(text) + 50) });
  response.write(text);
  setImmediate(() => response.destroy());
};
const crowded: Answer = ({ text }, response) => {
  const kinds = [null, 5, "x", [], {}, { update_type: 5 }, { update_type: "x", timestamp: "x" }];
  const odd = Array.from({ length: 10_000 }, (_, i) => JSON.stringify(kinds[i % kinds.length])).join(",");
  const comma = text.includes('"updates":[]') ? "" : ",";
  response.writeHead(200, json).end(text.replace('"updates":[', `"updates":[${odd}${comma}`));
};
const page: Headers = { "content-type": "text/html" };
const nested = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;

const cases: readonly Case[] = [
  ["a gigabyte of zeros, packed", sends(bomb(), 200, { ...json, "content-encoding": "gzip" }), "not_json"],
  [
    "an honest answer, packed unasked",
    changed((t) => gzipSync(t), { ...json, "content-encoding": "gzip" }),
    "not_json",
  ],
  ["an answer that only says it is packed", changed((t) => t, { ...json, "content-encoding": "br" }), null],
  ["nothing", sends(""), "not_json"],
  ["null", sends("null"), "bad_answer"],
  ["a list", sends("[]"), "bad_answer"],
  ["a number beyond every number", sends("1e999"), "bad_answer"],
  ["brackets without end", sends("[".repeat(1_000_000)), "not_json"],
  ["200,000 levels", sends(nested), "bad_answer"],
  ["updates that are a group", sends('{"updates":{},"marker":1}'), "bad_answer"],
  ["a marker in words", sends('{"updates":[],"marker":"next"}'), "bad_answer"],
  ["a marker that is half a number", sends('{"updates":[],"marker":0.5}'), "bad_answer"],
  ["random bytes", sends(randomBytes(10_000)), "not_json"],
  ["JSON in UTF-16", changed((t) => Buffer.from(t, "utf16le")), "not_json"],
  ["a byte order mark before the answer", changed((t) => `\ufeff${t}`), null],
  ["a web page with status 200", sends("<!doctype html><title>Вход</title>", 200, page), "not_json"],
  ["a way to another host", sends("", 302, { location: "http://127.0.0.1:9/steal" }), "bad_answer"],
  ["a status that does not exist", sends("{}", 299), "bad_answer"],
  ["headers of 1 MB", sends("{}", 200, { ...json, "x-long": "x".repeat(1_000_000) }), "unreachable"],
  ["an answer cut short", cutShort, "unreachable"],
  [
    "a pause of a thousand digits",
    sends("{}", 429, { ...json, "retry-after": "9".repeat(1000) }),
    "rate_limited",
  ],
  [
    "a pause that is over",
    sends("{}", 503, { ...json, "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }),
    "server_error",
  ],
  ["10,000 updates of no kind", crowded, null],
];

test.each(cases)(
  "%s in the place of updates: the rep is told, and what comes after arrives",
  async (_name, answer, trouble) => {
    const s = await stand();
    s.publish("до");
    await s.until(() => s.shown().en.length === 1 && s.shown().ru.length === 1);
    // What is read as it stands is followed by a poll that waits.
    const wanted = trouble === null ? 1 : 2;
    let times = 0;
    s.between((answered, response) => {
      if (!answered.path.startsWith("/updates") || times >= wanted) return false;
      times++;
      answer(answered, response);
      return true;
    });
    s.publish("между");
    await s.until(() => times >= wanted);
    await s.goesOn();
    expect(s.inTheMiddle()).toEqual({ ru: ["между"], en: ["между"] });
    expect([...new Set(s.troubles)]).toEqual(trouble === null ? [] : [trouble]);
    if (trouble === null) return;
    for (const lang of ["ru", "en"] as const)
      expect(wordsOf(lang).status.troubles[trouble]).toBe(said[trouble][lang]);
  },
);

test("an answer without end is left after 64 MB: it fills no memory and the line is closed", async () => {
  const s = await stand();
  s.publish("до");
  await s.until(() => s.shown().en.length === 1);
  let sent = 0;
  let closed = false;
  let begun = false;
  s.between((answered, response) => {
    if (!answered.path.startsWith("/updates") || begun) return false;
    begun = true;
    const piece = Buffer.alloc(1_000_000, " ");
    response.writeHead(200, json);
    response.on("close", () => {
      closed = true;
    });
    const more = (): void => {
      while (!closed && sent < 2_000 && response.write(piece)) sent++;
    };
    response.on("drain", more);
    more();
    return true;
  });
  s.publish("между");
  await s.until(() => closed);
  expect(sent).toBeLessThan(200);
  await s.goesOn();
  expect(s.inTheMiddle().ru).toEqual(["между"]);
  expect(s.troubles).toEqual(["bad_answer"]);
});

const HOUR = 3_600_000;
test.each([
  ["9".repeat(400), 0],
  ["999999999999", 24 * HOUR],
  ["-5", 0],
  ["1e9", 0],
  ["Infinity", 0],
  ["soon", 0],
  ["", 0],
  ["0.0001", 1],
  ["Fri, 31 Dec 9999 23:59:59 GMT", 24 * HOUR],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["2", 2_000],
])("Retry-After: %s makes a pause of %i ms, never of more than a day", (value, pause) => {
  expect(pauseOf({ "retry-after": value }, Date.UTC(2026, 10, 2))).toBe(pause);
});
