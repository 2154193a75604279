import { ProblemError } from "tidegate";
import { guarded } from "tidegate/fetch";
import { isDuplicate, prisma, tide } from "../../lib/tide";

export const POST = guarded(tide, async (request: Request) => {
  try {
    return Response.json(await prisma.order.create({ data: await request.json() }), { status: 201 });
  } catch (error) {
    if (isDuplicate(error)) throw new ProblemError("CONFLICT", "There is an order of that number.");
    throw error;
  }
});
