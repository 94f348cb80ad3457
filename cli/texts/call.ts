/** How a person calls a command, to be copied as it stands: in a clone there is no `postern` to be found. */
export const call = (command: string): string => `npm run -s postern -- ${command}`;
