/** For the name of what is skipped where there is a reason, so that the list of what was not run has it. */
export const because = (reason: string | undefined): string => (reason === undefined ? "" : ` (skipped: ${reason})`);
