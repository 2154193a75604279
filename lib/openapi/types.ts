/** What an application may know of a description by OpenAPI, so that it can add to one. */

/** Of one kind, by their names. */
export type OpenApiParts = Readonly<Record<string, object>>;

/** A description by OpenAPI 3.1, as far as it is of use to whoever adds to it. */
export interface OpenApi {
  /** The version of OpenAPI, such as `3.1.0`. */
  readonly openapi: string;
  /** Of Tidegate: an application puts its own in its place. */
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  /** By which operations are grouped. */
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** By path, then by method in lower case. */
  readonly paths: Readonly<Record<string, OpenApiParts>>;
  /** `schemas`, `responses`, `parameters`, `headers`, `securitySchemes`; each by name. */
  readonly components: Readonly<Record<string, OpenApiParts>>;
}
