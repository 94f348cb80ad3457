/** How a recovery code is shown and asked for. */
export interface CodeWords {
  readonly which: string;
  readonly fresh: string;
  readonly reuse: string;
  readonly typeCode: string;
  readonly showing: string;
  readonly written: string;
  readonly notWritten: string;
  readonly askBack: (places: readonly number[]) => string;
  readonly wrongBack: (left: number) => string;
  readonly failed: string;
  readonly yes: string;
  readonly no: string;
  readonly cancelled: string;
  readonly codeLength: (words: number) => string;
  readonly codeWord: (place: number, word: string, nearest: string | null) => string;
  readonly codeChecksum: string;
}
