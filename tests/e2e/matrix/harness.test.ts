import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { needed } from "./environment.helper.ts";
import { faults, startFaultProxy } from "./faults.helper.ts";
import { environment, type Homeserver, startHomeserver } from "./homeserver.helper.ts";
import { type Reader, startReader } from "./nio.helper.ts";
import { startSecondMachine } from "./second.helper.ts";

const soon = <R>(look: () => Promise<R>): Promise<R> => vi.waitFor(look, { timeout: 20_000, interval: 50 });
const CANARY = "Пересдача-k7Qx9 в аудитории 412";

describe.skipIf(environment === null)("the tests' own homeserver and client", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  /** A reader that ends with its test. */
  const reader = async (name: string, url = server.url): Promise<Reader> => {
    const made = await startReader({ url, account: await server.register(name) });
    onTestFinished(() => made.close());
    return made;
  };
  /** A room of the first's with the second in it; both know it. */
  const together = async (one: Reader, other: Reader): Promise<string> => {
    const room = await one.create([other.user]);
    await soon(async () => expect((await other.rooms()).invited).toContain(room));
    await other.join(room);
    await soon(async () => expect((await other.rooms()).joined[room]?.encrypted).toBe(true));
    return room;
  };

  test("two clients read each other through the homeserver, which holds nothing in clear", async () => {
    const [one, other] = await Promise.all([reader("dean"), reader("student")]);
    const room = await together(one, other);
    const first = await one.send(room, CANARY);
    await one.send(room, {
      msgtype: "m.text",
      body: `* ${CANARY}!`,
      "m.new_content": { msgtype: "m.text", body: `${CANARY}!`, format: "x", formatted_body: "<b>!</b>" },
      "m.relates_to": { rel_type: "m.replace", event_id: first },
    });
    const file = await one.upload(`${CANARY} as a file`);
    await one.send(room, {
      msgtype: "m.file",
      body: "a.txt",
      file,
      "m.relates_to": { "m.in_reply_to": { event_id: first } },
    });
    await soon(async () =>
      expect(await other.shown(room)).toMatchObject([
        { event: first, body: `${CANARY}!`, html: "<b>!</b>", edits: 1, replyTo: null },
        { kind: "m.file", replyTo: first },
      ]),
    );
    const text = `${CANARY} as a file`;
    const sha256 = createHash("sha256").update(text).digest("hex");
    expect(await other.download(file)).toEqual({ size: Buffer.byteLength(text), sha256 });
    expect(server.search([CANARY])).toEqual([]);
    // The search itself: what is sent in clear is found.
    const hand = await server.login(await server.register("clear"));
    const made = z.object({ room_id: z.string() }).parse(await hand.call("POST", "/createRoom"));
    await hand.call("PUT", `/rooms/${encodeURIComponent(made.room_id)}/send/m.room.message/1`, {
      msgtype: "m.text",
      body: CANARY,
    });
    expect(server.search([CANARY]).length).toBeGreaterThan(0);
  });

  test("a device that is not in the room, or was, cannot read or write there", async () => {
    const [one, other] = await Promise.all([reader("dean"), reader("student")]);
    const room = await together(one, other);
    const account = await server.register("late");
    await one.send(room, "before");
    await soon(async () => expect(await other.shown(room)).toMatchObject([{ body: "before" }]));
    const late = await startReader({ url: server.url, account });
    onTestFinished(() => late.close());
    await expect(late.timeline(room)).rejects.toThrow(/M_FORBIDDEN|not in room|403/);
    await other.leave(room);
    await expect(other.send(room, "I left")).rejects.toThrow();
  });

  test("a repeated transaction is one event, and two after the homeserver forgot its transactions", async () => {
    const hand = await server.login(await server.register("bot"));
    const { room_id } = z.object({ room_id: z.string() }).parse(await hand.call("POST", "/createRoom"));
    const room = encodeURIComponent(room_id);
    const send = async () =>
      z
        .object({ event_id: z.string() })
        .parse(await hand.call("PUT", `/rooms/${room}/send/m.room.encrypted/one`, { ciphertext: "…" }))
        .event_id;
    const first = await send();
    expect(await send()).toBe(first);
    const before = Date.now();
    await server.outage();
    const second = await send();
    expect(second).not.toBe(first);
    const event = z
      .object({ origin_server_ts: z.number() })
      .parse(await hand.call("GET", `/rooms/${room}/event/${encodeURIComponent(second)}`));
    expect(event.origin_server_ts).toBeGreaterThan(before + 24 * 3_600_000);
    expect(server.ahead).toBe(25 * 3_600_000);
  });

  test("the second machine tells a device that its owner has signed from one that is not", async () => {
    const one = await startSecondMachine(server, await server.register("dean"));
    const other = await startSecondMachine(server, await server.register("student"));
    onTestFinished(() => {
      one.close();
      other.close();
    });
    expect(await other.sees(one.user, one.device)).toMatchObject({ known: true, crossSigned: false });
    await one.publishIdentity();
    const seen = await other.sees(one.user, one.device);
    expect(seen).toMatchObject({ known: true, identity: true, crossSigned: true });
    expect(seen.master).toMatch(/^[A-Za-z0-9+/]{43}$/);
    expect(await other.takeBundle("!none:postern.test", one.user)).toBe(false);
  });

  test("the proxy does to calls what is laid, counts it and finds what is watched for", async () => {
    const proxy = await startFaultProxy({ to: server.port, seed: 7 });
    onTestFinished(() => proxy.close());
    const versions = () => fetch(`${proxy.url}/_matrix/client/versions`, { keepalive: false });
    expect((await versions()).status).toBe(200);
    const laid = proxy.lay({ path: /versions/, fault: faults.limited(1_234), times: 1 });
    const limited = await versions();
    expect([limited.status, await limited.json()]).toMatchObject([429, { retry_after_ms: 1_234 }]);
    expect((await versions()).status).toBe(200);
    expect(laid.hits).toBe(1);
    for (const fault of [faults.cutBefore, faults.cutAfter]) {
      proxy.lay({ path: /versions/, fault, times: 1 });
      await expect(versions()).rejects.toThrow();
    }
    proxy.lay({ path: /versions/, fault: faults.cutWithin, times: 1 });
    await expect(versions().then((answer) => answer.text())).rejects.toThrow();
    proxy.lay({ path: /versions/, fault: faults.silentAfter, times: 1 });
    await expect(
      fetch(`${proxy.url}/_matrix/client/versions`, { signal: AbortSignal.timeout(300) }),
    ).rejects.toThrow(/timeout/);
    expect(proxy.seen(/versions/)).toHaveLength(7);
    proxy.watch([CANARY]);
    await fetch(`${proxy.url}/_matrix/x`, { method: "POST", body: JSON.stringify({ body: CANARY }) });
    expect(proxy.leaks).toEqual([`POST /_matrix/x: ${CANARY}`]);
  });

  test("with the encryption withdrawn no look-up through the proxy tells of it", async () => {
    const hand = await server.login(await server.register("bot"));
    const { room_id } = z.object({ room_id: z.string() }).parse(
      await hand.call("POST", "/createRoom", {
        initial_state: [
          { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
        ],
      }),
    );
    const proxy = await startFaultProxy({ to: server.port });
    onTestFinished(() => proxy.close());
    const headers = { authorization: `Bearer ${hand.token}` };
    const look = async (path: string) => {
      const answer = await fetch(`${proxy.url}/_matrix/client/v3${path}`, { headers });
      return answer.text();
    };
    const room = encodeURIComponent(room_id);
    const ways = [`/rooms/${room}/state`, "/sync", `/rooms/${room}/messages?dir=b&limit=50`];
    for (const way of ways) expect(await look(way)).toContain("m.room.encryption");
    const laid = proxy.withdrawEncryption();
    for (const way of ways) expect(await look(way)).not.toContain('"type":"m.room.encryption"');
    expect(await look(`/rooms/${room}/state/m.room.encryption`)).toContain("M_NOT_FOUND");
    expect(laid.map((rule) => rule.hits)).toEqual([3, 1]);
  });

  test("the client's script is in order", () => {
    const ruff = path.join(needed().folder, "bin", "ruff");
    for (const args of [["check"], ["format", "--check"]]) {
      const done = spawnSync(ruff, [...args, "--no-cache", import.meta.dirname], { encoding: "utf8" });
      expect(`${done.stdout}${done.stderr}`, args.join(" ")).toMatch(/All checks passed|already formatted/);
    }
  });
});
