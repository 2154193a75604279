/**
 * The contract: every shape that is answered, declared once. Builders return these types, OpenAPI is written from these
 * schemas, the command line and the console read by these types, and tests hold answers against these schemas.
 *
 * Map of this folder: `contract` (this file) makes types of schemas; `envelope` is what is round a payload, or in its
 * place where something went wrong, `codes` the table of error codes; `health` has what monitors read, made of `parts`
 * which operators read as well; `kept` is part of both, `unwell` what pages go by; `system`, `restarts`, `audit` and
 * `session` are for operators; `values` is what all are made of, `units` writes them. Whoever builds or reads an answer
 * imports types alone, so that no application carries the schemas with it: at run time only `codes`, `units` and
 * `unwell` are there.
 */
import type * as v from "valibot";

/** What a schema lets pass, for who only reads it, or makes it of what is not to be changed. */
export type Payload<Schema extends v.GenericSchema> = Frozen<v.InferOutput<Schema>>;

type Frozen<Value> = Value extends readonly (infer Each)[]
  ? readonly Frozen<Each>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value;

/** A payload of another version, which may be older than some of this: any part may be missing, and none means another thing. */
export type AnyVersion<Value> = Value extends readonly (infer Each)[]
  ? readonly AnyVersion<Each>[]
  : Value extends object
    ? { readonly [Key in keyof Value]?: AnyVersion<Value[Key]> | undefined }
    : Value;
