import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserId } from "../../adapters/matrix/ids.ts";
import { withPassword } from "../../adapters/matrix/interactive.ts";
import {
  checkServer,
  deviceHasKeys,
  login,
  logout,
  removeDevice,
  whoAmI,
} from "../../adapters/matrix/login.ts";
import { patient } from "../../adapters/matrix/patience.ts";
import { uploadLimit } from "../../adapters/matrix/upload-limit.ts";
import { systemRandom } from "../../bridge/clock.ts";
import { environment, type Homeserver, startHomeserver } from "../e2e/matrix/homeserver.helper.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { json, listener } from "./listener.helper.ts";
import { botOn, got, handOn, never, wayTo } from "./world.helper.ts";

const o = { deviceName: "Laptop", random: systemRandom, known: null };

describe.skipIf(environment === null)("logging in to a real homeserver", () => {
  let server: Homeserver;
  beforeAll(async () => {
    server = await startHomeserver();
  }, 300_000);
  afterAll(() => server?.remove());

  test("a password gives a device whose name says nothing", async () => {
    const bot = await botOn(server);
    expect(got(await whoAmI(bot.api, never))).toEqual({ user: bot.user, device: bot.device });
    const names = server.rows("SELECT display_name FROM devices WHERE user_id = ?", bot.user);
    expect(names).toEqual([{ display_name: "Laptop" }]);
    expect(bot.device).toMatch(/^[A-Z]{10}$/);
    const short = bot.user.slice(0, bot.user.indexOf(":"));
    const proof = { kind: "password", user: short, password: bot.password } as const;
    expect(got(await login(wayTo(server.url), proof, o, never)).user).toBe(bot.user);
    expect(got(await checkServer(bot.api, never))).toBeNull();
    expect(got(await uploadLimit(bot.api, never))).toBe(600 * 2 ** 20);
  });

  test("a wrong password, an unknown name and a wrong token are told by the server's codes", async () => {
    const { user } = await server.register("bot");
    const way = wayTo(server.url);
    for (const proof of [
      { kind: "password", user, password: "wrong" },
      { kind: "password", user: "nobody", password: "wrong" },
    ] as const)
      expect(await login(way, proof, o, never)).toMatchObject({ kind: "fault", code: "M_FORBIDDEN" });
    expect(await login(way, { kind: "token", token: "wrong" }, o, never)).toMatchObject({
      kind: "fault",
      code: "M_UNKNOWN_TOKEN",
    });
  });

  test("a token is taken over with its device, which loses a telling name", async () => {
    const account = await server.register("bot");
    const hand = await server.login(account, "WITHNAME");
    await hand.call("PUT", "/devices/WITHNAME", { display_name: "Bridge of MAX" });
    const way = wayTo(server.url);
    const session = got(await login(way, { kind: "token", token: hand.token }, o, never));
    expect(session).toEqual({ user: hand.user, device: "WITHNAME", token: hand.token });
    const names = server.rows("SELECT display_name FROM devices WHERE device_id = 'WITHNAME'");
    expect(names).toEqual([{ display_name: "Laptop" }]);
  });

  test("a token whose device has another program's keys is not taken, unless they are ours", async () => {
    const hand = await handOn(server, "bot");
    const { user, device } = hand;
    const keys = { [`ed25519:${device}`]: "AAAA" };
    await hand.call("POST", "/keys/upload", {
      device_keys: { user_id: user, device_id: device, algorithms: [], keys, signatures: {} },
    });
    const way = wayTo(server.url);
    const proof = { kind: "token", token: hand.token } as const;
    expect(await login(way, proof, o, never)).toMatchObject({ kind: "fault", code: "device_in_use" });
    const api = way.api(hand.token);
    const me = got(await whoAmI(api, never));
    expect(got(await deviceHasKeys(api, me.user, me.device, never))).toBe(true);
    const again = await login(way, proof, { ...o, known: me.device }, never);
    expect(again).toMatchObject({ kind: "ok" });
  });

  test("logging out removes the device, and twice is as good as once", async () => {
    const bot = await botOn(server);
    got(await logout(bot.api, never));
    expect(await whoAmI(bot.api, never)).toMatchObject({ kind: "fault", code: "M_UNKNOWN_TOKEN" });
    expect(server.rows("SELECT device_id FROM devices WHERE user_id = ? AND NOT hidden", bot.user)).toEqual(
      [],
    );
    got(await logout(bot.api, never));
  });

  test("an old device whose token is lost is removed with the password, and with it alone", async () => {
    const bot = await botOn(server);
    const old = await server.login(bot, "OLD");
    const { device } = got(await whoAmI(wayTo(server.url).api(old.token), never));
    const remove = (password: string | null) =>
      removeDevice(bot.api, device, password === null ? null : { user: bot.user, password }, never);
    expect(await remove(null)).toMatchObject({ kind: "fault", code: "password_needed" });
    expect(await remove("wrong")).toMatchObject({ kind: "fault", code: "M_FORBIDDEN" });
    got(await remove(bot.password));
    got(await remove(bot.password));
    await expect(old.call("GET", "/account/whoami")).rejects.toThrow("M_UNKNOWN_TOKEN");
  });

  test("a limited login is told with the time that the server names", async () => {
    const limited = await startHomeserver({
      settings: {
        rc_login: {
          address: { per_second: 0.01, burst_count: 1 },
          account: { per_second: 0.01, burst_count: 1 },
          failed_attempts: { per_second: 0.01, burst_count: 1 },
        },
      },
    });
    try {
      const { user, password } = await limited.register("bot");
      const way = wayTo(limited.url);
      const proof = { kind: "password", user, password } as const;
      let last = await login(way, proof, o, never);
      for (let i = 0; i < 3 && last.kind === "ok"; i++) last = await login(way, proof, o, never);
      expect(last).toMatchObject({ kind: "fault", code: "M_LIMIT_EXCEEDED" });
      expect(last.kind === "fault" ? (last.retryAfter ?? 0) : 0).toBeGreaterThan(1_000);
    } finally {
      await limited.remove();
    }
  });
});

test("a server that does not answer is a value", async () => {
  const way = wayTo("http://127.0.0.1:1");
  const proof = { kind: "token", token: "x" } as const;
  expect(await login(way, proof, o, never)).toMatchObject({ kind: "fault", code: "unreachable" });
  expect(await logout(way.api("x"), never)).toMatchObject({ kind: "fault", code: "unreachable" });
});

test("a server without passwords, one that is too old and one that is none are told apart", async () => {
  const server = await listener((heard, response) => {
    if (heard.path.endsWith("/login")) return json(response, 200, { flows: [{ type: "m.login.sso" }] });
    if (heard.path === "/old/_matrix/client/versions") return json(response, 200, { versions: ["r0.6.1"] });
    response.end("hello");
  });
  const proof = { kind: "password", user: "a", password: "b" } as const;
  expect(await login(wayTo(server.url), proof, o, never)).toMatchObject({ code: "no_password_login" });
  expect(await checkServer(wayTo(`${server.url}/old`).api(null), never)).toMatchObject({ code: "too_old" });
  expect(await checkServer(wayTo(server.url).api(null), never)).toMatchObject({ code: "not_matrix" });
});

test("a guest's token and one of no device are refused", async () => {
  let me: unknown = { user_id: "@a:h", device_id: "X", is_guest: true };
  const server = await listener((_heard, response) => json(response, 200, me));
  const api = wayTo(server.url).api("t");
  expect(await whoAmI(api, never)).toMatchObject({ code: "guest" });
  me = { user_id: "@a:h" };
  expect(await whoAmI(api, never)).toMatchObject({ code: "no_device" });
  me = { user_id: "a" };
  expect(await whoAmI(api, never)).toMatchObject({ code: "bad_answer" });
});

test("an authentication that needs more than a password is told as such, and the password is not sent", async () => {
  const flows = [{ stages: ["m.login.sso"] }, { stages: ["m.login.password", "m.login.terms"] }];
  const server = await listener((_heard, response) => json(response, 401, { session: "s", flows }));
  const call = { method: "POST", path: "/_matrix/x", body: { a: 1 } } as const;
  const answer = await withPassword(
    wayTo(server.url).api("t"),
    call,
    { user: UserId.parse("@a:h"), password: "sesame" },
    never,
  );
  expect(answer).toMatchObject({ kind: "refused", errcode: "other_proof_needed" });
  expect(server.heard.some((h) => String(h.body).includes("sesame"))).toBe(false);
});

test("who is patient waits out a limit as long as the server says, and no longer than allowed", async () => {
  const clock = new HandClock();
  const answers = [3_000, 9_000];
  const asked: number[] = [];
  const api = patient(
    {
      call: async () => {
        asked.push(clock.now());
        const after = answers.shift();
        return after === undefined
          ? { kind: "ok", body: {} }
          : { kind: "refused", status: 429, errcode: "M_LIMIT_EXCEEDED", retryAfter: after, body: null };
      },
    },
    clock,
    10_000,
  );
  const start = clock.now();
  const call = api.call({ method: "GET", path: "/_matrix/x" }, never);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(2_999);
  expect(asked).toHaveLength(1);
  clock.advance(1);
  expect(await call).toMatchObject({ kind: "refused", status: 429 });
  expect(asked).toEqual([start, start + 3_000]);
});
