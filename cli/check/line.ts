/** One line of a check. `note`: worth knowing; `wrong`: announcements do not flow until it is mended. */
export interface Line {
  readonly mark: "fine" | "note" | "wrong";
  readonly text: string;
}

export const fine = (text: string): Line => ({ mark: "fine", text });
export const note = (text: string): Line => ({ mark: "note", text });
export const wrong = (text: string): Line => ({ mark: "wrong", text });

const signs = { fine: "✓", note: "!", wrong: "✗" };

/** As it is printed, with its line end. */
export const printed = ({ mark, text }: Line): string => `  ${signs[mark]} ${text}\n`;
