import { describe, expect, test } from "vitest";
import { fillsLine, sensitivityOf } from "../../lib/log/field-names.ts";

describe("a name announces", () => {
  test.each(
    (
      "password PGPASSWORD dbPassword db_passwd passphrase x-passcode pwd secret apiKey api_key X-Api-Key APIKEY token " +
      "accessToken2 token_hash_value authorization authorisationHeader credential credentials cookie jwt bearer dbpass " +
      "ssh_key sshKey master-key password_confirmation password1 passwordCurrent new_password_2 2_token signingkey"
    ).split(" "),
  )("a secret: %s", (name) => expect(sensitivityOf(name)).toBe("secret"));

  test.each(
    "tokens passwords secrets apikeys api_keys privateKeys cookies pass ssh_keys tokens_2 tokensTotal_tokens".split(
      " ",
    ),
  )("a secret, unless it counts: %s", (name) => expect(sensitivityOf(name)).toBe("countable"));

  test.each("auth session_id PHPSESSID connect.sid X-Amz-Signature X-Hub-Signature-256 sig ticket hmac".split(" "))(
    "a secret, where the value looks like one: %s",
    (name) => expect(sensitivityOf(name)).toBe("likely"),
  );

  test.each(
    (
      "token_type password_policy primary_key primaryKey keys key foreign_keys author monkey compass bypass value hash " +
      "name 1 _ tokenize secretary passport"
    ).split(" "),
  )("nothing: %s", (name) => expect(sensitivityOf(name)).toBe("plain"));

  test("a secret up to 160 characters, which no honest name has", () => {
    const name = (length: number) => "token".padStart(length, "a_");
    expect([sensitivityOf(name(160)), sensitivityOf(name(161))]).toEqual(["secret", "plain"]);
  });

  test("a suffix alone is a name of its own", () => {
    expect([sensitivityOf("token"), sensitivityOf("header"), sensitivityOf("token_header")]).toEqual([
      "secret",
      "plain",
      "secret",
    ]);
    expect(sensitivityOf("key_9")).toBe("plain");
  });
});

test("a value goes on to the end of its line behind the names of headers", () => {
  expect(["Authorization", "cookie", "Set-Cookie", "cookies", "cookie_header", "AUTHORISATION"].every(fillsLine)).toBe(
    true,
  );
  expect(["token", "cookie_name", "authorizations"].some(fillsLine)).toBe(false);
});
