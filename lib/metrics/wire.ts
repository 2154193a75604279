/** Messages of Protocol Buffers, written: https://protobuf.dev/programming-guides/encoding/ */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const TEXT = new TextEncoder();

/** Fields in the order in which they are said; each returns the message itself. */
export interface Message {
  text(field: number, value: string): Message;
  /** A whole number from 0 on, below 2^53: of the types uint, int and enum. */
  number(field: number, value: number): Message;
  /** Of the type sint. */
  signed(field: number, value: number): Message;
  packedSigned(field: number, values: readonly number[]): Message;
  double(field: number, value: number): Message;
  message(field: number, value: Message): Message;
  /** No field: a message behind its length, as one of a row. */
  delimited(value: Message): Message;
  bytes(): Uint8Array<ArrayBuffer>;
}

export function createMessage(): Message {
  const parts: (number[] | Uint8Array)[] = [];
  const key = (field: number, type: number) => varint(field * 8 + type);
  const own: Message = {
    text: (field, value) => counted(field, TEXT.encode(value)),
    number: (field, value) => put(key(field, VARINT), varint(value)),
    signed: (field, value) => put(key(field, VARINT), varint(zigzag(value))),
    packedSigned: (field, values) => counted(field, Uint8Array.from(values.flatMap((value) => varint(zigzag(value))))),
    double: (field, value) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, value, true);
      return put(key(field, FIXED_64), bytes);
    },
    message: (field, value) => counted(field, value.bytes()),
    delimited: (value) => {
      const bytes = value.bytes();
      return put(varint(bytes.length), bytes);
    },
    bytes: () => {
      const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      return whole;
    },
  };
  function put(...more: readonly (number[] | Uint8Array)[]): Message {
    parts.push(...more);
    return own;
  }
  const counted = (field: number, bytes: Uint8Array) => put(key(field, LENGTH), varint(bytes.length), bytes);
  return own;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return bytes;
}

const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);
