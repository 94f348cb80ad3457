import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { isLoopback } from "../../config/addresses.ts";
import { good, place } from "./place.helper.ts";

/** What is added to the file, the key that must be named, words of the message in both languages. */
const wrong = [
  ["monitor: { listen: '0.0.0.0:9464' }", "monitor.listen", "allow_remote: true", "allow_remote: true"],
  [
    "monitor: { listen: '[::]:9464' }",
    "monitor.listen",
    "доступен не только с этой машины",
    "Others than this machine",
  ],
  ["monitor: { listen: 9464 }", "monitor.listen", "Нужны адрес и порт", "Address and port are needed"],
  ["silence: { after: sometimes }", "silence.after", "не меньше минуты", "at least a minute"],
  ["silence: { after: 5s }", "silence.after", "не меньше минуты", "at least a minute"],
  ["silence: 6h", "silence", "вложенные настройки", 'Settings "name: value"'],
  ["disk: { spool_max: 5 }", "disk.spool_max", "Нужен размер", "A size is needed"],
  ["disk: { keep_fre: 1 GB }", "disk.keep_fre", "«keep_free»", '"keep_free"'],
  ["notices: { command: mail }", "notices.command", "Нужен список", "A list, not empty"],
  ["notices: { command: [] }", "notices.command", "Нужен список", "A list, not empty"],
  [
    "notices: { webhook: 'http://far.example/x' }",
    "notices.webhook",
    "Нужен адрес https",
    "An https address",
  ],
  ["notices: { webhook_file: ./nowhere }", "notices.webhook_file", "не читается", "cannot be read"],
  [
    "notices: { webhook_file: ./hook, webhook: 'https://a.example' }",
    "notices.webhook",
    "Оставьте одно",
    "Keep one",
  ],
  [
    "notices: { webhook_file: ./hook }",
    "notices.webhook_file",
    "не адрес для уведомлений",
    "no address for notices",
  ],
] as const;

test.each(wrong)("%s is told with its place, in both languages", async (yaml, key, ru, en) => {
  const { folder, write, load, said } = await place();
  await writeFile(path.join(folder, "hook"), "not an address\n", { mode: 0o600 });
  await write("postern.yaml", `${good}${yaml}\n`);
  const loaded = await load();
  if (loaded.ok) throw new Error("nothing was found wrong");
  expect(said(loaded.errors, "ru")[0]).toContain(`${key}: `);
  expect(said(loaded.errors, "ru")[0]).toContain(ru);
  expect(said(loaded.errors, "en")[0]).toContain(en);
});

test("a webhook's address is a secret: no message, log or JSON shows it", async () => {
  const { write, load, said } = await place();
  await write("postern.yaml", `${good}notices: { webhook: 'http://far.example/token-canary' }\n`);
  const refused = await load();
  if (refused.ok) throw new Error("nothing was found wrong");
  expect(said(refused.errors, "en").join()).not.toContain("token-canary");
  await write("postern.yaml", `${good}notices: { webhook: 'https://far.example/token-canary' }\n`);
  const loaded = await load();
  if (!loaded.ok) throw new Error(said(loaded.errors, "en").join("\n"));
  expect(JSON.stringify(loaded.config)).not.toContain("token-canary");
  expect(loaded.config.notices.webhook?.reveal()).toContain("token-canary");
});

test("an address for the monitor that others reach is taken where that is said", async () => {
  const { write, load } = await place();
  await write("postern.yaml", `${good}monitor: { listen: '0.0.0.0:9464', allow_remote: true }\n`);
  const loaded = await load();
  expect(loaded.ok && loaded.config.monitor.listen).toEqual({ host: "0.0.0.0", port: 9464 });
});

test("what is loopback and what only looks like it", () => {
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
    expect(isLoopback(host), host).toBe(true);
  for (const host of [
    "0.0.0.0",
    "::",
    "127.example.org",
    "127.0.0.1.example.org",
    "10.0.0.1",
    "::ffff:10.0.0.1",
  ])
    expect(isLoopback(host), host).toBe(false);
});
