/** A package is bundled into JavaScript and brings a program; in a clone there is no `postern` to be found. */
const packed = import.meta.filename.endsWith(".js");

/** How a person calls a command, to be copied as it stands. */
export const call = (command: string): string => `${packed ? "postern" : "npm run -s postern --"} ${command}`;
