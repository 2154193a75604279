/** A description by OpenAPI 3.1, as far as it is of use to whoever adds to it. */
type Parts = Readonly<Record<string, object>>;

export interface OpenApi {
  readonly openapi: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** By path, then by method in lower case. */
  readonly paths: Readonly<Record<string, Parts>>;
  /** `schemas`, `responses`, `parameters`, `headers`, `securitySchemes`; each by name. */
  readonly components: Readonly<Record<string, Parts>>;
}
