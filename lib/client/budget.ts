/** How many retries a page has left, whichever of its calls they are for: an outage is met by fewer attempts, not more. */

const MOST_RETRIES = 10;
/** Ten answers earn a retry: in the long run, attempts are 1.1 times the demand at most. */
const EARNED_BY_AN_ANSWER = 0.1;

export interface Budget {
  /** Whether there was one left; it is spent then. */
  spend(): boolean;
  earn(): void;
}

export function createBudget(): Budget {
  let left = MOST_RETRIES;
  return {
    spend: () => {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
    earn: () => {
      left = Math.min(MOST_RETRIES, left + EARNED_BY_AN_ANSWER);
    },
  };
}
