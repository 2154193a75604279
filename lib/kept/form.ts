/** An answer as it stands in a place of others: versioned, compressed where that pays, and believed only as far as it is read. */
import { fromJson, listOf, natural, object, type Shape, text } from "../shape.ts";
import type { MaybePromise } from "../store/port.ts";

/** What is kept of one answer. */
export interface KeptEntry {
  /** By which it is found, for who forgets by a part of it. */
  readonly key: string;
  /** By which it is forgotten. */
  readonly tags: readonly string[];
  /** From the moment its source was asked up to the moment it was kept, in milliseconds: it is older by that. */
  readonly takenMs: number;
  /** The answer, as text. */
  readonly content: string;
}

/** The first character tells the form, and with it the version. */
const PLAIN = "1";
const GZIP = "2";

const COMPRESSED_FROM_CHARACTERS = 1_024;
/** What is read from a place that others write is no more than this, however small it arrives. */
const LARGEST_READ_BYTES = 16 * 1_024 * 1_024;

/** Compressed above 1 KiB, where that makes it shorter. */
export function written(entry: KeptEntry): MaybePromise<string> {
  const json = JSON.stringify({ ...entry, takenMs: Math.ceil(entry.takenMs) });
  return json.length <= COMPRESSED_FROM_CHARACTERS ? PLAIN + json : compressed(json);
}

const isEntry: Shape<KeptEntry> = object({ key: text, tags: listOf(text), takenMs: natural, content: text });

/** Null for what is none of ours, of another version, or damaged. Never throws. */
export async function read(kept: string): Promise<KeptEntry | null> {
  const found = fromJson(await unpacked(kept));
  return isEntry(found) ? found : null;
}

async function unpacked(kept: string): Promise<string | null> {
  if (kept.startsWith(PLAIN)) return kept.slice(1);
  return kept.startsWith(GZIP) ? inflated(kept.slice(1)).catch(() => null) : null;
}

async function compressed(json: string): Promise<string> {
  const stream = new Blob([json]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = GZIP + toBase64(new Uint8Array(await new Response(stream).arrayBuffer()));
  return packed.length < json.length ? packed : PLAIN + json;
}

async function inflated(packed: string): Promise<string> {
  const stream = new Blob([fromBase64(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const decoder = new TextDecoder();
  let json = "";
  let bytes = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return json + decoder.decode();
    bytes += value.byteLength;
    if (bytes > LARGEST_READ_BYTES) {
      await reader.cancel();
      throw new Error(`read a kept answer: at most ${LARGEST_READ_BYTES} bytes are taken, found more`);
    }
    json += decoder.decode(value, { stream: true });
  }
}

/** `String.fromCharCode` takes its characters as arguments, of which there may not be any number. */
const CHARACTERS_AT_ONCE = 8_192;

/** Bytes as text that every place takes. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHARACTERS_AT_ONCE) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHARACTERS_AT_ONCE));
  }
  return btoa(binary);
}

/** @throws DOMException for what is no base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
