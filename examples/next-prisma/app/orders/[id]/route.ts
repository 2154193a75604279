import { ProblemError } from "tidegate";
import { guarded } from "tidegate/fetch";
import { prisma, tide } from "../../../lib/tide";

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

export const GET = guarded(tide, async (_request: Request, { params }: Context) => {
  const order = await prisma.order.findUnique({ where: { id: Number((await params).id) } });
  if (!order) throw new ProblemError("NOT_FOUND", "There is no such order.");
  return Response.json(order);
});
