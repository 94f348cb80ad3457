import { expect, test } from "vitest";
import { channelPlan, follow, maxWorld } from "./max-bot.helper.ts";

/** Two channels, and a source that reads the histories of both; while it reads the first's, `meanwhile` happens. */
async function readWhile(
  meanwhile: (post: (channel: "one" | "two", text: string, silent?: boolean) => string) => void,
) {
  const world = await maxWorld({ settings: { noMarker: "uncommitted" } });
  const { control, clock, chatId: one } = world;
  const two = control.createChannel({ announce: false }).chatId;
  const channels = [channelPlan(one), channelPlan(two)];
  const before = await world.started({ channels });
  await before.stop();
  const post = (channel: "one" | "two", text: string, silent = false) => {
    clock.advance(20);
    return control.publish({ chatId: channel === "one" ? one : two, text, silent }).mid;
  };
  post("one", "раз");
  post("two", "два");
  clock.advance(1000);
  // Its content is that of the question, however long it takes to come.
  const fault = { kind: "slow", chunk: 400, pauseMs: 1000 } as const;
  control.fault({ path: "/messages", query: `chat_id=${one}`, fault });
  const asked = control.requests({ path: "/messages" }).length;
  const told = follow(world.source({ channels }), before.cursor());
  await control.whenRequested("/messages", asked + 1);
  meanwhile(post);
  await world.until(() => {
    clock.advance(500);
    return control.stats().updates.waiting > 0;
  });
  const events = told.events().filter((e) => "post" in e);
  const texts = events.flatMap((e) => ("post" in e ? [e.post.body.text] : []));
  return { told, first: texts.filter((t, i) => texts.indexOf(t) === i), events };
}

test("what is posted while histories are read comes in the order of its posting, whichever channel it is in", async () => {
  const { first } = await readWhile((post) => {
    post("one", "три");
    post("two", "четыре");
    post("one", "пять");
    post("two", "шесть");
  });
  expect(first).toEqual(["раз", "два", "три", "четыре", "пять", "шесть"]);
});

test("so does what no update tells of, and nothing of it is lost", async () => {
  const { first } = await readWhile((post) => {
    post("two", "три", true);
    post("one", "четыре");
    post("two", "пять", true);
  });
  expect(first).toEqual(["раз", "два", "три", "четыре", "пять"]);
});
