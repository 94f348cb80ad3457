import type { MarkKind } from "../model/rich-text.ts";
import type { FileEntry } from "../store/seal.ts";

interface Base {
  readonly v: 1;
  /** Unix seconds; the log sets it when it seals. */
  readonly t: number;
}

interface PayloadMark {
  readonly m: MarkKind;
  readonly s: number;
  readonly e: number;
  readonly url?: string;
}

export interface PostPayload extends Base {
  readonly k: "post" | "edit";
  readonly id: string;
  readonly rev: number;
  readonly text: string;
  readonly marks: readonly PayloadMark[];
  readonly reply?: string;
  readonly pin?: true;
  readonly urgent?: true;
  readonly was?: string;
  readonly files?: readonly FileEntry[];
}

export interface InfoPayload extends Base {
  readonly k: "info";
  readonly title: string;
  readonly zone: string;
  readonly lang: string;
  /** Days. */
  readonly history: number;
  readonly origins: readonly string[];
  readonly chains: readonly {
    readonly serial: number;
    readonly restart: number;
    readonly first: number;
    readonly last?: number;
    readonly hash?: string;
  }[];
  readonly after?: { readonly serial: number; readonly restart: number; readonly seq: number };
  readonly chat?: string;
  readonly wake?: { readonly url: string };
  readonly text?: string;
}

/** What a record says (docs/psr1.md, "Payloads"). */
export type Payload =
  | PostPayload
  | (Base & { readonly k: "retract"; readonly id: string })
  | (Base & {
      readonly k: "digest";
      readonly items: readonly {
        readonly id: string;
        readonly t: number;
        readonly text: string;
        readonly marks: readonly PayloadMark[];
      }[];
    })
  | (Base & { readonly k: "note"; readonly text: string; readonly why: "silent" | "back" | "rep" })
  | InfoPayload;

/** The JSON that a record seals. */
export const encodePayload = (payload: Payload): string => JSON.stringify(payload);
