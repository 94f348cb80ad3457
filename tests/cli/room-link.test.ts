import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { readJoinLink } from "../../bridge/seal/link.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { roomLink } from "../../cli/commands/room-link.ts";
import { terminalQr } from "../../cli/qr.ts";
import { fakeIo, place, TOKEN, VAULT_KEY } from "./io.helper.ts";

async function room(yaml?: (base: string) => string) {
  const where = await place(yaml);
  expect(await roomInit(fakeIo(), { ...where.asked, room: "faculty", printCode: true })).toBe(0);
  return where;
}

const options = { room: "faculty", fromToday: false, png: null };

test("the link stands alone on stdout, and what to do with it on stderr", async () => {
  const { asked } = await room();
  const io = fakeIo();
  expect(await roomLink(io, { ...asked, ...options })).toBe(0);
  expect(io.stdout()).toMatch(/^https:\/\/page\.example\.org\/#j\.[\w-]{112}\n$/);
  expect(readJoinLink(await ready(), io.stdout().trim())).toMatchObject({ origins: [] });
  expect(io.stderr()).toContain("Do not send it over MAX");
  expect(io.stderr()).toContain("fewer than two places");
  expect(io.stderr()).not.toContain(io.stdout().trim().slice(-40));
  expect(io.stderr()).not.toMatch(/[▀▄█]/);
  expect(io.stdout() + io.stderr()).not.toMatch(new RegExp(`${TOKEN}|${VAULT_KEY}`));
});

test("with two places there is no warning, and the link names both", async () => {
  const { asked } = await room((base) =>
    base.replace("title: Faculty", "title: Faculty\n    origins: [a.example/x, b.example]"),
  );
  const io = fakeIo();
  await roomLink(io, { ...asked, ...options });
  expect(io.stderr()).not.toContain("fewer than two places");
  expect(io.stdout().trim()).toMatch(/\.a\.example\/x~b\.example$/);
});

test("a terminal is shown the link as a QR code, besides", async () => {
  const { asked } = await room();
  const io = fakeIo({ errIsTerminal: true });
  await roomLink(io, { ...asked, ...options });
  expect(io.stdout()).toMatch(/^https:\S+\n$/);
  expect(io.stderr()).toContain(terminalQr(io.stdout().trim()));
});

test("a QR code on a terminal is the code itself, dark on light, with light around it", () => {
  const lines = terminalQr("x").trimEnd().split("\n");
  const cells = lines.map((line) => {
    expect(line.startsWith("\u001b[38;5;16;48;5;231m")).toBe(true);
    return [...line].filter((sign) => " ▀▄█".includes(sign)).join("");
  });
  // Version 1: 21 modules, two of light at each side, two rows in one line.
  expect(cells.length).toBe(13);
  expect(new Set(cells.map((line) => line.length))).toEqual(new Set([25]));
  const upper = (line: string) => [...line].map((c) => (c === "█" || c === "▀" ? 1 : 0)).join("");
  expect(upper(cells[1] ?? "")).toMatch(/^001111111.*111111100$/);
  expect((cells[0] ?? "").trim()).toBe("");
});

test("a picture of the code is for its owner only, and no file is overwritten", async () => {
  const { asked, folder } = await room();
  const file = path.join(folder, "qr.png");
  const io = fakeIo();
  expect(await roomLink(io, { ...asked, ...options, png: file })).toBe(0);
  const picture = await readFile(file);
  expect(picture.subarray(0, 8).toString("latin1")).toBe("\u0089PNG\r\n\u001a\n");
  if (process.platform !== "win32") expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(io.stderr()).toContain(`QR code saved: ${file}`);

  await writeFile(file, "something of the person's");
  const again = fakeIo();
  expect(await roomLink(again, { ...asked, ...options, png: file })).toBe(2);
  expect(again.stderr()).toContain("exists and was not touched");
  expect(await readFile(file, "utf8")).toBe("something of the person's");

  const nowhere = fakeIo();
  expect(await roomLink(nowhere, { ...asked, ...options, png: path.join(folder, "no", "qr.png") })).toBe(2);
  expect(nowhere.stderr()).toContain("cannot be written");
});

test("a room without keys has no link, and looking for it makes nothing", async () => {
  const { asked, folder } = await place();
  const io = fakeIo();
  expect(await roomLink(io, { ...asked, ...options })).toBe(2);
  expect(io.stdout()).toBe("");
  expect(io.stderr()).toContain("npm run -s postern -- room init faculty");
  expect(await readdir(folder)).toEqual(["postern.yaml"]);
});

test.each([
  ["nothing listens", "listen: off"],
  ["any free port is taken", "listen: 127.0.0.1:0"],
  ["all addresses are listened on", 'listen: "0.0.0.0:8080"'],
])("where %s and no page is named, it says what to set", async (_name, listen) => {
  const { asked } = await place((base) =>
    base.replace("listen: 127.0.0.1:8080", listen).replace(/ {2}public_url: .*\n/, ""),
  );
  const io = fakeIo();
  expect(await roomLink(io, { ...asked, ...options })).toBe(1);
  expect(io.stdout()).toBe("");
  expect(io.stderr()).toContain("Set feed.public_url");
});

test("a link that opens on this machine only is one with a warning", async () => {
  const { asked } = await room((base) =>
    base.replace("127.0.0.1:8080", '"[::1]:8080"').replace(/ {2}public_url: .*\n/, ""),
  );
  const io = fakeIo();
  expect(await roomLink(io, { ...asked, ...options })).toBe(0);
  expect(io.stdout()).toMatch(/^http:\/\/\[::1\]:8080\/#j\./);
  expect(io.stderr()).toContain("opens on this machine only");
});

test("a wrong or a lost key opens nothing", async () => {
  const { asked } = await room();
  const wrong = fakeIo({ env: { POSTERN_VAULT_KEY: "1".repeat(64) } });
  expect(await roomLink(wrong, { ...asked, ...options })).toBe(2);
  expect(wrong.stdout()).toBe("");
  expect(wrong.stderr()).toContain("Nothing was written. What to check: docs/lost-key.md");
  const { POSTERN_VAULT_KEY, ...env } = fakeIo().env;
  const lost = { ...fakeIo(), env };
  expect(await roomLink(lost, { ...asked, ...options })).toBe(2);
});
