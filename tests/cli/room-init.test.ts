import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { rootPair } from "../../bridge/seal/keys.ts";
import { readJoinLink } from "../../bridge/seal/link.ts";
import { recoverySeed } from "../../bridge/seal/recovery.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { roomLink } from "../../cli/commands/room-link.ts";
import { type FakeIo, fakeIo, person, place, type Question, VAULT_KEY } from "./io.helper.ts";

type Asked = Awaited<ReturnType<typeof place>>["asked"];

const init = (io: FakeIo, asked: Asked, o: { readonly room?: string; readonly printCode?: boolean } = {}) =>
  roomInit(io, { ...asked, room: o.room ?? "faculty", printCode: o.printCode ?? false });

/** Whether the room has keys, asked as a person would. */
async function linkOf(asked: Asked, room = "faculty"): Promise<string | null> {
  const io = fakeIo();
  const code = await roomLink(io, { ...asked, room, fromToday: false, png: null });
  if (code !== 0) expect(io.stderr()).toContain(`room init ${room}`);
  return code === 0 ? io.stdout().trim() : null;
}

async function rootOf(link: string | null): Promise<string> {
  const read = readJoinLink(await ready(), link ?? "");
  return Buffer.from(read?.secret.rootPk ?? []).toString("hex");
}

/** The code as a person reads it off the screen. */
function codeOn(screen: string): readonly string[] {
  const words = [...screen.matchAll(/(\d+)\. ([a-z]+)/g)].map((m) => [Number(m[1]), m[2] ?? ""] as const);
  return words.toSorted((a, b) => a[0] - b[0]).map(([, word]) => word);
}

/** Somebody who writes the code down and types what is asked for. */
function careful(back: (code: readonly string[], places: readonly number[]) => string) {
  let code: readonly string[] = [];
  const who = person((q) => {
    if (q.kind === "choose") return "fresh";
    if (q.kind === "confirm") {
      code = codeOn(q.screen);
      return "yes";
    }
    expect(codeOn(q.screen)).toEqual([]);
    return back(code, placesIn(q));
  });
  return { ...who, code: () => code };
}

const placesIn = (q: Question): readonly number[] =>
  [...(/number ([\d, ]+)/.exec(q.text)?.[1] ?? "").matchAll(/\d+/g)].map((m) => Number(m[0]));

const wordsAt = (code: readonly string[], places: readonly number[]): string =>
  places.map((at) => code[at - 1]).join(" ");

test("a room is made once the words asked back match, and its root is that of the code", async () => {
  const { asked } = await place();
  const who = careful(wordsAt);
  const io = fakeIo({ ask: who.ask });
  expect(await init(io, asked)).toBe(0);
  expect(who.code().length).toBe(24);
  expect(io.stderr()).toContain('The room "faculty" is made');
  const seed = recoverySeed(who.code().join(" "));
  const root = rootPair(await ready(), seed ?? new Uint8Array(32)).publicKey;
  expect(await rootOf(await linkOf(asked))).toBe(Buffer.from(root).toString("hex"));
});

test("the code is shown once, is gone from the screen, and stands in no output and no file", async () => {
  const { asked, folder } = await place();
  const who = careful(wordsAt);
  const io = fakeIo({ ask: who.ask });
  await init(io, asked);
  const [first = "", second = ""] = who.code();
  expect(who.seen().split(` 1. ${first} `).length).toBe(2);
  expect(who.screen()).toBe("");
  expect(io.stdout()).toBe("");
  expect(io.stderr()).not.toContain(`${first} ${second}`);
  const seed = Buffer.from(recoverySeed(who.code().join(" ")) ?? []);
  for (const name of await readdir(path.join(folder, "data"), { recursive: true })) {
    const bytes = await readFile(path.join(folder, "data", name)).catch(() => Buffer.alloc(0));
    expect(bytes.includes(seed), name).toBe(false);
    expect(bytes.includes(`${first} ${second}`), name).toBe(false);
  }
});

test("the whole code does as well, however it is typed", async () => {
  const { asked } = await place();
  const who = careful((code) => code.map((word, i) => `${i + 1}. ${word.toUpperCase()}`).join(",\t"));
  expect(await init(fakeIo({ ask: who.ask }), asked)).toBe(0);
});

test("a slip is forgiven twice", async () => {
  const { asked } = await place();
  const tries: string[] = [];
  const who = careful((code, places) => {
    tries.push(places.join());
    return tries.length < 3 ? "zoo zoo zoo" : wordsAt(code, places);
  });
  expect(await init(fakeIo({ ask: who.ask }), asked)).toBe(0);
  expect(tries.length).toBe(3);
  expect(who.seen()).toContain("2 tries left");
  expect(who.seen()).toContain("1 try left");
});

test.each([
  ["other words", () => "zoo zoo zoo"],
  [
    "the right words in another order",
    (code: readonly string[], places: readonly number[]) => wordsAt(code, places.toReversed()),
  ],
  ["a word too few", (code: readonly string[], places: readonly number[]) => wordsAt(code, places.slice(1))],
  ["nothing", () => ""],
])("three times %s, and nothing is made", async (_name, back) => {
  const { asked } = await place();
  const who = careful(back);
  const io = fakeIo({ ask: who.ask });
  expect(await init(io, asked)).toBe(1);
  expect(io.stderr()).toContain("The room was not made: the words did not match");
  expect(await linkOf(asked)).toBeNull();
});

test.each(["choose", "confirm", "line"] as const)("who cancels at the %s makes nothing", async (where) => {
  const { asked } = await place();
  const who = person((q) => (q.kind === where ? null : q.kind === "choose" ? "fresh" : "yes"));
  const io = fakeIo({ ask: who.ask });
  expect(await init(io, asked)).toBe(1);
  expect(io.stderr()).toContain("Cancelled. The room was not made.");
  expect(await linkOf(asked)).toBeNull();
  expect(who.screen()).toBe("");
});

test("who has not written it down makes nothing", async () => {
  const { asked } = await place();
  const who = person((q) => (q.kind === "choose" ? "fresh" : "no"));
  const io = fakeIo({ ask: who.ask });
  expect(await init(io, asked)).toBe(1);
  expect(io.stderr()).toContain("the code is not written down");
  expect(await linkOf(asked)).toBeNull();
});

test("the code of one room, typed, serves another; what is wrong with it is told", async () => {
  const { asked } = await place();
  const first = careful(wordsAt);
  await init(fakeIo({ ask: first.ask }), asked);
  const code = first.code();
  const [a = "", b = "", ...rest] = code;
  // One change in 256 would add up all the same.
  const other = ["abandon", "zebra", "zoo"].find(
    (word) => recoverySeed([word, b, ...rest].join(" ")) === null,
  );
  const attempts = [
    "one two three",
    [`${a}x`, b, ...rest].join(" "),
    [other, b, ...rest].join(" "),
    `  ${code.join("  ").toUpperCase()} `,
  ];
  const who = person((q) => (q.kind === "choose" ? "reuse" : (attempts[q.before - 1] ?? null)));
  const io = fakeIo({ ask: who.ask });
  expect(await init(io, asked, { room: "second" })).toBe(0);
  expect(who.seen()).toContain("24 words are needed; here are 3");
  expect(who.seen()).toContain(`Word 1 ("${a}x") is not in the list. Did you mean`);
  expect(who.seen()).toContain("they do not add up");
  expect(io.stdout() + io.stderr()).not.toContain(`${a} ${b}`);
  const links = [await linkOf(asked), await linkOf(asked, "second")];
  expect(links[0]).not.toBe(links[1]);
  expect(await rootOf(links[1] ?? null)).toBe(await rootOf(links[0] ?? null));
});

test("two rooms with codes of their own have nothing in common", async () => {
  const { asked } = await place();
  for (const room of ["faculty", "second"])
    expect(await init(fakeIo({ ask: careful(wordsAt).ask }), asked, { room })).toBe(0);
  expect(await rootOf(await linkOf(asked))).not.toBe(await rootOf(await linkOf(asked, "second")));
});

test("a room that has keys keeps them, and nobody is asked for anything", async () => {
  const { asked } = await place();
  await init(fakeIo(), asked, { printCode: true });
  const before = await linkOf(asked);
  const who = person(() => null);
  const io = fakeIo({ ask: who.ask });
  expect(await init(io, asked)).toBe(1);
  expect(io.stderr()).toContain("has keys already; nothing was changed");
  expect(who.seen()).toBe("");
  const script = fakeIo();
  expect(await init(script, asked, { printCode: true })).toBe(1);
  expect(script.stdout()).toBe("");
  expect(await linkOf(asked)).toBe(before);
});

test("without a terminal the code is shown to nobody; only a script may ask for it", async () => {
  const { asked, folder } = await place();
  const io = fakeIo();
  expect(await init(io, asked)).toBe(1);
  expect(io.stderr()).toContain("--print-recovery-code");
  expect(io.stdout()).toBe("");
  expect(await readdir(folder)).toEqual(["postern.yaml"]);

  const script = fakeIo();
  expect(await init(script, asked, { printCode: true })).toBe(0);
  expect(script.stdout()).toMatch(/^(?:[a-z]+ ){23}[a-z]+\n$/);
  expect(recoverySeed(script.stdout())).not.toBeNull();
  expect(script.stderr()).toContain("was printed and not asked back");
  expect(script.stderr()).not.toContain(script.stdout().split(" ").slice(0, 2).join(" "));
});

test("a room that the settings do not have is told with the nearest", async () => {
  const { asked, folder } = await place();
  const io = fakeIo();
  expect(await init(io, asked, { room: "facultet", printCode: true })).toBe(1);
  expect(io.stderr()).toBe(
    'There is no room "facultet" in the configuration. Did you mean faculty? Known: faculty, second.\n',
  );
  expect(await init(fakeIo(), asked, { room: "../x", printCode: true })).toBe(1);
  expect(await readdir(folder)).toEqual(["postern.yaml"]);
});

test("a wrong key is told before a code is shown", async () => {
  const { asked } = await place();
  await init(fakeIo(), asked, { printCode: true });
  const who = person(() => null);
  const io = fakeIo({ ask: who.ask, env: { POSTERN_VAULT_KEY: "1".repeat(64) } });
  expect(await init(io, asked, { room: "second" })).toBe(2);
  expect(io.stderr()).toContain("This key does not open this database");
  expect(who.seen()).toBe("");
  expect(io.stderr()).not.toContain(VAULT_KEY);
});

test("a new passphrase is asked for twice, a known one once, and a wrong one opens nothing", async () => {
  const { asked } = await place((base) => base.replace("data:", "vault: { passphrase: true }\ndata:"));
  const typing = (...secrets: readonly string[]) => {
    const left = [...secrets];
    return person((q) => (q.kind === "secret" ? (left.shift() ?? null) : null));
  };
  const { POSTERN_VAULT_KEY, ...env } = fakeIo().env;
  const as = (who: ReturnType<typeof person> | null): FakeIo => ({
    ...fakeIo({ ask: who?.ask ?? null }),
    env,
  });
  const slip = typing("correct horse", "corect horse", "correct horse", "correct horse");
  expect(await init(as(slip), asked, { printCode: true })).toBe(0);
  expect(slip.seen()).toContain("The two differ");
  expect(await init(as(typing("correct horse")), asked, { room: "second", printCode: true })).toBe(0);
  const wrong = as(typing("another horse"));
  expect(await init(wrong, asked, { printCode: true })).toBe(2);
  const nobody = as(null);
  expect(await init(nobody, asked, { printCode: true })).toBe(2);
  expect(nobody.stderr()).toContain("does not open without its passphrase");
});
