import { guarded } from "tidegate/fetch";
import { prisma, tide } from "../../lib/tide";

/** Takes as long as it is told, to try what becomes of it when the tab is closed. */
export const GET = guarded(tide, async (request: Request) => {
  const seconds = Number(new URL(request.url).searchParams.get("seconds") ?? 1);
  const [report] = await prisma.$queryRaw<{ orders: number }[]>`
    select count(*)::int as orders from orders, (select pg_sleep(${seconds})::text) slept`;
  return Response.json(report);
});
