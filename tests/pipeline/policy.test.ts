import fc from "fast-check";
import { expect, test } from "vitest";
import { ChannelId, MappingName, RoomName } from "../../bridge/model/ids.ts";
import type { Mapping, Selector } from "../../bridge/model/mapping.ts";
import type { RawPost } from "../../bridge/model/post.ts";
import { plain } from "../../bridge/model/rich-text.ts";
import { route } from "../../bridge/pipeline/policy.ts";
import { mapping, post, sender } from "../core.helper.ts";

const room = (name: string) => RoomName.parse(name);
const tag = (name: string): Selector => ({ kind: "hashtag", tag: name });
const pattern = (regexp: RegExp): Selector => ({ kind: "pattern", pattern: regexp });
const named = (name: string, over: Partial<Mapping>): Mapping =>
  mapping({ name: MappingName.parse(name), ...over });
const rooms = (mappings: readonly Mapping[], about: RawPost): readonly string[] =>
  route(mappings, about).plans.map((p) => `${p.room} by ${p.mapping.name}`);

test("one mapping leads to several rooms, and several mappings lead to one", () => {
  const mappings = [
    named("exams", { rooms: [room("a"), room("b")], include: [tag("#экзамен")] }),
    named("all", { rooms: [room("b"), room("c")] }),
    named("other", { rooms: [room("d")], channel: ChannelId.parse("-200") }),
  ];
  expect(rooms(mappings, post(1, "#экзамен завтра"))).toEqual(["a by exams", "b by exams", "c by all"]);
  expect(rooms(mappings, post(1, "Погода"))).toEqual(["b by all", "c by all"]);
  expect(rooms(mappings, post(1, "", { channel: ChannelId.parse("-200") }))).toEqual(["d by other"]);
  expect(rooms(mappings, post(1, "", { channel: ChannelId.parse("-300") }))).toEqual([]);
});

test("of a chat only the channel's own posts and those of listed senders are mirrored", () => {
  const listed = mapping({ senders: [sender("7"), sender("8")] });
  expect(rooms([mapping()], post(1, "x", { sender: sender("7") }))).toEqual([]);
  expect(rooms([listed], post(1, "x", { sender: sender("7") }))).toHaveLength(1);
  expect(rooms([listed], post(1, "x", { sender: sender("70") }))).toEqual([]);
  expect(rooms([listed], post(1, "x", { sender: null }))).toHaveLength(1);
});

test("the first mapping that matches decides for a room: its own urgent and pin, not those of a later one", () => {
  const first = named("first", { urgent: [tag("#срочно")] });
  const second = named("second", { pin: [tag("#срочно")], urgent: [pattern(/./u)] });
  const { plans } = route([first, second], post(1, "#срочно сюда"));
  expect(plans).toMatchObject([{ urgent: true, pin: false }]);
  expect(route([second, first], post(1, "#срочно сюда")).plans).toMatchObject([{ urgent: true, pin: true }]);
  expect(route([first, second], post(1, "сюда")).plans).toMatchObject([{ urgent: false, pin: false }]);
});

test("an excluded post goes on to the next mapping, and one that none takes goes nowhere", () => {
  const strict = named("strict", { exclude: [tag("реклама"), pattern(/конкурс/iu)] });
  const rest = named("rest", { include: [pattern(/конкурс/iu)] });
  expect(rooms([strict, rest], post(1, "Конкурс работ"))).toEqual(["room by rest"]);
  expect(rooms([strict, rest], post(1, "#Реклама"))).toEqual([]);
  expect(rooms([strict, rest], post(1, "Экзамен"))).toEqual(["room by strict"]);
});

test.each([
  ["#экзамен", "Завтра #ЭКЗАМЕН!", true],
  ["экзамен", "Завтра #экзамен.", true],
  ["#экзамен", "Завтра #экзамены", false],
  ["#экзамен", "Завтра экзамен", false],
  ["#зачёт_1", "(#Зачёт_1)", true],
  ["#срочный", "#срочныи\u0306 сбор", true],
  ["#срочный".normalize("NFD"), "#срочный сбор", true],
  ["#2курс", "для #2курс", true],
])("the hashtag %s in «%s»: %s", (selector, text, selected) => {
  expect(rooms([mapping({ include: [tag(selector)] })], post(1, text))).toHaveLength(selected ? 1 : 0);
});

test("what is looked at is the post's own text and the one it forwards, and no names", () => {
  const include = [pattern(/перенос/iu), tag("#важно")];
  const forward = (text: string) => ({ body: plain(text), attachments: [] });
  expect(rooms([mapping({ include })], post(1, "", { forward: forward("Перенос пары") }))).toHaveLength(1);
  expect(rooms([mapping({ include })], post(1, "см.", { forward: forward("#важно") }))).toHaveLength(1);
  expect(rooms([mapping({ include })], post(1, "см.", { forward: forward("погода") }))).toEqual([]);
});

test.each(["g", "y", "gy", "giu"])(
  "a pattern with the flags %s selects the same post each time it is asked",
  (flags) => {
    const m = mapping({ include: [pattern(new RegExp("Экзамен", flags))] });
    for (let i = 0; i < 4; i++) expect(rooms([m], post(1, "Экзамен, Экзамен"))).toHaveLength(1);
  },
);

test("a pattern that would look at a post for ever is ended, keeps the post back from nowhere and is told of", () => {
  const endless = pattern(/^(?:[\p{L}]+\s?)+$/u);
  const bad = post(1, `${"а".repeat(60)}!`);
  const fine = post(2, "Экзамен завтра");
  const included = named("included", { include: [endless] });
  expect(route([included], bad)).toMatchObject({ plans: [{ urgent: false }], undecided: true });
  expect(route([named("excluded", { exclude: [endless] })], bad)).toMatchObject({ undecided: true });
  expect(rooms([named("excluded", { exclude: [endless] })], bad)).toHaveLength(1);
  const { plans, undecided } = route([named("pressing", { urgent: [endless], pin: [endless] })], bad);
  expect({ plans, undecided }).toMatchObject({ plans: [{ urgent: false, pin: false }], undecided: true });
  expect(route([included], fine)).toMatchObject({ plans: [{}], undecided: false });
});

test("whatever mappings there are, each room comes once, under the first mapping that wants the post", () => {
  const selector = fc.constantFrom(tag("#а"), tag("#б"), pattern(/а/u), pattern(/б/u));
  const some = fc.array(selector, { maxLength: 2 });
  const names = ["r1", "r2", "r3"].map(room);
  const drawn = fc.array(
    fc.record({
      rooms: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
      include: some,
      exclude: some,
      senders: fc.subarray([sender("1"), sender("2")]),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const about = fc.record({
    text: fc.constantFrom("#а", "#б", "#а #б", "а", "б", ""),
    from: fc.constantFrom(null, sender("1"), sender("3")),
  });
  const wanted = (m: Mapping, p: RawPost): boolean => {
    const hit = (s: Selector) =>
      s.kind === "hashtag" ? p.body.text.split(" ").includes(s.tag) : p.body.text.includes(s.pattern.source);
    const known = p.sender === null || m.senders.some((s) => s === p.sender);
    return known && (m.include.length === 0 || m.include.some(hit)) && !m.exclude.some(hit);
  };
  fc.assert(
    fc.property(drawn, about, (list, { text, from }) => {
      const mappings = list.map((over, i) => named(`m${i}`, over));
      const p = post(1, text, { sender: from });
      const expected = names.flatMap((r) => {
        const first = mappings.find((m) => m.rooms.includes(r) && wanted(m, p));
        return first === undefined ? [] : [`${r} by ${first.name}`];
      });
      expect(rooms(mappings, p).toSorted()).toEqual(expected.toSorted());
    }),
    { seed: 20261102, numRuns: 500 },
  );
});
