/** `lib/gate/turn.ts`: what is to be told afterwards, and what will be due. */
import { TRANSITIONS_KEPT } from "../../../gate/state.ts";

export const turn: string = `
-- Something will be due at that moment, and has to be kept till then.
function gate.expect(at)
  if at < core.due then core.due = at end
  if at > latest then latest = at end
end
`;

export const reports: string = `
function gate.report(event)
  events[#events + 1] = event
  gate.append("history", event, ${TRANSITIONS_KEPT})
end
`;
