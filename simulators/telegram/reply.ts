import type { Json } from "./json.ts";
import type { Refused } from "./refused.ts";

/** What comes of a call. All but `answer` are faults. */
export type Reply =
  /** `body` as the Bot API writes it, `{ok, result}` or `{ok, error_code, description, parameters}`; after `delay` ms. */
  | { readonly kind: "answer"; readonly status: number; readonly body: Envelope; readonly delay: number }
  /** 502 with a page. */
  | { readonly kind: "html"; readonly status: number }
  | { readonly kind: "garbage" }
  /** The connection drops; whether it was done, the journal knows. */
  | { readonly kind: "dropped" }
  | { readonly kind: "hang" };

export type Envelope =
  | { readonly ok: true; readonly result: Json }
  | {
      readonly ok: false;
      readonly error_code: number;
      readonly description: string;
      readonly parameters?: { readonly retry_after?: number; readonly migrate_to_chat_id?: number };
    };

export const answered = (result: Json, delay = 0): Reply => ({
  kind: "answer",
  status: 200,
  body: { ok: true, result },
  delay,
});

export function refusedWith(status: number, description: string, parameters?: object): Reply {
  const body = {
    ok: false as const,
    error_code: status,
    description,
    ...(parameters === undefined ? {} : { parameters }),
  };
  return { kind: "answer", status, body, delay: 0 };
}

export const refusal = ({ status, message, parameters }: Refused): Reply =>
  refusedWith(status, message, parameters ?? undefined);
