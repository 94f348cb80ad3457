import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tellReady } from "../../cli/service-manager.ts";
import { bridgeIn, startMax } from "../e2e/web/stack.helper.ts";

const SOCKET = "/run/systemd/notify";

/** A folder with a `systemd-notify` that writes down how it was called, with which environment, and ends so. */
async function notifier(code: number) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-notify-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = path.join(folder, "systemd-notify");
  const called = path.join(folder, "called");
  await writeFile(program, `#!/bin/sh\necho "called: $*" >> ${called}\nenv >> ${called}\nexit ${code}\n`);
  await chmod(program, 0o755);
  return {
    env: { NOTIFY_SOCKET: SOCKET, PATH: `${folder}${path.delimiter}${process.env.PATH ?? ""}` },
    called: () => readFile(called, "utf8").catch(() => ""),
  };
}

test("systemd is told that the bridge runs where it asked to be told, and is shown no secret", async () => {
  const { env, called } = await notifier(0);
  expect(await tellReady({ ...env, POSTERN_VAULT_KEY: "canary-key" })).toBe(true);
  const told = await called();
  expect(told).toContain("called: --ready\n");
  expect(told).toContain(`NOTIFY_SOCKET=${SOCKET}\n`);
  expect(told).not.toContain("canary-key");
});

test("without a service manager no program is called", async () => {
  const { env, called } = await notifier(0);
  expect(await tellReady({ PATH: env.PATH })).toBe(true);
  expect(await tellReady({ PATH: env.PATH, NOTIFY_SOCKET: "" })).toBe(true);
  expect(await called()).toBe("");
});

test("a notifier that fails or is missing is told apart from one that worked", async () => {
  const { env } = await notifier(1);
  expect(await tellReady(env)).toBe(false);
  expect(await tellReady({ ...env, PATH: tmpdir() })).toBe(false);
});

test("a service is ready when its feed answers, not before", async () => {
  const { env, called } = await notifier(0);
  const { bridge, max } = await stack();
  const running = bridge.start(undefined, [], env);
  await running.line(/The bridge runs/);
  await max.polled(1);
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  expect((await called()).match(/^called: --ready$/gm)).toHaveLength(1);

  // A port that is taken: systemd never hears that it runs.
  const lost = await notifier(0);
  const again = await stack(new URL(max.url).host);
  const refused = again.bridge.start(undefined, [], lost.env);
  expect(await refused.ended).toBe(2);
  expect(await lost.called()).toBe("");
});

test("whoever runs it is told when systemd could not be told, and announcements go on", async () => {
  const { env } = await notifier(1);
  const { bridge, max } = await stack();
  const running = bridge.start(undefined, [], env);
  await running.line(/systemd waits to be told that the bridge runs, and could not be told/);
  await max.polled(1);
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
});

async function stack(listen?: string) {
  const max = await startMax();
  const channel = await max.channel("Факультет");
  const bridge = await bridgeIn(
    ({ port }) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  one: { type: sealed, title: Комната }
mappings:
  - { source: faculty, channel: ${channel}, rooms: [one] }
feed: { listen: "${listen ?? `127.0.0.1:${port}`}", reader: false }
`,
    max.token,
  );
  return { max, bridge };
}
