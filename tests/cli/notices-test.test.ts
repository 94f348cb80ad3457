import { readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { noticeCodes } from "../../bridge/notices/port.ts";
import { noticesTest } from "../../cli/commands/notices-test.ts";
import { noticeText } from "../../cli/notice-words.ts";
import { fakeIo, place } from "./io.helper.ts";

async function hook(status: number) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
    });
    request.on("end", () => {
      bodies.push(body);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return {
    bodies,
    url: `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/x`,
  };
}

test("a test goes by every way, and it is said which arrived", async () => {
  const { url, bodies } = await hook(200);
  const { asked, folder } = await place(
    (base) =>
      `${base}notices: { command: ["${process.execPath}", "./tell.mjs"], webhook: "${url}" }\nlog: { file: ./postern.log }\n`,
  );
  const teller = path.join(folder, "tell.mjs");
  const out = path.join(folder, "out");
  await writeFile(
    teller,
    `import { readFileSync, writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(out)}, readFileSync(0));`,
  );
  await writeFile(
    path.join(folder, "postern.yaml"),
    readFileSync(path.join(folder, "postern.yaml"), "utf8").replace("./tell.mjs", teller),
    { mode: 0o600 },
  );
  const io = fakeIo();
  expect(await noticesTest(io, asked)).toBe(0);
  expect(io.stdout()).toBe("✓ log: taken\n✓ command: taken\n✓ webhook: taken\n");
  expect(readFileSync(out, "utf8")).toContain("This is a test");
  expect(JSON.parse(bodies[0] ?? "")).toMatchObject({
    code: "test",
    text: expect.stringContaining("This is a test"),
  });
  expect(readFileSync(path.join(folder, "postern.log"), "utf8")).toContain('"reason":"test"');
});

test("a way that does not work is told with what to look at", async () => {
  const { url } = await hook(500);
  const { asked, folder } = await place(
    (base) =>
      `${base}notices: { command: ["/nowhere/at-all"], webhook: "${url}" }\nlog: { file: ./logs/postern.log }\n`,
  );
  const io = fakeIo();
  expect(await noticesTest(io, asked)).toBe(2);
  // The log's folder is not there.
  expect(io.stdout()).toMatch(/^✗ log: it could not be written.*\n✗ command: .*\n✗ webhook: .*\n$/);
  const { config } = asked;
  await writeFile(config, readFileSync(config, "utf8").replace("./logs/", "./"), { mode: 0o600 });
  await chmod(folder, 0o700);
  const again = fakeIo();
  expect(await noticesTest(again, asked)).toBe(2);
  expect(again.stdout()).toMatch(/^✓ log: taken\n✗ command: .*notices\.command.*\n✗ webhook: .*2xx.*\n$/);
});

test("with the log alone it says that nobody else is told", async () => {
  const { asked } = await place();
  const io = fakeIo();
  expect(await noticesTest(io, asked)).toBe(2);
  expect(io.stdout()).toBe("✓ log: taken\n");
  expect(io.stderr()).toContain("Set notices.command or notices.webhook");
});

test("each notice has words in both languages, for the trouble and for its end", () => {
  const at = Date.UTC(2026, 10, 2, 12);
  for (const code of noticeCodes)
    for (const state of ["trouble", "back"] as const) {
      const notice = { code, state, since: at - 7_200_000, at, count: 3, reason: "timeout" } as const;
      expect(noticeText(notice, "ru"), code).toMatch(/[а-яё]{3}.*\.|«/i);
      expect(noticeText(notice, "en"), code).not.toMatch(/[а-яё]|undefined/i);
    }
});
