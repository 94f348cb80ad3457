import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildReader } from "../../adapters/web/reader/build.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import { CERT_LENGTH, readCert } from "../../bridge/seal/cert.ts";
import { rootPair } from "../../bridge/seal/keys.ts";
import { readJoinLink } from "../../bridge/seal/link.ts";
import { recoveryCode } from "../../bridge/seal/recovery.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { atomically } from "../../bridge/store/db.ts";
import { takeRunLock } from "../../bridge/store/run-lock.ts";
import { backup } from "../../cli/commands/backup.ts";
import { restore } from "../../cli/commands/restore.ts";
import { roomCertify } from "../../cli/commands/room-certify.ts";
import { roomRekey } from "../../cli/commands/room-rekey.ts";
import { verifyReader } from "../../cli/commands/verify-reader.ts";
import { type Core, openCore } from "../../cli/core.ts";
import { linkOf } from "../../cli/join-link.ts";
import { loadConfig } from "../../config/load.ts";
import { fakeIo, person, place, TOKEN, VAULT_KEY } from "./io.helper.ts";

const FACULTY = RoomName.parse("faculty");
const SECOND = RoomName.parse("second");
const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const codeOf = (n: number): string => recoveryCode(seedOf(n));

/** A configured folder; its rooms have keys, each of the root given. */
async function rooms(roots: Readonly<Record<string, number>>, yaml: (base: string) => string = (b) => b) {
  const made = await place(yaml);
  const within = async <T>(work: (core: Core) => T, env: Record<string, string> = {}): Promise<T> => {
    const all = { POSTERN_VAULT_KEY: VAULT_KEY, POSTERN_FACULTY_TOKEN: TOKEN, ...env };
    const loaded = await loadConfig({ file: made.config, env: all });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
    const opened = await openCore(loaded.config, { env: all, askPassphrase: null });
    if (!opened.ok) throw new Error(opened.problem.code);
    try {
      return work(opened.core);
    } finally {
      opened.core.close();
    }
  };
  await within(({ db, bridge }) => {
    for (const [name, root] of Object.entries(roots))
      atomically(db, () => bridge.log.create(RoomName.parse(name), seedOf(root)));
  });
  const state = (room = FACULTY) => within(({ bridge }) => bridge.store.seal.get(room));
  const link = (room = FACULTY) =>
    within((core) => linkOf(core, room, "https://page.example.org/", false) ?? "");
  const data = path.join(made.folder, "data");
  return { ...made, data, within, state, link, file: path.join(made.folder, "backup") };
}

const typing = (code: string) => fakeIo({ input: code });
const certify = { room: null, all: false, codeStdin: true, yes: false } as const;

test("certify puts a room under a new certificate of the code's root, and prints the renewal link alone", async () => {
  const r = await rooms({ faculty: 1, second: 2 });
  const before = await r.state();
  const io = typing(codeOf(1));
  expect(await roomCertify(io, { ...r.asked, ...certify, room: "faculty" })).toBe(0);
  const link = /^https:\/\/page\.example\.org\/#a\.([\w-]+)\n$/.exec(io.stdout())?.[1] ?? "";
  const lib = await ready();
  const bytes = new Uint8Array(Buffer.from(link, "base64url"));
  expect(bytes.length).toBe(CERT_LENGTH);
  expect(readCert(lib, bytes, rootPair(lib, seedOf(1)).publicKey)).toMatchObject({ serial: 2 });
  expect(io.stderr()).toMatch(/Renewed: faculty\. Valid until \d{4}-\d\d-\d\d/);
  expect(await r.state()).toMatchObject({ serial: 2, restart: 0, nextSeq: 1, key: before?.key });
  expect(await r.state(SECOND)).toMatchObject({ serial: 1 });
  // The secret of the certificate that nothing is signed under any more is gone.
  expect(
    await r.within(({ bridge }) => bridge.store.seal.online(before?.rootPk ?? new Uint8Array(), 1)),
  ).toBeNull();
});

test("a renewal link that opens on this machine only is said to, and none is printed where no page is known", async () => {
  const local = await rooms({ faculty: 1 }, (base) => base.replace(/ *public_url: .*\n/, ""));
  const io = typing(codeOf(1));
  expect(await roomCertify(io, { ...local.asked, ...certify })).toBe(0);
  expect(io.stdout()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#a\.\S+\n$/);
  expect(io.stderr()).toContain("This link opens on this machine only");
  const nowhere = await rooms({ faculty: 1 }, (base) =>
    base.replace(/ *public_url: .*\n/, "").replace(/listen: .*/, "listen: off"),
  );
  const none = typing(codeOf(1));
  expect(await roomCertify(none, { ...nowhere.asked, ...certify })).toBe(0);
  expect(none.stdout()).toBe("");
  expect(none.stderr()).toContain("Set feed.public_url");
  expect(await nowhere.state()).toMatchObject({ serial: 2 });
});

test("one code renews all its rooms with --all, and names those of other codes", async () => {
  const r = await rooms({ faculty: 1, second: 1 });
  const none = typing(codeOf(1));
  expect(await roomCertify(none, { ...r.asked, ...certify })).toBe(1);
  expect(none.stderr()).toContain("Name the room, or --all");
  const io = typing(codeOf(1));
  expect(await roomCertify(io, { ...r.asked, ...certify, all: true })).toBe(0);
  for (const room of [FACULTY, SECOND]) expect(await r.state(room)).toMatchObject({ serial: 2 });

  const two = await rooms({ faculty: 1, second: 2 });
  const other = typing(codeOf(2));
  expect(await roomCertify(other, { ...two.asked, ...certify, all: true })).toBe(0);
  expect(other.stderr()).toContain("Rooms with other recovery codes are as they were: faculty");
});

test("another code, a mistyped one and none change nothing", async () => {
  const r = await rooms({ faculty: 1, second: 2 });
  const said = async (code: string, room: string | null = "faculty", all = false): Promise<string> => {
    const io = typing(code);
    expect(await roomCertify(io, { ...r.asked, ...certify, room, all })).toBe(1);
    expect(io.stdout()).toBe("");
    return io.stderr();
  };
  expect(await said(codeOf(2))).toContain('This is not the recovery code of "faculty"');
  expect(await said(codeOf(9), null, true)).toContain("No room on this machine has this recovery code");
  expect(await said(codeOf(1).replace(/^\w+/, "zzzz"))).toContain("is not in the list");
  expect(await said("")).toContain("24 words are needed");
  const nobody = fakeIo();
  expect(await roomCertify(nobody, { ...r.asked, ...certify, room: "faculty", codeStdin: false })).toBe(1);
  expect(nobody.stderr()).toContain("there is --code-stdin");
  expect(await r.state()).toMatchObject({ serial: 1 });
});

test("a code typed at the terminal stands on a screen of its own that is gone afterwards", async () => {
  const r = await rooms({ faculty: 1 });
  const who = person((q) => (q.kind === "line" ? codeOf(1) : null));
  const io = fakeIo({ ask: who.ask });
  expect(await roomCertify(io, { ...r.asked, ...certify, room: "faculty", codeStdin: false })).toBe(0);
  expect(who.screen()).toBe("");
  expect(io.stdout() + io.stderr()).not.toContain(codeOf(1).split(" ").slice(0, 3).join(" "));
});

test("where none of a room's places answers, certify and rekey ask before they go on", async () => {
  const unreachable = (base: string) =>
    base.replace("title: Faculty", "title: Faculty\n    origins: ['127.0.0.1:9/x']");
  const r = await rooms({ faculty: 1 }, unreachable);
  const io = typing(codeOf(1));
  expect(await roomCertify(io, { ...r.asked, ...certify, room: "faculty" })).toBe(1);
  expect(io.stderr()).toContain('None of the places of "faculty" (origins) answers');
  expect(await r.state()).toMatchObject({ serial: 1 });
  const sure = person((q) => (q.kind === "confirm" ? "yes" : null));
  const asked = fakeIo({ ask: sure.ask, input: codeOf(1) });
  expect(await roomCertify(asked, { ...r.asked, ...certify, room: "faculty" })).toBe(0);
  expect(await r.state()).toMatchObject({ serial: 2 });
  const rekey = fakeIo({ ask: person((q) => (/Renew all the same/.test(q.text) ? "no" : "yes")).ask });
  expect(await roomRekey(rekey, { ...r.asked, room: "faculty", yes: false })).toBe(2);
  expect(await r.state()).toMatchObject({ serial: 2, restart: 0 });
});

test("rekey gives a room a new key in a new chain, which the old link's key does not open", async () => {
  const r = await rooms({ faculty: 1 });
  const lib = await ready();
  const before = readJoinLink(lib, await r.link());
  const unsure = fakeIo();
  expect(await roomRekey(unsure, { ...r.asked, room: "faculty", yes: false })).toBe(1);
  expect(unsure.stderr()).toContain("All readers will need a new link");
  expect(await r.state()).toMatchObject({ restart: 0 });
  const io = fakeIo();
  expect(await roomRekey(io, { ...r.asked, room: "faculty", yes: true })).toBe(0);
  expect(io.stderr()).toContain("Readers' pages now say that a new link is needed");
  expect(await r.state()).toMatchObject({ serial: 1, restart: 1, nextSeq: 1 });
  const after = readJoinLink(lib, await r.link());
  expect(after?.secret).toMatchObject({ serial: 1, restart: 1, epoch: before?.secret.epoch });
  expect(after?.secret.key).not.toEqual(before?.secret.key);
  const unknown = fakeIo();
  expect(await roomRekey(unknown, { ...r.asked, room: "second", yes: true })).toBe(2);
  expect(unknown.stderr()).toContain("has no keys yet");
});

const backUp = async (r: Awaited<ReturnType<typeof rooms>>, file = r.file) => {
  const io = fakeIo();
  return { code: await backup(io, { ...r.asked, file }), said: io.stderr() };
};

test("a backup says whose code opens it, and is never written over a file", async () => {
  const r = await rooms({ faculty: 1, second: 2 });
  const made = await backUp(r);
  expect(made.code).toBe(0);
  expect(made.said).toContain(
    'Any one of these recovery codes opens all of it: that of "faculty"; that of "second".',
  );
  expect((await stat(r.file)).mode & 0o777).toBe(0o600);
  const again = await backUp(r);
  expect(again.code).toBe(1);
  expect(again.said).toContain("exists already and was not touched");
  const nowhere = await backUp(r, path.join(r.folder, "none", "backup"));
  expect(nowhere.code).toBe(2);
  expect(nowhere.said).toContain("cannot be written");
  const empty = await place();
  const io = fakeIo();
  expect(await backup(io, { ...empty.asked, file: path.join(empty.folder, "b") })).toBe(2);
  expect(io.stderr()).toContain("There is no database yet");
});

test("restore refuses a folder that is not empty, a wrong code, a damaged file, and a key of another vault", async () => {
  const r = await rooms({ faculty: 1 });
  await backUp(r);
  const tried = async (code = codeOf(1), file = r.file, env = {}): Promise<readonly [number, string]> => {
    const io = fakeIo({ input: code, env });
    return [await restore(io, { ...r.asked, file, codeStdin: true }), io.stderr()];
  };
  expect(await tried()).toEqual([1, expect.stringContaining("is not empty. Nothing was written.")]);
  await rm(r.data, { recursive: true });
  expect(await tried(codeOf(2))).toEqual([1, expect.stringContaining("does not open this backup")]);
  expect(await tried(codeOf(1), `${r.file}-none`)).toEqual([1, expect.stringContaining("does not exist")]);
  const bytes = await readFile(r.file);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  const bad = path.join(r.folder, "bad");
  await writeFile(bad, bytes);
  expect(await tried(codeOf(1), bad)).toEqual([2, expect.stringContaining("is damaged")]);
  await writeFile(bad, "something else");
  expect(await tried(codeOf(1), bad)).toEqual([2, expect.stringContaining("is no backup of Postern")]);
  const other = { POSTERN_VAULT_KEY: "1".repeat(64) };
  expect(await tried(codeOf(1), r.file, other)).toEqual([1, expect.stringContaining("holds another key")]);
  const lock = takeRunLock(r.data, 0);
  expect(await tried()).toEqual([1, expect.stringContaining("A bridge runs on")]);
  lock?.release();
  // Nothing of all these tries is in the way of the one that works.
  expect(await tried()).toEqual([0, expect.stringContaining("Links stay valid")]);
  expect(await r.state()).toMatchObject({ serial: 1, restart: 0 });
});

test("without settings those of the backup are put back, and with a lost key it comes back too", async () => {
  const r = await rooms({ faculty: 1 });
  await backUp(r);
  const link = await r.link();
  await rm(r.data, { recursive: true });
  await rm(r.config);
  const io = fakeIo({ input: codeOf(1), env: { POSTERN_VAULT_KEY: undefined } });
  expect(await restore(io, { ...r.asked, file: r.file, codeStdin: true })).toBe(0);
  expect(io.stderr()).toContain(`Settings written to ${r.config}`);
  expect((await stat(r.config)).mode & 0o777).toBe(0o600);
  const written = /The vault's key was written to (\S+)\.\n/.exec(io.stderr())?.[1] ?? "";
  expect((await readFile(written, "utf8")).trim()).toBe(VAULT_KEY);
  expect((await stat(written)).mode & 0o777).toBe(0o600);
  expect(await r.link()).toBe(link);
  // A key that lies there already and is another one is not touched.
  await rm(r.data, { recursive: true });
  await writeFile(written, `${"2".repeat(64)}\n`);
  const differs = fakeIo({ input: codeOf(1), env: { POSTERN_VAULT_KEY: undefined } });
  expect(await restore(differs, { ...r.asked, file: r.file, codeStdin: true })).toBe(1);
  expect(differs.stderr()).toContain("there is another vault key than the backup's");
  await rm(written);
});

/** A host that serves files. */
async function host(files: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((request, response) => {
    const found = files[request.url ?? ""];
    response.statusCode = found === undefined ? 404 : 200;
    response.setHeader("content-type", "text/html");
    response.end(found ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

test("verify-reader tells the same page from another, and looks at the worker beside it", async () => {
  const { html, worker, sha256, blake2b } = await buildReader();
  const verified = async (url: string): Promise<readonly [number, string]> => {
    const io = fakeIo();
    return [await verifyReader(io, { lang: "en", url }), io.stdout() + io.stderr()];
  };
  const right = await host({ "/": html, "/worker.js": worker, "/alone/": html });
  const [code, said] = await verified(right);
  expect(code).toBe(0);
  expect(said).toContain("is this version's, byte for byte");
  expect(said).toContain(sha256);
  expect(said).toContain(blake2b);
  expect(await verified(`${right}/alone/`)).toEqual([0, expect.stringContaining("byte for byte")]);
  const changed = await host({ "/": html.replace("</html>", "<!-- x --></html>"), "/worker.js": worker });
  expect(await verified(changed)).toEqual([2, expect.stringContaining("is NOT this version's")]);
  const sly = await host({ "/": html, "/worker.js": `${worker}\n` });
  expect(await verified(sly)).toEqual([
    2,
    expect.stringContaining("worker.js beside it is not this version's"),
  ]);
  expect(await verified(`${right}/none`)).toEqual([
    2,
    expect.stringContaining("answers 404 instead of a page"),
  ]);
  expect(await verified("http://127.0.0.1:9")).toEqual([2, expect.stringContaining("does not answer")]);
  expect(await verified("page.example.org")).toEqual([
    1,
    expect.stringContaining("must begin with https://"),
  ]);
});
