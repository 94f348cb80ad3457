import { AnnouncementId } from "../bridge/model/ids.ts";
import type { Delivery } from "../bridge/outbox/port.ts";
import { scrub } from "../bridge/pipeline/clean.ts";
import { atomically } from "../bridge/store/db.ts";
import { aPost, type BenchCore, benchCore } from "./core.ts";
import type { Measurement } from "./measured.ts";
import { ms, pairs } from "./pairs.ts";

const ROOMS = 100;
const FEW = 1_000;
const MANY = 1_000_000;
/** Claims in one side of a pair. */
const COUNT = 60;

/** Claiming the next delivery with a million queued, against a thousand. */
export const claims: Measurement = async () => {
  const few = await benchCore(ROOMS);
  const many = await benchCore(ROOMS);
  try {
    queue(few, FEW);
    queue(many, MANY);
    const made = await pairs({ baseline: () => claim(few), measured: () => claim(many), within: 15_000 });
    return [
      {
        name: `claims with ${MANY.toLocaleString("en")} queued, against ${FEW.toLocaleString("en")}`,
        value: made.ratio,
        unit: "×",
        aim: { atMost: 1.3 },
        detail: `${ms(made.measured / COUNT)}, ${ms(made.baseline / COUNT)} each`,
      },
    ];
  } finally {
    await few.close();
    await many.close();
  }
};

/** Queues `count` deliveries, each with a payload that opens, as TX 1 would have. */
function queue({ bridge, db, rooms, mappings }: BenchCore, count: number): void {
  // None of this is measured, nor needed after a power cut.
  db.pragma("synchronous = OFF");
  db.pragma("temp_store = MEMORY");
  const { announcements, lanes } = bridge.store;
  const at = Date.now() - 60_000;
  atomically(db, () => {
    for (let n = 0; n < count / rooms.length; n++) {
      const { clean } = scrub(aPost(), { lang: "ru", timezone: "Europe/Moscow" });
      const id = AnnouncementId.parse(Buffer.from(String(n).padStart(8, "0")).toString("base64url"));
      announcements.insertRow(id, at, at);
      announcements.addRevision(id, 0, { clean, postedAt: at, replyTo: null, media: [], was: null }, at);
    }
    db.prepare(
      `INSERT INTO deliveries (room, announcement, part, revision, action, mapping, accepted_at, due_at, state)
       SELECT room.value, a.id, 'whole', 0, 'post', ?, a.accepted_at, a.accepted_at, 'queued'
       FROM announcements a CROSS JOIN json_each(?) room`,
    ).run(mappings[0]?.name, JSON.stringify(rooms));
    for (const room of rooms) lanes.refresh(room);
  });
}

/** Claims one delivery after another; only the claims themselves are timed. The queue moves on between them. */
async function claim({ bridge }: BenchCore): Promise<number> {
  let took = 0;
  for (let i = 0; i < COUNT; i++) {
    const from = performance.now();
    const head = await bridge.outbox.claim(Date.now(), new Set());
    took += performance.now() - from;
    await bridge.outbox.settle(must(head), { kind: "sent", receipt: null });
  }
  return took;
}

function must(head: Delivery | { readonly next: number | null }): Delivery {
  if ("next" in head || head.clean === null) throw new Error("nothing was claimed");
  return head;
}
