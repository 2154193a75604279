/**
 * A network that repeats, delays and reorders as it likes: every message stays on its way and may be delivered at any
 * time, any number of times. One that never is was lost.
 */

export interface Message {
  readonly n: number;
}

export const fromTo = (least: number, most: number): readonly number[] =>
  Array.from({ length: Math.max(0, most - least + 1) }, (_, index) => least + index);

/** In one order, whichever they were sent in; a copy changes nothing. */
export function withOne<Sent extends Message>(messages: readonly Sent[], one: Sent): readonly Sent[] {
  const all = new Map([...messages, one].map((message) => [JSON.stringify(message), message]));
  return [...all.keys()].sort().map((key) => all.get(key) as Sent);
}

interface Numbered {
  readonly n: number;
  readonly heard: number;
  readonly flight: Message | null;
  readonly renewals: readonly Message[];
  readonly answers: readonly Message[];
}

/** Only the order of numbers matters, so the smallest that have the same order stand for all of them. */
export function ordered<Part extends Numbered>(part: Part): Part {
  const { heard, flight, renewals, answers } = part;
  const used = [...new Set([0, heard, ...renewals.map(({ n }) => n), ...(flight ? [flight.n] : [])])];
  used.sort((one, other) => one - other);
  const place = ({ n }: Message) => used.indexOf(n);
  const moved = <Sent extends Message>(sent: Sent): Sent => ({ ...sent, n: place(sent) });
  return {
    ...part,
    n: used.length - 1,
    heard: used.indexOf(heard),
    flight: flight && moved(flight),
    renewals: renewals.map(moved),
    answers: answers.map(moved),
  };
}
