import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { findKey, generatedKeyFile, type KeySources } from "../../bridge/vault/key.ts";

const hex = (digit: string): string => digit.repeat(64);
const bytes = (digit: string): Buffer => Buffer.from(hex(digit), "hex");

/** A folder of the test's own with a data folder in it; generated keys go beside that. */
async function place() {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-key-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  vi.stubEnv("XDG_CONFIG_HOME", path.join(folder, "config"));
  const data = path.join(folder, "data");
  await mkdir(data);
  const sources = (over: Partial<KeySources> = {}): KeySources => ({
    dataFolder: data,
    keyFile: null,
    environment: null,
    passphrase: null,
    ...over,
  });
  const keyFile = async (name: string, text: string, mode = 0o600): Promise<string> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, mode);
    return file;
  };
  return { folder, data, sources, keyFile };
}

beforeEach(() => {
  onTestFinished(() => void vi.unstubAllEnvs());
});

test("the key comes from the file, else the environment, else the passphrase, else it is made", async () => {
  const { data, sources, keyFile } = await place();
  const file = await keyFile("vault.key", `${hex("a")}\n`);
  const passphrase = async () => "a long passphrase";
  const all = sources({ keyFile: file, environment: hex("b"), passphrase });
  expect(await findKey(all, false)).toMatchObject({ ok: true, key: bytes("a"), origin: "file" });
  const noFile = { ...all, keyFile: null };
  expect(await findKey(noFile, false)).toMatchObject({ ok: true, key: bytes("b"), origin: "environment" });
  const typed = await findKey({ ...noFile, environment: null }, false);
  expect(typed).toMatchObject({ ok: true, origin: "passphrase" });
  expect(await findKey(sources(), false)).toMatchObject({ ok: true, origin: "generated" });
  expect(await readdir(data)).toEqual(["state"]);
});

test("a source that is named but broken is told; no later one takes its place", async () => {
  const { folder, sources, keyFile } = await place();
  const missing = path.join(folder, "none.key");
  const problem = async (over: Partial<KeySources>) => {
    const found = await findKey(sources({ environment: hex("b"), ...over }), false);
    return found.ok ? null : found.problem;
  };
  expect(await problem({ keyFile: missing })).toEqual({ code: "key_file_missing", file: missing });
  const short = await keyFile("short.key", "abc");
  expect(await problem({ keyFile: short })).toEqual({ code: "key_malformed", where: short });
  const directory = await keyFile("keys/one.key", hex("a")).then(path.dirname);
  await chmod(directory, 0o700);
  expect(await problem({ keyFile: directory })).toEqual({ code: "key_file_unreadable", file: directory });
  expect(await problem({ environment: "abc" })).toEqual({
    code: "key_malformed",
    where: "POSTERN_VAULT_KEY",
  });
  expect(await problem({ environment: null, passphrase: async () => null })).toEqual({
    code: "passphrase_missing",
  });
});

test.skipIf(process.platform === "win32")("a key file that others can read is refused", async () => {
  const { sources, keyFile } = await place();
  for (const mode of [0o640, 0o604, 0o660, 0o644]) {
    const file = await keyFile(`mode-${mode}.key`, hex("a"), mode);
    expect(await findKey(sources({ keyFile: file }), false)).toEqual({
      ok: false,
      problem: { code: "key_file_open_to_others", file },
    });
  }
});

test("the mode of a key that a service manager hands over is not ours to judge", async () => {
  const { folder, sources, keyFile } = await place();
  const file = await keyFile("credentials/vault.key", hex("a"), 0o444);
  const handedOver = { privateFolders: [`${folder}/credentials/`] };
  expect(await findKey(sources({ keyFile: file, ...handedOver }), false)).toMatchObject({ ok: true });
});

test("a key inside the data folder is refused, also where only symbolic links lead there", async () => {
  const { folder, data, sources, keyFile } = await place();
  const within = await keyFile("data/keys/vault.key", hex("a"));
  const link = path.join(folder, "link.key");
  await symlink(within, link);
  const linkedFolder = path.join(folder, "elsewhere");
  await symlink(path.join(data, "keys"), linkedFolder);
  const out = await keyFile("out.key", hex("a"));
  const linkInData = path.join(data, "out.key");
  await symlink(out, linkInData);
  const refused = async (file: string, dataFolder = data) => {
    const found = await findKey({ ...sources({ keyFile: file }), dataFolder }, false);
    return found.ok ? null : found.problem.code;
  };
  expect(await refused(within)).toBe("key_inside_data");
  expect(await refused(link)).toBe("key_inside_data");
  expect(await refused(path.join(linkedFolder, "vault.key"))).toBe("key_inside_data");
  expect(await refused(path.join(data, "..", "data", "keys", "vault.key"))).toBe("key_inside_data");
  expect(await refused(linkInData)).toBe("key_inside_data");
  const dataLink = path.join(folder, "data-link");
  await symlink(data, dataLink);
  expect(await refused(within, dataLink)).toBe("key_inside_data");
  expect(await refused(out)).toBeNull();
  expect(await refused(await keyFile("..data.key", hex("a")))).toBeNull();
  expect(await refused(await keyFile("data/..hidden/vault.key", hex("a")))).toBe("key_inside_data");
  expect(await findKey(sources({ keyFile: within, allowInside: true }), false)).toMatchObject({ ok: true });
});

test("a data folder around the place for generated keys is refused", async () => {
  const { folder, sources } = await place();
  const found = await findKey({ ...sources(), dataFolder: folder }, false);
  expect(found).toMatchObject({ ok: false, problem: { code: "key_inside_data" } });
});

test("a generated key is kept for its owner alone, outside the data, and found again", async () => {
  const { data, sources } = await place();
  const made = await findKey(sources(), false);
  const file = generatedKeyFile(data);
  const mode = (await stat(file)).mode & 0o777;
  if (process.platform !== "win32") expect(mode).toBe(0o600);
  expect(path.relative(data, file).startsWith("..")).toBe(true);
  expect(await readdir(data)).toEqual([]);
  const again = await findKey(sources(), true);
  expect(again).toMatchObject({ ok: true, origin: "file" });
  expect(again.ok && made.ok && Buffer.from(again.key).equals(made.key)).toBe(true);
});

test("two data folders never share a generated key, whatever signs their names are made of", async () => {
  const { folder } = await place();
  const names = ["факультет", "курс", "a-b", "a/b", "a b"].map((name) => path.join(folder, name));
  expect(new Set(names.map(generatedKeyFile)).size).toBe(names.length);
});

test("where sealed data exists and its generated key is gone, none is made in its place", async () => {
  const { data, sources } = await place();
  const file = generatedKeyFile(data);
  expect(await findKey(sources(), true)).toEqual({ ok: false, problem: { code: "key_lost", file } });
  expect(await stat(file).catch(() => null)).toBeNull();
});

test("where a key cannot be written, that is told", async () => {
  const { folder, data, sources, keyFile } = await place();
  await keyFile("config", "a file where the folder would be");
  const file = generatedKeyFile(data);
  expect(await findKey(sources(), false)).toEqual({ ok: false, problem: { code: "key_not_made", file } });
  expect(await readdir(folder)).toEqual(["config", "data"]);
});

test("a passphrase always makes the same key, another one another, and is asked twice only when fresh", async () => {
  const { data, sources } = await place();
  const asked: boolean[] = [];
  const by = (passphrase: string) => async (fresh: boolean) => {
    asked.push(fresh);
    return passphrase;
  };
  const key = async (passphrase: string, hasDatabase: boolean) => {
    const found = await findKey(sources({ passphrase: by(passphrase) }), hasDatabase);
    return found.ok ? Buffer.from(found.key).toString("hex") : found.problem.code;
  };
  const first = await key("пароль ё", false);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  // The same letters as another keyboard may compose them.
  expect(await key("пароль ё".normalize("NFD"), true)).toBe(first);
  expect(await key("пароль е", true)).not.toBe(first);
  expect(asked).toEqual([true, false, false]);
  const salt = path.join(data, "state", "passphrase-salt");
  expect((await readFile(salt)).length).toBe(16);
  await rm(salt);
  expect(await key("пароль ё", true)).toBe("key_lost");
  expect(await stat(salt).catch(() => null)).toBeNull();
});
