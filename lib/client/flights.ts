/** Calls that are under way, so that who asks the same meanwhile gets the same answer. */

export interface Flights {
  /** Each caller has a copy of its own. */
  share(key: string, start: () => Promise<unknown>): Promise<unknown>;
}

export function createFlights(): Flights {
  const flights = new Map<string, Promise<unknown>>();
  return {
    share: (key, start) => {
      const under = flights.get(key);
      if (under) return under.then((body) => structuredClone(body));
      const flight = start().finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
  };
}
