/** The webhook, to the letter of Standard Webhooks. */
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { webhook } from "../../../lib/recovery/hooks/webhook.ts";
import { hasty } from "./hasty.ts";
import { firing, startPlatform } from "./server.ts";

const [one, other] = ["one secret of thirty-two characters", "another secret of so many characters"];
const url = "https://ops.example.com/restart";
const secrets = [one, other].map((text) => `whsec_${btoa(text as string)}`);

test("is signed by every secret, as the standard has it", async () => {
  const platform = await startPlatform(() => ({ status: 202 }), hasty());
  expect(await webhook({ url, secrets }, platform.runtime).fire({ ...firing, target: "blue" })).toBeNull();
  const [sent] = platform.requests;
  if (!sent) throw new Error("nothing was sent");
  const { headers, body } = sent;
  expect(headers["webhook-id"]).toBe(firing.id);
  expect(JSON.parse(body)).toMatchObject({
    type: "restart.requested",
    data: { id: firing.id, reason: firing.reason, target: "blue" },
  });
  const signed = `${firing.id}.${headers["webhook-timestamp"]}.${body}`;
  const signatures = [one, other].map(
    (key) =>
      `v1,${createHmac("sha256", key as string)
        .update(signed)
        .digest("base64")}`,
  );
  expect(headers["webhook-signature"]).toBe(signatures.join(" "));
  expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1_000)).toBeLessThan(60);
});

test("is sent again under the same id and another time, until it is taken", async () => {
  const platform = await startPlatform((_, earlier) => ({ status: earlier < 2 ? 500 : 202 }), hasty());
  await webhook({ url, secrets }, platform.runtime).fire(firing);
  expect(platform.requests.map(({ headers }) => headers["webhook-id"])).toEqual(Array(3).fill(firing.id));
});

test.each([502, 504])("leaves a receiver alone for longer after %i", async (status) => {
  const paused: number[] = [];
  const platform = await startPlatform((_, earlier) => ({ status: earlier < 1 ? status : 202 }), hasty(paused));
  await webhook({ url, secrets }, platform.runtime).fire(firing);
  expect(paused).toEqual([5_000]);
});

test("says what to do where the receiver has switched it off", async () => {
  const platform = await startPlatform(() => ({ status: 410 }), hasty());
  const error = await webhook({ url, secrets }, platform.runtime)
    .fire(firing)
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ fault: "refused", status: 410, message: expect.stringContaining("switched it off") });
  expect(platform.requests).toHaveLength(1);
});

test.each([[[]], [["whsec_"]], [["whsec_no-base64!"]]])("is not made of the secrets %j", (wrong) => {
  expect(() => webhook({ url, secrets: wrong })).toThrow(TypeError);
});
