import type { ComponentChildren } from "preact";
import type { MarkKind, ViewMark } from "../view.ts";
import { type Run, runsOf } from "./marks.ts";

function wrap(kind: MarkKind, inside: ComponentChildren): ComponentChildren {
  switch (kind) {
    case "strong":
      return <strong>{inside}</strong>;
    case "em":
      return <em>{inside}</em>;
    case "code":
      return <code>{inside}</code>;
    case "strike":
      return <s>{inside}</s>;
    case "under":
      return <u>{inside}</u>;
    case "head":
      return <strong class="head">{inside}</strong>;
    case "mark":
      return <mark>{inside}</mark>;
    case "quote":
      return <q class="quote">{inside}</q>;
    case "link":
      return inside;
  }
}

const dressed = (run: Run): ComponentChildren =>
  run.kinds.reduce<ComponentChildren>((inside, kind) => wrap(kind, inside), run.text);

/** One text with its marks. Texts are children, so text nodes; runs of one link share one anchor. */
export function Rich({ text, marks }: { readonly text: string; readonly marks: readonly ViewMark[] }) {
  const groups: { href: string | null; where: string; runs: Run[] }[] = [];
  for (const run of runsOf(text, marks)) {
    const last = groups.at(-1);
    if (last !== undefined && run.href !== null && last.href === run.href) last.runs.push(run);
    else groups.push({ href: run.href, where: run.where, runs: [run] });
  }
  return (
    <div class="text" dir="auto">
      {groups.map((group, i) => {
        const inside = group.runs.map((run, j) => <span key={j}>{dressed(run)}</span>);
        if (group.href === null) return <span key={i}>{inside}</span>;
        const said = group.runs.map((run) => run.text).join("");
        return (
          <a key={i} href={group.href} rel="noopener noreferrer" target="_blank" class="out">
            {inside}
            {said.trim() === group.href || said.trim() === group.where ? null : (
              <bdi class="host"> ({group.where})</bdi>
            )}
          </a>
        );
      })}
    </div>
  );
}
