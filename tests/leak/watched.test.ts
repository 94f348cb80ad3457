import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { freePort } from "../e2e/processes.ts";
import { bridgeIn, startMax } from "../e2e/web/stack.helper.ts";
import { searchBytes } from "./search.helper.ts";

const TEXT = "КанарейкаВТексте-5ad310";
const FILE = "канарейка-имя-файла-77c2.docx";
const SENDER = "Отправителева-Канарейка-c01d";
const USER = "804126731188";
const TOKEN = "token-canary-31bb7e0c";
const HOOK = "hook-canary-9d27e1aa";
const SECRET = "bearer-canary-44f0c2";

/** A program that notes down all that it is told: stdin, environment, arguments. */
const TELLER = `import { appendFileSync, readFileSync } from "node:fs";
appendFileSync(process.argv[2], JSON.stringify({ text: readFileSync(0, "utf8"), env: process.env, args: process.argv }) + "\\n");
`;

test("metrics, readiness and notices of a real bridge tell codes, counts and configured names, and no canary", async () => {
  const max = await startMax(TOKEN);
  const chat = await max.channel("Факультет");
  const own = await mkdtemp(path.join(tmpdir(), "postern-told-"));
  onTestFinished(() => rm(own, { recursive: true, force: true }));
  const told = path.join(own, "told");
  await writeFile(path.join(own, "tell.mjs"), TELLER);
  const posted: string[] = [];
  const hook = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
    });
    request.on("end", () => {
      posted.push(body);
      response.writeHead(200).end();
    });
  });
  const hookPort = await freePort();
  await new Promise<void>((resolve) => hook.listen(hookPort, "127.0.0.1", resolve));
  onTestFinished(() => void hook.close());
  const port = await freePort();
  const b = await bridgeIn(
    ({ port: feed }) => `version: 1
data: ./data
sources:
  faculty: { type: max-bot, base_url: ${max.url} }
rooms:
  one: { type: sealed, title: Комната }
mappings:
  - { source: faculty, channel: ${chat}, rooms: [one], senders: ['${USER}'] }
feed: { listen: "127.0.0.1:${feed}", reader: false }
monitor: { listen: "127.0.0.1:${port}" }
disk: { keep_free: 1 MB }
notices: { command: ["${process.execPath}", "${path.join(own, "tell.mjs")}", "${told}"] }
`,
    max.token,
  );
  const running = b.start(undefined, [], {
    POSTERN_NOTICES_WEBHOOK: `http://127.0.0.1:${hookPort}/${HOOK}`,
    POSTERN_NOTICES_WEBHOOK_SECRET: SECRET,
  });
  const ask = async (place: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/${place}`);
    return { status: answer.status, text: await answer.text() };
  };
  await running.line(/The bridge runs/);
  expect(await ask("live")).toEqual({ status: 200, text: '{"live":true}\n' });
  await vi.waitFor(async () => expect((await ask("ready")).status).toBe(200), { timeout: 30_000 });
  const { mediaId } = await max.media({
    bytes: Buffer.from("x".repeat(5_000)).toString("base64"),
    filename: FILE,
  });
  await max.publish({
    chatId: chat,
    text: TEXT,
    sender: { userId: USER, firstName: SENDER },
    attachments: [{ type: "file", media: mediaId }],
  });
  await vi.waitFor(
    async () => {
      const { text } = await ask("metrics");
      expect(text).toContain('postern_announcements_total{source="faculty",event="accepted"} 1\n');
      expect(text).toContain('postern_deliveries_total{room="one",outcome="sent"}');
      expect(text).toContain('postern_media_total{result="ready"} 1\n');
    },
    { timeout: 30_000 },
  );
  await fetch(`http://127.0.0.1:${b.port}/`);
  const flowing = await ask("metrics");
  expect(flowing.text).toMatch(/^postern_feed_requests_total [1-9]/m);
  expect(flowing.text).toMatch(/^postern_lane_length\{room="one"\} 0$/m);
  expect(flowing.text).toMatch(/^postern_free_bytes \d{6,}$/m);
  expect(flowing.text).toMatch(/^postern_certificate_days\{room="one"\} (399|400)$/m);
  // The token is taken back: the rep is told by both ways, and what watches sees a known trouble.
  await max.call("fault", { path: "/updates", times: 1000, fault: { kind: "status", status: 401 } });
  // It ends the poll that is held, and the next one is refused.
  await max.publish({ chatId: chat, text: TEXT });
  await vi.waitFor(() => expect([existsSync(told), posted.length]).toEqual([true, 1]), { timeout: 60_000 });
  await vi.waitFor(
    async () => expect((await ask("metrics")).text).toContain('postern_troubles{code="source_stopped"} 1'),
    { timeout: 10_000 },
  );
  const stopped = await ask("ready");
  expect(JSON.parse(stopped.text)).toMatchObject({
    ready: true,
    known: [{ code: "source_trouble", source: "faculty", reason: "token_refused" }],
  });
  expect(JSON.parse(posted[0] ?? "")).toMatchObject({
    code: "source_stopped",
    source: "faculty",
    state: "trouble",
  });
  const command: { env: Record<string, string>; text: string } = JSON.parse(
    readFileSync(told, "utf8").trim(),
  );
  expect(command.text).toContain('The source "faculty" is no longer read');
  expect(Object.keys(command.env).filter((n) => n.startsWith("POSTERN"))).toEqual(
    expect.arrayContaining(["POSTERN_NOTICE_CODE", "POSTERN_NOTICE_SOURCE"]),
  );
  const metrics = await ask("metrics");
  running.process.kill("SIGTERM");
  expect(await running.ended).toBe(0);
  const all = [
    flowing.text,
    metrics.text,
    stopped.text,
    posted.join("\n"),
    readFileSync(told, "utf8"),
    running.output(),
  ];
  const secrets = [
    TEXT,
    FILE,
    SENDER,
    USER,
    TOKEN,
    HOOK,
    SECRET,
    b.env.POSTERN_VAULT_KEY,
    b.roomId("one"),
    chat,
  ];
  expect(searchBytes("told", Buffer.from(all.join("\n")), secrets)).toEqual([]);
  // The search would find it.
  expect(searchBytes("told", Buffer.from(`${all.join("\n")}${TEXT}`), secrets)).not.toEqual([]);
}, 180_000);
