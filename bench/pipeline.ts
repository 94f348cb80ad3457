import { aPost, benchCore, SOURCE } from "./core.ts";
import { httpDestination } from "./http-destination.ts";
import { startLocalHttp } from "./local-http.ts";
import type { Measurement } from "./measured.ts";
import { pairs, timed } from "./pairs.ts";
import { runCore } from "./running.ts";
import { toldSource } from "./told-source.ts";

const ROOMS = 8;
/** Posts in one side of a pair, each delivered to every room; told in batches, as a source reads them. */
const COUNT = 20;
const BATCH = 10;

/** Announcements all the way from the source to a local HTTP destination, against a loop that only posts as many. */
export const pipeline: Measurement = async () => {
  const http = await startLocalHttp();
  const core = await benchCore(ROOMS);
  const source = toldSource(SOURCE);
  const destinations = core.rooms.map((room) => httpDestination(room, core.bridge, http));
  let sent = 0;
  const running = runCore(core, source, destinations, () => sent++);
  try {
    const all = COUNT * ROOMS;
    const body = Buffer.from(JSON.stringify({ ...aPost().body, id: "", revision: 0, action: "", files: [] }));
    const made = await pairs({
      baseline: () =>
        timed(async () => {
          for (let i = 0; i < all; i++) await http.post(`announcements/${i}`, body);
        }),
      measured() {
        sent = 0;
        const posts = Array.from({ length: COUNT }, () => aPost());
        return timed(() => {
          const done = running.until(() => sent === all);
          for (let i = 0; i < COUNT; i += BATCH) source.tell(posts.slice(i, i + BATCH));
          return done;
        });
      },
      within: 20_000,
    });
    const [piped, bare] = [made.measured, made.baseline].map((took) => Math.round((all / took) * 1000));
    return [
      {
        name: `announcements through the pipeline to ${ROOMS} rooms over HTTP, against bare posts`,
        value: 1 / made.ratio,
        unit: "×",
        aim: { atLeast: 0.25 },
        detail: `${piped} a second, bare ${bare}`,
      },
    ];
  } finally {
    await running.stop();
    await core.close();
    http.close();
  }
};
