/** What a request is called, in answers and in the log. */

const LONGEST = 255;
/** What goes into logs and headers as it stands. */
const FIT = /^[\w\-=]+$/;

/** The client's own, where it has sent one that is fit for it; else a new one. */
export const requestIdOf = (sent: string | null | undefined, make: () => string): string =>
  sent && sent.length <= LONGEST && FIT.test(sent) ? sent : make();
