import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { launch, type Running } from "../e2e/processes.ts";
import { bridgeIn, startMax } from "../e2e/web/stack.helper.ts";
import { searchBytes } from "./search.helper.ts";

const TOKEN = "token-canary-7d40b1ce";
const TEXT = "КанарейкаПроцесса-90ef";

/** A bridge whose secrets come from files beside its settings; and, the way that is not advised, from its environment. */
async function bridge() {
  const max = await startMax(TOKEN);
  const chat = await max.channel("Факультет");
  const settings = (port: number, secrets: boolean): string => `version: 1
data: ./data
${secrets ? "vault: { key_file: ./vault.key }\n" : ""}sources:
  faculty: { type: max-bot, base_url: ${max.url}${secrets ? ", token_file: ./token" : ""} }
rooms:
  one: { type: sealed, title: Комната }
mappings:
  - { source: faculty, channel: ${chat}, rooms: [one] }
feed: { listen: "127.0.0.1:${port}", reader: false }
disk: { keep_free: 1 MB }
`;
  const b = await bridgeIn(({ port }) => settings(port, false), max.token);
  const key = b.env.POSTERN_VAULT_KEY;
  for (const [name, text] of [
    ["token", TOKEN],
    ["vault.key", key],
  ] as const) {
    await writeFile(path.join(b.folder, name), `${text}\n`);
    await chmod(path.join(b.folder, name), 0o600);
  }
  const config = path.join(b.folder, "files.yaml");
  await writeFile(config, settings(b.port, true), { mode: 0o600 });
  const fromFiles = (): Running => {
    const env = { LANG: "en_US.UTF-8", TMPDIR: b.folder };
    const running = launch(["cli/main.ts", "--config", config, "run"], env);
    onTestFinished(() => void running.process.kill("SIGKILL"));
    return running;
  };
  return { ...b, key, max, chat, fromFiles };
}

/** What other programs of the same user, and root, see of a process. */
const seen = (running: Running): Buffer =>
  Buffer.concat(["environ", "cmdline"].map((name) => readFileSync(`/proc/${running.process.pid}/${name}`)));

if (existsSync("/proc/self/environ"))
  test("secrets from files are in no environment and no argument of the process; those from the environment are", async () => {
    const b = await bridge();
    const files = b.fromFiles();
    await files.line(/The bridge runs/);
    expect(searchBytes("proc", seen(files), [TOKEN, b.key])).toEqual([]);
    files.process.kill("SIGTERM");
    expect(await files.ended).toBe(0);
    const environment = b.start();
    await environment.line(/The bridge runs/);
    const leaks = new Set(searchBytes("proc", seen(environment), [TOKEN, b.key]).map((l) => l.canary));
    expect(leaks).toEqual(new Set([TOKEN, b.key]));
    environment.process.kill("SIGTERM");
    expect(await environment.ended).toBe(0);
  }, 120_000);

test("a bridge that is cut down from outside writes no report of its memory, and prints nothing of it", async () => {
  const b = await bridge();
  const report = /^report\.|\.heapsnapshot$/;
  for (const signal of ["SIGUSR2", "SIGABRT"] as const) {
    const running = b.fromFiles();
    await running.line(/The bridge runs/);
    await b.max.publish({ chatId: b.chat, text: TEXT });
    const feed = path.join(b.folder, "data", "feed");
    await vi.waitFor(() => expect(readdirSync(feed)).toHaveLength(1), { timeout: 30_000 });
    running.process.kill(signal);
    expect(await running.ended).toBe(signal);
    expect(searchBytes("printed", Buffer.from(running.output()), [TEXT, TOKEN, b.key])).toEqual([]);
    for (const folder of [b.folder, process.cwd()])
      expect(readdirSync(folder).filter((name) => report.test(name))).toEqual([]);
  }
}, 120_000);
