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
    case "link":
      return inside;
  }
}

const dressed = (run: Run): ComponentChildren =>
  run.kinds.reduce<ComponentChildren>((inside, kind) => wrap(kind, inside), run.text);

/** Runs of one link share one anchor. */
function Line({ runs }: { readonly runs: readonly Run[] }) {
  const groups: { href: string | null; where: string; runs: Run[] }[] = [];
  for (const run of runs) {
    const last = groups.at(-1);
    if (last !== undefined && run.href !== null && last.href === run.href) last.runs.push(run);
    else groups.push({ href: run.href, where: run.where, runs: [run] });
  }
  return (
    <>
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
    </>
  );
}

/** A quote is a block of its own, so the line ends around it would be empty lines. */
function withoutEdges(runs: readonly Run[], before: boolean, after: boolean): readonly Run[] {
  return runs.map((run, i) => {
    let { text } = run;
    if (before && i === 0) text = text.replace(/^\n+/, "");
    if (after && i === runs.length - 1) text = text.replace(/\n+$/, "");
    return { ...run, text };
  });
}

/** One text with its marks. Texts are children, so text nodes. */
export function Rich({ text, marks }: { readonly text: string; readonly marks: readonly ViewMark[] }) {
  const parts: { readonly quoted: boolean; readonly runs: Run[] }[] = [];
  for (const run of runsOf(text, marks)) {
    const quoted = run.kinds.includes("quote");
    const last = parts.at(-1);
    if (last?.quoted === quoted) last.runs.push(run);
    else parts.push({ quoted, runs: [run] });
  }
  return (
    <div class="text" dir="auto">
      {parts.map(({ quoted, runs }, i) =>
        quoted ? (
          <blockquote key={i}>
            <Line runs={withoutEdges(runs, true, true)} />
          </blockquote>
        ) : (
          <Line key={i} runs={withoutEdges(runs, i > 0, i + 1 < parts.length)} />
        ),
      )}
    </div>
  );
}
