import { routes } from "tidegate/fetch";
import { tide } from "../../lib/tide";

/** What no other route answers: /health, /admin, /metrics, and 404 for the rest. */
const own = routes(tide);

export { own as DELETE, own as GET, own as HEAD, own as POST };
