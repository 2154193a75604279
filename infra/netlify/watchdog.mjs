/** A scheduled function: lets the application's watchdog look. */
export default async () => {
  const { URL: site, CRON_SECRET } = process.env;
  const response = await fetch(new URL("/internal/watchdog", site), {
    method: "POST",
    headers: { authorization: `Bearer ${CRON_SECRET}` },
  });
  if (!response.ok) throw new Error(`/internal/watchdog answered ${response.status}`);
};

export const config = { schedule: "* * * * *" };
