import fc from "fast-check";
import { type Mark, markKinds, plain, type RichText } from "../../bridge/model/rich-text.ts";

const url = fc.constantFrom(
  "https://example.org/a?b=c&d=\"e\"'f'<g>",
  "mailto:deanery@example.org",
  "tel:+74951234567",
  "javascript:alert(1)",
  "data:text/html,<script>",
  "не ссылка",
);
const text = fc.string({
  unit: fc.constantFrom("а", "b", " ", "\n", "\n\n", "<", ">", "&", '"', "'", "&lt;", "<b>", "😀", "."),
  maxLength: 40,
});
/** Any marks over any text, as the model allows them: they overlap, nest and touch. */
export const richText: fc.Arbitrary<RichText> = text.chain((t) =>
  t.length === 0
    ? fc.constant(plain(""))
    : fc
        .array(
          fc
            .tuple(fc.constantFrom(...markKinds), fc.nat(t.length - 1), fc.nat(t.length - 1), url)
            .map(([kind, a, b, to]): Mark => {
              const place = { start: Math.min(a, b), end: Math.max(a, b) + 1 };
              return kind === "link" ? { kind, ...place, url: to } : { kind, ...place };
            }),
          { maxLength: 8 },
        )
        .map((marks) => ({ text: t, marks: marks.filter((m) => whole(t, m)) })),
);
const whole = (t: string, m: Mark): boolean =>
  [m.start, m.end].every(
    (at) => !/[\udc00-\udfff]/.test(t[at] ?? "") || !/[\ud800-\udbff]/.test(t[at - 1] ?? ""),
  );
