import fc from "fast-check";
import { expect, test } from "vitest";
import type { Answer } from "../../adapters/matrix/api.ts";
import { media } from "../core.helper.ts";
import { accept, arrival, removal } from "../store/arrivals.helper.ts";
import { lost, PLACE, refused } from "./homeserver.helper.ts";
import { type World, world } from "./room.helper.ts";

const never = new AbortController().signal;
const CANARY = /канарейк|canary|КАНАРЕЙК/u;
const canaries = ["канарейка", "canary-line", "КАНАРЕЙКА 12 июня", "https://canary.example.org/x"];

const answers: readonly Answer[] = [
  lost,
  { kind: "lost", code: "server_error", retryAfter: 10 },
  { kind: "lost", code: "unreachable", retryAfter: null },
  { kind: "lost", code: "not_matrix", retryAfter: null },
  { kind: "ok", body: null },
  { kind: "ok", body: { event_id: 7, content_uri: "http://odd", chunk: "odd" } },
  refused(400, "M_BAD_JSON"),
  refused(401, "M_UNKNOWN_TOKEN"),
  refused(403, "M_FORBIDDEN"),
  refused(404, "M_NOT_FOUND"),
  refused(413, "M_TOO_LARGE"),
  refused(429, "M_LIMIT_EXCEEDED", 50),
];

type Step =
  | { readonly do: "post" | "edit"; readonly n: number; readonly text: string; readonly file: boolean }
  | { readonly do: "remove"; readonly n: number }
  | { readonly do: "serve"; readonly hours: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom("post", "edit"),
    n: fc.nat(2),
    text: fc
      .array(fc.constantFrom(...canaries, "\n\n", " и "), { minLength: 1, maxLength: 6 })
      .map((t) => t.join("")),
    file: fc.boolean(),
  }),
  fc.record({ do: fc.constant("remove"), n: fc.nat(2) }),
  fc.record({ do: fc.constant("serve"), hours: fc.constantFrom(0, 0, 0, 1, 13, 30) }),
);

/** One turn of the worker over the head of the lane. What throws is a bug or the spool: the lane tries again. */
async function turn(w: World): Promise<void> {
  const { media: files } = w.bridge.store;
  for (const { media: m } of files.pending(9)) {
    const meta = { size: 18, mime: "text/plain", name: m.name };
    files.ready(m.id, { meta, key: Buffer.alloc(32).toString("base64url") });
  }
  const head = await w.bridge.outbox.claim(w.clock.now(), new Set());
  if ("next" in head) return;
  try {
    let { fixed } = head;
    if (fixed === null) {
      const made = await w.destination.prepare(head, never);
      if (made.kind === "outcome") return await w.bridge.outbox.settle(head, made.outcome);
      fixed = await w.bridge.outbox.fix(head, made.prepared, made.lacking);
    }
    if (fixed !== null) await w.bridge.outbox.settle(head, await w.destination.send(fixed, head, never));
  } catch {
    await w.bridge.outbox.settle(head, { kind: "retry", at: 0, code: "internal" });
  }
}

test("whatever is announced and whatever fails, no request ever carries a word of it", async () => {
  const done = { events: 0, edits: 0, redacted: 0, files: 0, asked: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 30, size: "max" }),
      fc.array(fc.noBias(fc.nat(99)), { minLength: 20, maxLength: 60, size: "max" }),
      async (steps, faults) => {
        const w = await world();
        w.bridge.spool.read = async function* () {
          yield Buffer.from("canary-in-the-file");
        };
        let n = 0;
        const strike = (): number => faults[n++ % faults.length] ?? 99;
        w.server.trouble = () => {
          const at = strike();
          if (at === 0) return { throws: new Error("planned") };
          const answer = answers[at % answers.length] ?? lost;
          return at > 24 ? null : at > 12 ? { instead: answer } : { after: answer };
        };
        for (const [i, s] of steps.entries()) {
          if (s.do === "serve") {
            const at = strike();
            w.engine.fault = at % 10 === 1 ? { kind: "fault", code: "keys", at: null } : null;
            w.now.members = at % 10 === 2 ? { kind: "fault", code: "timeout", retryAfter: null } : null;
            w.now.place = at % 10 === 3 ? null : PLACE;
            w.clock.advance(s.hours * 3_600_000 + 400_000);
            for (let k = 0; k < 4; k++) await turn(w);
          } else if (s.do === "remove") await accept(w, removal(s.n));
          else {
            const attachments = s.file ? [media(`canary${s.n}`, { name: "canary.pdf" })] : [];
            const type = s.do === "post" ? "posted" : "edited";
            await accept(w, arrival(s.n, s.text, { type, at: i, attachments }));
          }
          for (let k = 0; k < 2; k++) await turn(w);
        }
        for (const asked of w.server.asked) {
          expect(asked).not.toMatch(CANARY);
          expect(Buffer.from(asked, "latin1").toString()).not.toMatch(CANARY);
        }
        for (const { content, redacted } of w.server.events) {
          const clear = w.engine.open(content);
          done.events++;
          if (redacted) done.redacted++;
          if (clear["m.new_content"] !== undefined) done.edits++;
        }
        done.files += w.server.media.size;
        done.asked += w.server.asked.length;
      },
    ),
    { numRuns: 80, seed: 20_261_124 },
  );
  // All of it was really met.
  for (const [what, n] of Object.entries(done)) expect(n, what).toBeGreaterThan(10);
}, 120_000);

test("an engine that answered with clear content would bring nothing into the room: it is no ciphertext", async () => {
  const w = await world();
  w.engine.encrypt = async (_room, _members, _trust, _type, content) => ({
    content: JSON.stringify(content),
    session: "",
  });
  await accept(w, arrival(1, "канарейка"));
  for (let i = 0; i < 3; i++) {
    await turn(w);
    w.clock.advance(400_000);
  }
  w.engine.encrypt = async (_room, _members, _trust, _type, content) => ({
    content: JSON.stringify({
      algorithm: "m.megolm.v1.aes-sha2",
      ciphertext: "YQ",
      session_id: "s",
      ...Object(content),
    }),
    session: "",
  });
  for (let i = 0; i < 3; i++) {
    await turn(w);
    w.clock.advance(400_000);
  }
  expect(w.server.events).toEqual([]);
  expect(w.server.asked.join()).not.toMatch(CANARY);
});

test("the search finds a canary that is there", async () => {
  const w = await world();
  await w.server.call({ method: "PUT", path: "/odd", body: { body: "канарейка" } }, never);
  expect(w.server.asked.join()).toMatch(CANARY);
});
