import fc from "fast-check";
import { expect, test } from "vitest";
import { grouped } from "../../adapters/telegram/albums.ts";
import type { MediaForm, Message } from "../../adapters/telegram/message.ts";
import { MediaId } from "../../bridge/model/ids.ts";

const fileOf = (form: MediaForm, n: number): Message => ({
  kind: "media",
  part: `media.${n}`,
  media: MediaId.parse(String(n).padStart(11, "0")),
  form,
  name: "file",
  size: 1,
  mime: "application/octet-stream",
  caption: { text: "", entities: [] },
});
const form = fc.constantFrom<MediaForm>("photo", "video", "document", "audio", "voice", "animation");
const album = (message: Message | undefined): string => {
  if (message?.kind !== "media") return "text";
  return message.form === "video" ? "photo" : message.form;
};

test("files keep their order; an album has two to ten of kinds that may be together, and all that may be are", () => {
  fc.assert(
    fc.property(fc.array(form, { maxLength: 45 }), (forms) => {
      const messages = forms.map(fileOf);
      const groups = grouped(messages, Number.POSITIVE_INFINITY);
      expect(groups.flat()).toEqual(messages);
      for (const group of groups) {
        expect(group.length).toBeLessThanOrEqual(10);
        expect(new Set(group.map(album)).size).toBe(1);
        if (group.length > 1) expect(["photo", "document", "audio"]).toContain(album(group[0]));
      }
      for (const [i, group] of groups.entries()) {
        const next = groups[i + 1];
        const same =
          next !== undefined &&
          album(group[0]) === album(next[0]) &&
          !["voice", "animation"].includes(album(group[0]));
        // Neighbours of one kind are there for being more than ten alone, and are as even as can be.
        if (same) expect(group.length - (next?.length ?? 0)).toBeLessThanOrEqual(1);
        if (same) expect(group.length + (next?.length ?? 0)).toBeGreaterThan(10);
      }
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  [10, [10]],
  [11, [6, 5]],
  [21, [7, 7, 7]],
  [1, [1]],
])("%i photos are albums of %j", (n, sizes) => {
  const photos = Array.from({ length: n }, (_, i) => fileOf("photo", i));
  expect(grouped(photos, Number.POSITIVE_INFINITY).map((group) => group.length)).toEqual(sizes);
});

test("what is together too large for one request is as few albums as can be, as even as can be", () => {
  const photos = Array.from({ length: 10 }, (_, i) => ({ ...fileOf("photo", i), size: 8_000_000 }));
  expect(grouped(photos, 50_000_000).map((group) => group.length)).toEqual([5, 5]);
  expect(grouped(photos, 30_000_000).map((group) => group.length)).toEqual([3, 3, 2, 2]);
  expect(grouped(photos, 1_000_000).map((group) => group.length)).toEqual(Array(10).fill(1));
  expect(grouped(photos, 30_000_000).flat()).toEqual(photos);
});
