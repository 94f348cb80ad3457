import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import sodium from "libsodium-wrappers";
import { expect, test } from "vitest";
import { storeFile } from "../../adapters/matrix/homeserver.ts";
import { DeviceId, UserId } from "../../adapters/matrix/ids.ts";
import type { Kept } from "../../adapters/matrix/kept.ts";
import { AccountName } from "../../bridge/model/ids.ts";
import { backupPair } from "../../bridge/seal/keys.ts";
import { recoveryCode } from "../../bridge/seal/recovery.ts";
import { backup } from "../../cli/commands/backup.ts";
import { matrixChat } from "../../cli/commands/matrix-chat.ts";
import { matrixInvite } from "../../cli/commands/matrix-invite.ts";
import { matrixLogin } from "../../cli/commands/matrix-login.ts";
import { matrixLogout } from "../../cli/commands/matrix-logout.ts";
import { restore } from "../../cli/commands/restore.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { status } from "../../cli/commands/status.ts";
import { openCore } from "../../cli/core.ts";
import { keptOf } from "../../cli/matrix/accounts.ts";
import { type FakeIo, fakeIo, person, place, VAULT_KEY } from "./io.helper.ts";
import { configOf } from "./running.helper.ts";

const CAMPUS = AccountName.parse("campus");
const SEED = new Uint8Array(32).fill(9);

/** The rooms `faculty`, sealed, and `class`, of Matrix. */
const both = () =>
  place((base) =>
    base
      .replace(
        "rooms:\n",
        "matrix:\n  campus: { base_url: 'http://127.0.0.1:9' }\nrooms:\n  class: { type: matrix, account: campus, title: Class }\n",
      )
      .replace("rooms: [faculty, second]", "rooms: [faculty, second, class]"),
  );

/** The room `class` of Matrix alone. */
const alone = () =>
  place((base) =>
    base
      .replace(
        /rooms:\n[\s\S]*mappings:/,
        "matrix:\n  campus: { base_url: 'http://127.0.0.1:9' }\nrooms:\n  class: { type: matrix, account: campus, title: Class }\nmappings:",
      )
      .replace("rooms: [faculty, second]", "rooms: [class]")
      .replace(/feed:[\s\S]*/, ""),
  );

/** Has the account `campus` keep something. */
async function keep(config: string, work: (kept: Kept) => void): Promise<void> {
  const loaded = await configOf(config);
  const opened = await openCore(loaded, { env: { POSTERN_VAULT_KEY: VAULT_KEY }, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  work(await keptOf(opened.core, CAMPUS));
  opened.core.close();
}

/** As after a login with the recovery code of `SEED`. */
async function withCode(config: string): Promise<void> {
  await sodium.ready;
  const code = Buffer.from(backupPair(sodium, SEED).publicKey).toString("base64url");
  await keep(config, (kept) => kept.backup.put(code));
}

/** As after a login whose crypto store is gone. */
const withSession = (config: string): Promise<void> =>
  keep(config, (kept) =>
    kept.session.put({
      user: UserId.parse("@bot:a.example"),
      device: DeviceId.parse("DEVICE"),
      token: "token-canary",
      passphrase: "passphrase-canary",
    }),
  );

/** What a backup and its restore say. */
async function thereAndBack(made: Awaited<ReturnType<typeof place>>) {
  const { asked, folder } = made;
  const file = path.join(folder, "backup");
  const out = fakeIo();
  expect(await backup(out, { ...asked, file })).toBe(0);
  await rm(path.join(folder, "data"), { recursive: true });
  const back = fakeIo({ input: recoveryCode(SEED) });
  expect([await restore(back, { ...asked, file, codeStdin: true }), back.stderr()]).toEqual([
    0,
    expect.anything(),
  ]);
  return { backup: out.stderr(), restore: back.stderr() };
}

test("where there are Matrix rooms alone, a backup opens with the account's code, and a restore promises nothing of sealed rooms", async () => {
  const made = await alone();
  await withCode(made.config);
  const said = await thereAndBack(made);
  expect(said.backup).toContain('The recovery code of the Matrix account "campus" opens it.');
  expect(said.restore).toContain("what was published after the backup is fetched from MAX and posted again.");
  expect(said.restore).toContain("matrix login --new-code");
  expect(said.restore).toContain("a second time");
  expect(said.restore).not.toMatch(/see it once|Links stay|new chain|certify/);
});

test("beside sealed rooms a backup names both codes, and a restore says where what comes again is seen once", async () => {
  const made = await both();
  await roomInit(fakeIo(), { ...made.asked, room: "faculty", printCode: true });
  await withCode(made.config);
  const said = await thereAndBack(made);
  expect(said.backup).toContain('that of "faculty"; that of the Matrix account "campus".');
  expect(said.restore).toContain("readers of sealed rooms see it once");
  expect(said.restore).toContain("a second time");
});

test("where the keys of a session are gone, status says so though no bridge runs, and every command names the login", async () => {
  const { asked, config, folder } = await alone();
  await withSession(config);
  const told = async (): Promise<string> => {
    const io = fakeIo();
    await status(io, { ...asked, json: false });
    return io.stdout();
  };
  expect(await told()).toContain("  campus: its keys are not on this machine: log in again\n");
  const commands = [
    (io: FakeIo) => roomInit(io, { ...asked, room: "class", printCode: false }),
    (io: FakeIo) => matrixInvite(io, { ...asked, room: "class", user: "@a:b" }),
    (io: FakeIo) => matrixChat(io, { ...asked, user: "@a:b", account: null, end: false }),
  ];
  for (const command of commands) {
    const io = fakeIo();
    expect(await command(io)).toBe(2);
    expect(io.stderr()).toMatch(
      /^The account "campus": the keys of this session are not on this machine\. Announcements for its rooms wait\. Log in again: .*matrix login campus\n$/,
    );
  }
  const file = storeFile(
    path.join(folder, "data/matrix/campus"),
    UserId.parse("@bot:a.example"),
    DeviceId.parse("DEVICE"),
  );
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, "no store");
  expect(await told()).toContain("  campus: logged in\n");
  const io = fakeIo();
  expect(await matrixInvite(io, { ...asked, room: "class", user: "@a:b" })).toBe(2);
  expect(io.stderr()).toContain("matrix login campus");
});

test("a login says that the keys of the session before are gone before it asks whether to go on", async () => {
  const { asked, config } = await alone();
  await withSession(config);
  const who = person(() => "no");
  const io = fakeIo({ ask: who.ask });
  expect(await matrixLogin(io, { ...asked, account: null })).toBe(1);
  expect(io.stderr()).toContain(
    "@bot:a.example was logged in, but the keys of this session are not on this machine, so announcements for its rooms wait.",
  );
  expect(io.stderr()).not.toContain("is logged in already");
  expect(who.seen()).toBe("Log in again?\n");
});

test("a logout says what it means and asks; without a yes, a terminal or the server nothing is changed", async () => {
  const { asked, config } = await alone();
  const out = async (answer: string | null, yes = false) => {
    const who = person(() => answer);
    const io = fakeIo({ ask: answer === null ? null : who.ask });
    const code = await matrixLogout(io, { ...asked, account: null, forgetIdentity: true, yes });
    return { code, said: io.stderr(), seen: who.seen() };
  };
  expect(await out(null, true)).toMatchObject({
    code: 1,
    said: expect.stringContaining("is not logged in anyway"),
  });
  await withSession(config);
  await withCode(config);
  const no = await out("no");
  expect([no.code, no.seen]).toEqual([1, "Log out?\n"]);
  expect(no.said).toContain("Announcements for its rooms wait until you log in again.");
  expect(no.said).toContain("only its recovery code makes it the same account");
  expect(await out(null)).toMatchObject({ code: 1, said: expect.stringContaining("For scripts: --yes") });
  const away = await out("yes");
  expect(away.code).toBe(2);
  expect(away.said).toContain(
    'The account "campus" was not logged out: the server cannot be reached: check base_url and the network. Nothing was changed, and the session is open.',
  );
  await keep(config, (kept) => {
    expect(kept.session.get()).toMatchObject({ user: "@bot:a.example" });
    expect(kept.backup.get()).not.toBeNull();
  });
  expect(away.said).not.toContain("canary");
});
