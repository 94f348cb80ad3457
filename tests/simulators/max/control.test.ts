import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { startMax } from "./max.helper.ts";

const main = new URL("../../../simulators/max/main.ts", import.meta.url).pathname;

async function overHttp() {
  const started = await startMax();
  const call = async (operation: string, input: unknown) => {
    const body = typeof input === "string" ? input : JSON.stringify(input);
    const response = await fetch(`${started.max.controlUrl}/${operation}`, { method: "POST", body });
    return { status: response.status, value: z.record(z.string(), z.unknown()).parse(await response.json()) };
  };
  return { ...started, call };
}

test("over HTTP a channel is made, posted to, edited and read", async () => {
  const { call, max, control } = await overHttp();
  const { value } = await call("createChannel", { title: "Расписание" });
  const { chatId } = z.object({ chatId: z.string() }).parse(value);
  const { mid } = (await call("publish", { chatId, text: "Экзамен" })).value;
  await call("edit", { mid, text: "Перенос" });
  const listed = await fetch(`${max.controlUrl}/messages?chatId=${chatId}`);
  expect(await listed.json()).toMatchObject([{ body: { mid, text: "Перенос" } }]);
  expect(control.channels()).toMatchObject([{ chatId, title: "Расписание", messages: 1 }]);
  expect((await call("remove", { mid })).status).toBe(200);
  expect(control.messages({ chatId })).toEqual([]);
});

test("media are taken as a body, as base64, or as a size to generate", async () => {
  const { call, max } = await overHttp();
  const posted = await fetch(`${max.controlUrl}/media?filename=a.txt`, { method: "POST", body: "abc" });
  expect(await posted.json()).toMatchObject({ mediaId: "m1", size: 3 });
  expect((await call("addMedia", { bytes: "AAAA" })).value).toMatchObject({ size: 3 });
  expect((await call("addMedia", { generated: { size: 9 } })).value).toMatchObject({ size: 9 });
});

test("wrong input is refused with the place that is wrong", async () => {
  const { call } = await overHttp();
  const refusal = async (operation: string, input: unknown) => {
    const { status, value } = await call(operation, input);
    return `${status} ${String(value.error)}`;
  };
  expect(await refusal("publish", { chatId: "-1", text: 3 })).toMatch(/^400 .*expected string.*\n.*at text/);
  expect(await refusal("publish", { chatId: "-1", txt: "" })).toMatch(/^400 .*"txt"/);
  expect(await refusal("publish", { chatId: "-1" })).toBe("400 no channel -1");
  expect(await refusal("addMedia", {})).toMatch(/either bytes or generated/);
  expect(await refusal("fault", { path: "*", fault: { kind: "earthquake" } })).toMatch(
    /^400 .*\n.*fault\.kind/s,
  );
  expect(await refusal("publish", "{")).toMatch(/^400 the body is not JSON/);
  expect(await refusal("dance", {})).toMatch(/^404 no operation "dance"; there are: createChannel,/);
});

test("in the process, too, naming what does not exist is an error that says so", async () => {
  const { control } = await startMax();
  const { chatId } = control.createChannel();
  expect(() => control.edit({ mid: "mid.none" })).toThrow("no message mid.none");
  const lost = { type: "image", media: "m9" } as const;
  expect(() => control.publish({ chatId, attachments: [lost] })).toThrow("no medium m9");
  expect(() => control.createChannel({ chatId })).toThrow("exists already");
});

test("the control interface is no part of what is counted or meets faults", async () => {
  const { call, control } = await overHttp();
  control.fault({ path: "*", fault: { kind: "reset" } });
  expect((await call("stats", {})).value).toMatchObject({ requests: 0, faultsPlanned: 1 });
});

test("run on its own it prints one line with its addresses and obeys MAX's rate limits", async () => {
  const child = spawn(process.execPath, [main, "--port", "0", "--token", "t"], { stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = z.tuple([z.string()]).parse(await once(createInterface(child.stdout), "line"));
  const found = /^MAX simulator: (http:\S+) control: (http:\S+) token: t$/.exec(line);
  expect((await fetch(`${found?.[1]}/me`, { headers: { authorization: "t" } })).status).toBe(200);
  const settings = await fetch(`${found?.[2]}/set`, { method: "POST", body: "{}" });
  expect(await settings.json()).toMatchObject({ updatesPerSecond: 2, requestsPerSecond: 30 });
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("a recorded update is queued as it stands, and the history follows it", async () => {
  const { call, control, ask, poll } = await overHttp();
  const message = (text: string) => ({
    recipient: { chat_id: -5, chat_type: "channel" },
    timestamp: 1_775_053_255_737,
    body: { mid: "mid.recorded", seq: 7, text, novelty: { deep: [1] } },
  });
  const update = (update_type: string, text: string) => ({
    update_type,
    timestamp: 5,
    message: message(text),
  });
  await call("replay", { update: update("message_created", "раз") });
  await call("replay", { update: update("message_edited", "два") });
  expect(JSON.parse((await ask("/messages/mid.recorded")).text)).toEqual(message("два"));
  expect(control.messages({ chatId: "-5" })).toHaveLength(1);
  control.set({ noMarker: "uncommitted" });
  expect((await poll()).updates.map((u) => u.message?.body.text)).toEqual(["раз", "два"]);
  await call("replay", {
    update: { update_type: "message_removed", timestamp: 5, message_id: "mid.recorded" },
  });
  expect(control.messages({ chatId: "-5" })).toEqual([]);
  expect((await call("replay", { update: { update_type: "message_created" } })).status).toBe(400);
});

test("run without a port it says how it is used", async () => {
  const child = spawn(process.execPath, [main], { stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  expect(await once(child, "close")).toEqual([1, null]);
  expect(complaint).toContain("usage: node simulators/max/main.ts --port N");
});
