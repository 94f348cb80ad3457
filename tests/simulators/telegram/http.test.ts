import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Api, GrammyError, HttpError, InputFile } from "grammy";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type StartOptions, startTelegramSimulator } from "../../../simulators/telegram/server.ts";

async function start(options: StartOptions = {}) {
  const telegram = await startTelegramSimulator(options);
  onTestFinished(() => telegram.close());
  const api = new Api(telegram.token, { apiRoot: telegram.url });
  const { chatId } = telegram.control.createChat({ title: "Расписание" });
  return { ...telegram, api, chatId };
}

async function* stream(size: number, piece = 65_536) {
  const bytes = Buffer.alloc(piece, "Postern! ");
  for (let left = size; left > 0; left -= piece) yield bytes.subarray(0, Math.min(left, piece));
}

describe("grammY", () => {
  test("writes, edits, pins, removes, and is told why not", async () => {
    const { api, control, chatId } = await start();
    expect(await api.getMe()).toMatchObject({ is_bot: true });
    const sent = await api.sendMessage(chatId, "Экзамен", {
      reply_markup: { inline_keyboard: [[{ text: "ⓘ", url: "https://example.org/" }]] },
    });
    await api.editMessageText(chatId, sent.message_id, "Экзамен перенесён");
    const refused = await api.pinChatMessage(chatId, sent.message_id).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(GrammyError);
    expect(control.chat({ chatId }).messages).toMatchObject([{ text: "Экзамен перенесён", buttons: [] }]);
    await api.deleteMessage(chatId, sent.message_id);
    expect(control.chat({ chatId }).messages).toEqual([]);
  });

  test("uploads by stream, alone and in an album, with Russian names; small files can be fetched again", async () => {
    const { api, control, chatId, url, token } = await start();
    const bytes = Buffer.from("билеты к экзамену");
    const sent = await api.sendDocument(chatId, new InputFile(bytes, "Билеты; часть 1.pdf"), {
      caption: "Вопросы",
    });
    await api.sendMediaGroup(chatId, [
      { type: "document", media: new InputFile(stream(100_000), "a.zip") },
      { type: "document", media: new InputFile(stream(200_001, 777), "b.zip"), caption: "два файла" },
    ]);
    const { messages } = control.chat({ chatId });
    expect(messages.map((m) => [m.media?.name, m.media?.size, m.text])).toEqual([
      ["Билеты; часть 1.pdf", bytes.length, "Вопросы"],
      ["a.zip", 100_000, ""],
      ["b.zip", 200_001, "два файла"],
    ]);
    const { file_path } = await api.getFile(sent.document.file_id);
    const got = await fetch(`${url}/file/bot${token}/${file_path}`);
    expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes);
    expect(control.sawBytes("часть 1")).toBe(true);
    expect(control.sawBytes("никогда")).toBe(false);
  });

  test("an upload of 120 MB leaves only its size and digest, and what was watched for is seen in it", async () => {
    const { api, control, chatId } = await start({
      settings: { ownServer: true, keepBytes: 1_000, recordBytes: 10_000 },
    });
    control.watch("Postern! Postern!");
    control.watch("never there");
    const size = 120 << 20;
    const before = process.memoryUsage().arrayBuffers;
    setFlagsFromString("--expose-gc");
    await api.sendVideo(chatId, new InputFile(stream(size), "лекция.mp4"));
    // What is garbage by now counts for nothing.
    runInNewContext("gc")();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
    const hash = createHash("sha256");
    for await (const piece of stream(size)) hash.update(piece);
    const media = control.chat({ chatId }).messages[0]?.media;
    expect(media).toMatchObject({ form: "video", size, hash: hash.digest("hex") });
    expect(control.fileBytes(media?.fileId ?? "")).toBeNull();
    expect(control.sawBytes("Postern! Postern!")).toBe(true);
    expect(control.sawBytes("never there")).toBe(false);
    expect(() => control.sawBytes("not watched")).toThrow("not all requests were kept");
  });

  test("meets 429, a lost answer, a page in place of an answer, and a closed door", async () => {
    const { api, control, chatId, listening } = await start();
    control.limit({ seconds: 5, chatId });
    expect(await api.sendMessage(chatId, "1").catch((e: unknown) => e)).toMatchObject({
      error_code: 429,
      parameters: { retry_after: 5 },
    });
    control.setClock({ advanceMs: 5_000 });
    for (const kind of ["accepted_then_dropped", "bad_gateway", "garbage"] as const) {
      control.fault({ fault: { kind } });
      expect(await api.sendMessage(chatId, kind).catch((e: unknown) => e)).toBeInstanceOf(HttpError);
    }
    expect(control.chat({ chatId }).messages.map((m) => m.text)).toEqual([
      "accepted_then_dropped",
      "garbage",
    ]);
    await listening(false);
    expect(await api.sendMessage(chatId, "2").catch((e: unknown) => e)).toBeInstanceOf(HttpError);
    await listening(true);
    await api.sendMessage(chatId, "3");
  });
});

test("forms and queries are understood as JSON is; too large a body is 413, odd ones 400", async () => {
  const { url, token, chatId } = await start();
  const call = async (body: BodyInit | null, headers = {}, query = "") => {
    const response = await fetch(`${url}/bot${token}/sendmessage${query}`, { method: "POST", body, headers });
    const answer: unknown = await response.json();
    return answer;
  };
  const form = new URLSearchParams({ chat_id: String(chatId), text: "форма", disable_notification: "true" });
  expect(await call(form)).toMatchObject({ ok: true, result: { message_id: 1 } });
  expect(await call(null, {}, `?${form}`)).toMatchObject({ ok: true, result: { message_id: 2 } });
  const data = new FormData();
  data.set("chat_id", String(chatId));
  data.set("text", "жирный");
  data.set("entities", JSON.stringify([{ type: "bold", offset: 0, length: 6 }]));
  expect(await call(data)).toMatchObject({ ok: true, result: { entities: [{ type: "bold" }] } });
  expect(await call("{", { "content-type": "application/json" })).toMatchObject({ error_code: 400 });
  expect(await call("a".repeat(5 << 20))).toMatchObject({ error_code: 413 });
  // An album's files count together.
  const album = new FormData();
  for (const name of ["a", "b"]) album.set(name, new Blob([Buffer.alloc(27 << 20)]), name);
  expect(await call(album)).toMatchObject({ error_code: 413 });
});

test("the control interface speaks JSON over HTTP and says what is wrong", async () => {
  const { url } = await start();
  const control = async (name: string, body: object) => {
    const response = await fetch(`${url}/control/${name}`, { method: "POST", body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    return [response.status, answer] as const;
  };
  const [, made] = await control("createChat", { title: "Ещё канал" });
  expect(made).toMatchObject({ chatId: expect.any(Number) });
  expect(await control("post", { chatId: "-5", text: "a" })).toMatchObject([400, { error: "no chat -5" }]);
  expect(await control("nothing", {})).toMatchObject([404, {}]);
  expect(await control("limit", { seconds: "many" })).toMatchObject([
    400,
    { error: expect.stringContaining("seconds") },
  ]);
  expect((await fetch(`${url}/control/chats`)).status).toBe(200);
});

test("run on its own it prints where it is, and enforces Telegram's rates", async () => {
  const main = path.resolve(import.meta.dirname, "../../../simulators/telegram/main.ts");
  const child = spawn(process.execPath, [main, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const [, url, token] = /^Telegram simulator: (\S+) control: \S+ token: (\S+)\n$/.exec(String(line)) ?? [];
  const made = await fetch(`${url}/control/createChat`, { method: "POST", body: "{}" });
  const { chatId } = z.object({ chatId: z.int() }).parse(await made.json());
  const api = new Api(token ?? "", { apiRoot: url ?? "" });
  await api.sendMessage(chatId, "раз");
  expect(await api.sendMessage(chatId, "два").catch((e: unknown) => e)).toMatchObject({ error_code: 429 });
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});
