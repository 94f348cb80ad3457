import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { RoomName } from "../../../bridge/model/ids.ts";
import type { Digests } from "../../../bridge/store/digest.ts";
import { backup } from "../../../cli/commands/backup.ts";
import { check } from "../../../cli/commands/check.ts";
import { matrixInvite } from "../../../cli/commands/matrix-invite.ts";
import { matrixLogin } from "../../../cli/commands/matrix-login.ts";
import { matrixLogout } from "../../../cli/commands/matrix-logout.ts";
import { restore } from "../../../cli/commands/restore.ts";
import { roomInit } from "../../../cli/commands/room-init.ts";
import { status } from "../../../cli/commands/status.ts";
import { openCore } from "../../../cli/core.ts";
import { openBridge } from "../../../cli/open-bridge.ts";
import { type FakeIo, fakeIo, person, type Question, VAULT_KEY } from "../../cli/io.helper.ts";
import { configOf } from "../../cli/running.helper.ts";
import { searchFolder } from "../../leak/search.helper.ts";
import { type Account, environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { startReader } from "./nio.helper.ts";

const CLASS = RoomName.parse("class");

/** The words of a recovery code as they stand on the screen. */
function codeOn(screen: string): readonly string[] {
  const words = [...screen.matchAll(/(\d+)\. ([a-z]+)/g)].map((m) => [Number(m[1]), m[2] ?? ""] as const);
  return words.toSorted((a, b) => a[0] - b[0]).map(([, word]) => word);
}
const placesIn = (q: Question): readonly number[] =>
  [...(/number ([\d, ]+)/.exec(q.text)?.[1] ?? "").matchAll(/\d+/g)].map((m) => Number(m[0]));

describe.skipIf(environment === null)("the commands for Matrix, against a real homeserver", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  /** A folder with settings for one Matrix room. */
  async function place(more = "") {
    const folder = await mkdtemp(path.join(tmpdir(), "postern-commands-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const config = path.join(folder, "postern.yaml");
    await writeFile(
      config,
      `version: 1
lang: en
data: ./data
matrix:
  campus: { base_url: ${server.url} }
sources:
  faculty: { type: max-bot, base_url: "http://127.0.0.1:9" }
rooms:
  class: { type: matrix, account: campus, title: Schedule${more} }
mappings:
  - { source: faculty, channel: -100, rooms: [class] }
`,
      { mode: 0o600 },
    );
    return { folder, config, asked: { config, lang: null } };
  }
  type Place = Awaited<ReturnType<typeof place>>;

  /** Somebody who logs the account in by password, and writes the recovery code down or types the one they have. */
  function careful(bot: Account, own: readonly string[] | null = null, other = "leave") {
    let code: readonly string[] = own ?? [];
    const who = person((q) => {
      if (q.kind === "choose" && q.text.includes("What shall it be?")) return other;
      if (q.kind === "choose")
        return q.text.includes("logged in") ? "password" : own === null ? "fresh" : "reuse";
      if (q.kind === "secret") return bot.password;
      if (q.kind === "line" && q.text.includes("User name")) return bot.user;
      if (q.kind === "line" && own !== null) return own.join(" ");
      if (q.kind === "line")
        return placesIn(q)
          .map((at) => code[at - 1])
          .join(" ");
      if (q.screen.includes("recovery code")) code = codeOn(q.screen);
      return "yes";
    });
    return { ...who, code: () => code };
  }

  const login = async (p: Place, who: ReturnType<typeof careful>, newCode = false) => {
    const io = fakeIo({ ask: who.ask });
    const code = await matrixLogin(io, { ...p.asked, account: null, newCode });
    return { code, said: io.stderr() };
  };
  const init = async (p: Place, adopt: string | null = null, anew = false) => {
    const io = fakeIo();
    const code = await roomInit(io, { ...p.asked, room: "class", printCode: false, adopt, anew });
    return { code, said: io.stderr() };
  };
  const told = async (p: Place) => {
    const io = fakeIo();
    await status(io, { ...p.asked, json: false });
    const checked = fakeIo();
    const sources = async () => [];
    const code = await check(checked, p.asked, {
      open: openBridge,
      sources,
      deadline: 5_000,
      sourceDeadline: 5_000,
    });
    return { status: io.stdout(), check: checked.stdout(), code };
  };
  /** How many rooms somebody came into since the last digest, after `work`. */
  const newcomers = async (p: Place, work: (digests: Digests) => void = () => {}): Promise<unknown> => {
    const env = { POSTERN_VAULT_KEY: VAULT_KEY };
    const opened = await openCore(await configOf(p.config), { env, askPassphrase: null });
    if (!opened.ok) throw new Error(opened.problem.code);
    work(opened.core.bridge.digests);
    const count = opened.core.db.prepare("SELECT count(*) FROM newcomers").pluck().get();
    opened.core.close();
    return count;
  };
  const master = async (bot: Account): Promise<unknown> => {
    const hand = await server.login(bot);
    const answer = await hand.call("POST", "/keys/query", { device_keys: { [bot.user]: [] } });
    return z
      .object({ master_keys: z.record(z.string(), z.object({ keys: z.record(z.string(), z.string()) })) })
      .parse(answer).master_keys[bot.user]?.keys;
  };
  const devices = async (bot: Account) => {
    const hand = await server.login(bot, "LOOKER");
    const answer = await hand.call("GET", "/devices");
    const all = z
      .object({ devices: z.array(z.object({ device_id: z.string(), display_name: z.string().nullish() })) })
      .parse(answer).devices;
    return all.filter(({ device_id }) => device_id !== "LOOKER").map(({ display_name }) => display_name);
  };

  test("an account is logged in, a room made and somebody invited; what they say and keep gives nothing away", async () => {
    const p = await place();
    const bot = await server.register("bot");
    const before = await told(p);
    expect(before.status).toContain("  campus: not logged in");
    expect(before.status).toContain("  class: not on the server yet");
    expect(before.check).toContain('✗ the account "campus" is not logged in');
    expect((await init(p)).said).toContain("matrix login campus");

    const who = careful(bot);
    const done = await login(p, who);
    expect(done.said).toContain("its device is confirmed by its owner");
    expect(done.said).toContain("room init class");
    expect(done.code).toBe(0);
    expect(who.code()).toHaveLength(24);
    expect(codeOn(who.screen())).toEqual([]);

    const made = await init(p);
    expect([made.code, made.said]).toEqual([
      0,
      expect.stringContaining('The room "class" is made: encrypted'),
    ]);
    expect((await init(p)).said).toContain("exists on the server already");

    const student = await startReader({ url: server.url, account: await server.register("student") });
    onTestFinished(() => student.close());
    const io = fakeIo();
    expect(await matrixInvite(io, { ...p.asked, room: "class", user: student.user })).toBe(0);
    expect(io.stderr()).toContain("No list is made of those invited");
    expect(io.stderr(), "nothing was announced that could be given").not.toMatch(/keys of|digest/);
    await vi.waitFor(async () => expect((await student.rooms()).invited).toHaveLength(1), {
      timeout: 20_000,
    });

    const now = await told(p);
    expect(now.check).toContain('✓ the account "campus" is logged in');
    expect(now.check).toContain('✓ the device of "campus" is confirmed by its owner');
    expect(now.check).toContain('✓ the room "class" is encrypted, only the bridge posts there');
    expect(now.check).not.toContain("✗");
    expect(now.status).toContain("  campus: logged in");
    expect(now.check).not.toContain("Reachability");
    const canaries = [bot.password, student.user, who.code().slice(0, 3).join(" "), bot.user];
    expect(searchFolder(path.join(p.folder, "data"), canaries)).toEqual([]);
    expect(done.said).not.toContain(bot.password);
  });

  test("logging in again makes a new session, and the one before it is gone from the server and from the disk", async () => {
    const p = await place();
    const bot = await server.register("bot");
    expect((await login(p, careful(bot))).code).toBe(0);
    const stores = async () =>
      (await readdir(path.join(p.folder, "data/matrix/campus"))).filter((name) => name.endsWith(".db"));
    const [first] = await stores();
    const identity = await master(bot);
    expect(await devices(bot)).toEqual(expect.arrayContaining(["Laptop"]));
    const again = careful(bot);
    const done = await login(p, again);
    expect([done.code, done.said]).toEqual([0, expect.stringContaining("is logged in already")]);
    // The identity is kept, so no code is asked for.
    expect(again.code()).toEqual([]);
    expect(await master(bot)).toEqual(identity);
    expect((await devices(bot)).filter((name) => name === "Laptop")).toHaveLength(1);
    expect(await stores()).toHaveLength(1);
    expect(await stores()).not.toEqual([first]);
    expect(done.said).not.toContain("open still");
  });

  test("a backup opens with the account's code; restored, the account is said to be lost, and a login brings the same identity back", async () => {
    const p = await place();
    const bot = await server.register("bot");
    const who = careful(bot);
    await login(p, who);
    await init(p);
    const identity = await master(bot);
    const file = path.join(p.folder, "backup.bin");
    const made = fakeIo();
    expect(await backup(made, { ...p.asked, file })).toBe(0);
    expect(made.stderr()).toContain('The recovery code of the Matrix account "campus" opens it');
    await rm(path.join(p.folder, "data"), { recursive: true });
    const io = fakeIo({ input: who.code().join(" ") });
    expect([await restore(io, { ...p.asked, file, codeStdin: true }), io.stderr()]).toEqual([
      0,
      expect.stringContaining("matrix login campus"),
    ]);
    const lost = await told(p);
    expect(lost.check).toContain('✗ the keys of the account "campus" are not on this machine');
    expect((await login(p, careful(bot))).code).toBe(0);
    expect(await master(bot)).toEqual(identity);
    expect((await devices(bot)).filter((name) => name === "Laptop")).toHaveLength(1);
    const now = await told(p);
    expect(now.check).toContain("is confirmed by its owner");
    expect(now.check).toContain('✓ the room "class" is encrypted');
  });

  test("with a new recovery code the identity that was kept counts for nothing, and backups open with the new code", async () => {
    const p = await place();
    const bot = await server.register("bot");
    const who = careful(bot);
    await login(p, who);
    const identity = await master(bot);
    const stopped = careful(bot);
    const done = await login(p, stopped, true);
    expect([done.code, done.said]).toEqual([0, expect.stringContaining("gets a new recovery code")]);
    expect(done.said).toContain("its device is confirmed by its owner");
    expect(stopped.code()).toHaveLength(24);
    expect(stopped.code()).not.toEqual(who.code());
    const after = await master(bot);
    expect(after).not.toEqual(identity);
    // The new one is kept: the next login asks for no code.
    const again = careful(bot);
    await login(p, again);
    expect(again.code()).toEqual([]);
    expect(await master(bot)).toEqual(after);
    const file = path.join(p.folder, "backup.bin");
    expect(await backup(fakeIo(), { ...p.asked, file })).toBe(0);
    await rm(path.join(p.folder, "data"), { recursive: true });
    const tried = async (code: readonly string[]) => {
      const io = fakeIo({ input: code.join(" ") });
      return restore(io, { ...p.asked, file, codeStdin: true });
    };
    expect([await tried(who.code()), await tried(stopped.code())]).toEqual([1, 0]);
  });

  test("an account that is logged out has no session on the server and no keys here, and is the same one after the next login", async () => {
    const p = await place();
    const bot = await server.register("bot");
    await login(p, careful(bot));
    await init(p);
    const identity = await master(bot);
    const logout = async (forgetIdentity: boolean) => {
      const io = fakeIo();
      const code = await matrixLogout(io, { ...p.asked, account: null, forgetIdentity, yes: true });
      return { code, said: io.stderr() };
    };
    const out = await logout(false);
    expect([out.code, out.said]).toEqual([0, expect.stringContaining("is logged out. Announcements for")]);
    expect(await devices(bot)).not.toContain("Laptop");
    expect(await readdir(path.join(p.folder, "data/matrix/campus"))).toEqual([]);
    expect((await told(p)).status).toContain("  campus: not logged in");
    expect((await logout(false)).code).toBe(1);

    const back = careful(bot);
    expect((await login(p, back)).code).toBe(0);
    expect(back.code(), "the identity was kept").toEqual([]);
    expect(await master(bot)).toEqual(identity);
    expect((await told(p)).check).toContain('✓ the room "class" is encrypted');

    expect((await logout(true)).said).toContain("Its identity is erased here");
    const left = careful(bot, null, "leave");
    expect((await login(p, left)).code, "only the code brings it back").toBe(2);
  });

  test("with everything lost but the code, the account is the same one for everybody", async () => {
    const p = await place();
    const bot = await server.register("bot");
    const who = careful(bot);
    await login(p, who);
    const identity = await master(bot);
    const other = await place();
    const done = await login(other, careful(bot, who.code()));
    expect(done.code).toBe(0);
    expect(await master(bot)).toEqual(identity);
    expect(done.said, "the lost one may be in somebody's hands").toContain(
      "A session of before is open still",
    );
  });

  test("an identity of another program makes way only when that is asked for, and another code may be named", async () => {
    const p = await place();
    const bot = await server.register("bot");
    const who = careful(bot);
    await login(p, who);
    const identity = await master(bot);
    const other = await place();
    const left = await login(other, careful(bot, null, "leave"));
    expect([left.code, left.said]).toEqual([2, expect.stringContaining("its device is not confirmed yet")]);
    expect(await master(bot)).toEqual(identity);
    expect((await told(other)).check).toContain('✗ the device of "campus" is not confirmed by its owner');
    // The code that stands for nothing is not kept: another may be named.
    expect((await login(other, careful(bot, who.code()))).code).toBe(0);
    expect(await master(bot)).toEqual(identity);
    const third = await place();
    expect((await login(third, careful(bot, null, "replace"))).code).toBe(0);
    expect(await master(bot)).not.toEqual(identity);
  });

  test("a wrong password and a session that another program uses are told in words, before any code is shown", async () => {
    const p = await place();
    const bot = await server.register("bot");
    const who = careful({ ...bot, password: "not it" });
    const wrong = await login(p, who);
    expect([wrong.code, wrong.said]).toEqual([2, expect.stringContaining("user name or password are wrong")]);
    expect(who.code()).toEqual([]);
    const hand = await startReader({ url: server.url, account: bot });
    onTestFinished(() => hand.close());
    const used = await server.login(bot, hand.device);
    const typing = person((q) => (q.kind === "choose" ? "token" : q.kind === "secret" ? used.token : "yes"));
    const taken = await login(p, { ...typing, code: () => [] });
    expect([taken.code, taken.said]).toEqual([
      2,
      expect.stringContaining("a session that another program uses"),
    ]);
    expect((await told(p)).status).toContain("not logged in");
    expect(await readdir(path.join(p.folder, "data", "matrix", "campus")).catch(() => [])).toEqual([]);
    const free = await server.login(bot);
    const fresh = careful(bot);
    const ask = {
      ...fresh.ask,
      choose: async <T extends string>(
        question: string,
        answers: readonly { readonly value: T; readonly label: string }[],
      ) => answers.find(({ value }) => value === "token")?.value ?? fresh.ask.choose(question, answers),
      secret: async (question: string) =>
        question.startsWith("Access") ? free.token : fresh.ask.secret(question),
    };
    const done = await login(p, { ...fresh, ask });
    expect([done.code, done.said]).toEqual([0, expect.stringContaining("its device is confirmed")]);
    expect(done.said).not.toContain(free.token);
  });

  test("a room that exists is taken over where it is safe, and refused where it is not", async () => {
    const p = await place();
    const bot = await server.register("bot");
    await login(p, careful(bot));
    const hand = await server.login(bot);
    const made = async (body: Readonly<Record<string, unknown>>, by = hand) =>
      z.object({ room_id: z.string() }).parse(await by.call("POST", "/createRoom", body)).room_id;
    const other = await server.login(await server.register("other"));
    const theirs = await made({ invite: [bot.user] }, other);
    const refused = await init(p, theirs);
    expect(refused.code).toBe(2);
    expect(refused.said).toContain("announcements would not be safe there");
    expect(refused.said).toContain("has no power there");
    const stranger = await made({}, other);
    expect((await init(p, stranger)).said).toContain("must be invited into that room first");
    expect((await init(p, "#nowhere:postern.test")).said).toContain("does not know it");
    expect((await init(p, "class")).said).toContain("is needed after --adopt");
    const own = await made({ name: "Old", room_alias_name: `own${hand.device.toLowerCase()}` });
    const taken = await init(p, `#own${hand.device.toLowerCase()}:postern.test`);
    expect([taken.code, taken.said]).toEqual([0, expect.stringContaining('The room "class" is taken over')]);
    const name = await hand.call("GET", `/rooms/${encodeURIComponent(own)}/state/m.room.name/`);
    expect(name).toEqual({ name: "Schedule" });
  });

  test("a room that the bridge is no more in makes way for another, and one that it is in does not", async () => {
    const p = await place();
    const bot = await server.register("bot");
    await login(p, careful(bot));
    await init(p);
    const hand = await server.login(bot);
    const rooms = async () =>
      z.object({ joined_rooms: z.array(z.string()) }).parse(await hand.call("GET", "/joined_rooms"))
        .joined_rooms;
    const [first = ""] = await rooms();
    const kept = await init(p, null, true);
    expect([kept.code, kept.said]).toEqual([1, expect.stringContaining('still in the room "class"')]);
    await hand.call("POST", `/rooms/${encodeURIComponent(first)}/leave`, {});
    await hand.call("POST", `/rooms/${encodeURIComponent(first)}/forget`, {});
    expect((await told(p)).check).toContain("room init ROOM --anew");
    expect((await init(p)).said).toContain("nothing was changed");
    await newcomers(p, (digests) => digests.joined(CLASS));
    const made = await init(p, null, true);
    expect([made.code, made.said]).toEqual([0, expect.stringContaining('The room "class" is made')]);
    expect(await newcomers(p), "the digest for those of the old room is not posted into the new one").toBe(0);
    expect(await rooms()).toEqual([expect.not.stringContaining(first)]);
    expect((await told(p)).check).toContain('✓ the room "class" is encrypted');
  });

  test("what cannot be a Matrix name, and a room of another kind, are told before anything is asked", async () => {
    const p = await place();
    const said = async (room: string, user: string) => {
      const io: FakeIo = fakeIo();
      expect(await matrixInvite(io, { ...p.asked, room, user })).toBe(1);
      return io.stderr();
    };
    expect(await said("class", "name")).toContain("is no Matrix name");
    expect(await said("clas", "@a:b")).toContain("Did you mean class?");
  });
});
