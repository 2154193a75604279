/** Lives and time: how a ledger begins, and what happens of its own accord. */
import { KEY_LIFE_MS, type LedgerRules, type LedgerState, type Numbers } from "./types.ts";

export const emptyLedger = (): LedgerState => ({
  life: 0,
  clock: 0,
  epoch: 0,
  raises: 0,
  blockedUntil: 0,
  damagedAt: 0,
  ended: { executed: 0, failed: 0 },
  refused: [],
  history: [],
  keys: [],
  raisedBy: null,
});

/** Lets time pass up to `now`; a clock that fell back takes all moments with it, so that no cooldown moves. */
export function passTime(state: LedgerState, rules: LedgerRules, heard: Numbers, now: number): void {
  if (state.life === 0) begin(state, heard, now);
  if (now < state.clock) shift(state, now - state.clock);
  state.clock = now;
  if (state.damagedAt < 0) state.damagedAt = now;
  // Its history is lost: who cannot know what it may still do, does nothing for one window, whoever was first to ask.
  if (heard.life > 0 && heard.life !== state.life && state.blockedUntil === 0) {
    state.blockedUntil = Math.min(state.life, now) + rules.windowMs;
  }
  for (const restart of state.history) {
    if (restart.dueAt === 0 || restart.dueAt > now) continue;
    restart.phase = restart.phase === "fired" ? "unknown" : "abandoned";
    restart.completedAt = restart.dueAt;
    restart.dueAt = 0;
    if (restart.phase === "abandoned") forgetKey(state, restart.id);
  }
  while (state.keys[0] && state.keys[0].at + KEY_LIFE_MS <= now) state.keys.shift();
}

/** Asking again with the key of a restart that did not happen has to be possible. */
export function forgetKey({ keys }: LedgerState, id: string): void {
  const place = keys.findIndex(({ restart }) => restart === id);
  if (place !== -1) keys.splice(place, 1);
}

/** Numbers only grow. */
function begin(state: LedgerState, heard: Numbers, now: number): void {
  state.life = Math.max(now, heard.life + 1);
  state.epoch = Math.max(now, heard.epoch);
  state.clock = now;
}

function shift(state: LedgerState, byMs: number): void {
  const moved = (moment: number) => (moment === 0 ? 0 : Math.max(1, moment + byMs));
  state.blockedUntil = moved(state.blockedUntil);
  state.damagedAt = moved(state.damagedAt);
  for (const one of state.refused) {
    one.firstAt = moved(one.firstAt);
    one.lastAt = moved(one.lastAt);
    one.tellAt = moved(one.tellAt);
  }
  for (const restart of state.history) {
    restart.requestedAt = moved(restart.requestedAt);
    restart.dueAt = moved(restart.dueAt);
    restart.firedAt = moved(restart.firedAt);
    restart.completedAt = moved(restart.completedAt);
    restart.followedAt = moved(restart.followedAt);
  }
  for (const key of state.keys) key.at = moved(key.at);
}
