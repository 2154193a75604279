/** What goes on after the answers, as a platform is told of it. */
export function afterAnswers() {
  const works: Promise<unknown>[] = [];
  return {
    waitUntil: (work: Promise<unknown>) => void works.push(work),
    /** With what is begun meanwhile. */
    settled: async (): Promise<void> => {
      while (works.length > 0) await Promise.all(works.splice(0));
    },
  };
}
