/** The part of jose that is used, by name: a bundler keeps all of a package that is imported as a whole. */
export { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from "jose";
