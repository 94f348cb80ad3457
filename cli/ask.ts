/** Questions to a person. Each answers null when the person (or the signal) cancels. */
export interface Ask {
  choose<T extends string>(question: string, answers: readonly Choice<T>[]): Promise<T | null>;
  /** A line. `wrong` says what is wrong with it, null when nothing is; it is asked until nothing is. */
  line(question: string, wrong: (answer: string) => string | null): Promise<string | null>;
  /** A line that is not shown while it is typed. */
  secret(question: string): Promise<string | null>;
  confirm(question: string, yes: string, no: string): Promise<boolean | null>;
  /** Shows text between questions. */
  show(text: string): void;
  /** Takes away what was shown and typed. */
  clear(): void;
  /** Runs `work` on a screen of its own. It is gone afterwards, and the terminal's history never had it. */
  aside<T>(work: () => Promise<T>): Promise<T>;
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}
