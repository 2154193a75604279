/** Which hosts are this machine itself. */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/i;

/** @param host As a URL has it, or as a socket is bound to it; without a port. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);
