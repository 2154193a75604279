import { type Alphabet, base64, type Shape, shape } from "./fakes.ts";

/**
 * Tokens that are known by their own form, each alone in a sentence without a name before it. Forms: the published rules of
 * gitleaks and the vendors' own pages. The first column is written in parts, so that no scanner takes a line for a token.
 */
const forms: readonly (readonly [
  name: string,
  parts: readonly string[],
  length: number,
  alphabet: Alphabet,
  end?: string,
])[] = [
  ["github personal", ["gh", "p_"], 36, "mixed"],
  ["github oauth", ["gh", "o_"], 36, "mixed"],
  ["github user", ["gh", "u_"], 36, "mixed"],
  ["github server", ["gh", "s_"], 36, "mixed"],
  ["github refresh", ["gh", "r_"], 76, "mixed"],
  ["github fine-grained", ["github", "_pat_"], 82, "mixed"],
  ["gitlab personal", ["gl", "pat-"], 20, "base64url"],
  ["gitlab deploy", ["gl", "dt-"], 20, "base64url"],
  ["gitlab runner", ["gl", "rt-"], 20, "base64url"],
  ["gitlab trigger", ["gl", "ptt-"], 40, "hex"],
  ["gitlab job", ["gl", "cbt-64_"], 20, "base64url"],
  ["npm", ["np", "m_"], 36, "mixed"],
  ["pypi", ["py", "pi-AgEIcHlwaS5vcmc"], 70, "base64url"],
  ["rubygems", ["ruby", "gems_"], 48, "hex"],
  ["slack bot", ["xo", "xb-1234567890-1234567890123-"], 24, "mixed"],
  ["slack user", ["xo", "xp-1234567890-1234567890-1234567890-"], 32, "hex"],
  ["slack app", ["xa", "pp-1-A012345-1234567890123-"], 64, "hex"],
  ["slack refresh", ["xo", "xe-1-"], 146, "upper"],
  ["stripe live", ["sk", "_live_"], 24, "mixed"],
  ["stripe test", ["sk", "_test_"], 24, "mixed"],
  ["stripe restricted", ["rk", "_live_"], 24, "mixed"],
  ["stripe webhook", ["wh", "sec_"], 32, "mixed"],
  ["google api key", ["AI", "za"], 35, "base64url"],
  ["google oauth", ["ya", "29."], 80, "base64url"],
  ["google client secret", ["GOC", "SPX-"], 28, "base64url"],
  ["google refresh", ["1/", "/0"], 60, "base64url"],
  ["aws access key", ["AK", "IA"], 16, "upper"],
  ["aws temporary key", ["AS", "IA"], 16, "upper"],
  ["twilio api key", ["S", "K"], 32, "hex"],
  ["sendgrid", ["S", "G."], 66, "base64url"],
  ["mailgun", ["ke", "y-"], 32, "hex"],
  ["mailchimp", ["", ""], 32, "hex", "-us12"],
  ["brevo", ["xkey", "sib-"], 64, "hex"],
  ["telegram", ["123456789", ":AA"], 33, "base64url"],
  ["vault service", ["hv", "s."], 95, "base64url"],
  ["vault batch", ["hv", "b."], 140, "base64url"],
  ["vault old", ["s", "."], 24, "mixed"],
  ["terraform cloud", ["abcdefghij1234.atl", "asv1."], 64, "base64url"],
  ["doppler", ["dp", ".pt."], 43, "mixed"],
  ["digitalocean", ["do", "p_v1_"], 64, "hex"],
  ["databricks", ["da", "pi"], 32, "hex"],
  ["linear", ["lin", "_api_"], 40, "mixed"],
  ["notion", ["nt", "n_12345678901"], 35, "mixed"],
  ["openai", ["s", "k-proj-"], 74, "base64url"],
  ["openai old", ["s", "k-"], 48, "mixed"],
  ["anthropic", ["s", "k-ant-api03-"], 95, "base64url"],
  ["hugging face", ["h", "f_"], 34, "mixed"],
  ["shopify", ["sh", "pat_"], 32, "hex"],
  ["square", ["sq", "0atp-"], 22, "base64url"],
  ["planetscale", ["psc", "ale_pw_"], 43, "base64url"],
  ["postman", ["PM", "AK-"], 24, "hex"],
  ["pulumi", ["pu", "l-"], 40, "hex"],
  ["grafana service account", ["gl", "sa_"], 32, "mixed", "_0a1b2c3d"],
  ["grafana cloud", ["gl", "c_"], 60, "mixed"],
  ["sentry user", ["sn", "tryu_"], 64, "hex"],
  ["new relic", ["NR", "AK-"], 27, "upper"],
  ["dynatrace", ["dt", "0c01."], 24, "upper"],
  ["heroku", ["HR", "KU-AA"], 58, "base64url"],
  ["fly", ["fm", "2_"], 120, "base64"],
  ["azure client secret", ["abc8", "Q~"], 34, "mixed"],
  ["age", ["AGE-SECRET", "-KEY-1"], 58, "upper"],
  ["docker hub", ["dck", "r_pat_"], 27, "base64url"],
  ["atlassian", ["AT", "ATT3"], 186, "base64url"],
  ["a server of packages", ["AK", "Cp"], 69, "mixed"],
  ["netlify", ["nf", "p_"], 40, "mixed"],
  ["render", ["rn", "d_"], 32, "mixed"],
  ["supabase", ["sb", "p_"], 40, "hex"],
  ["deno deploy", ["dd", "p_"], 36, "mixed"],
  ["figma", ["fi", "gd_"], 40, "base64url"],
  ["groq", ["gs", "k_"], 52, "mixed"],
  ["perplexity", ["pp", "lx-"], 48, "mixed"],
  ["tailscale", ["tskey", "-auth-"], 40, "mixed"],
  ["airtable", ["pa", "tAbcdefghijk123."], 64, "hex"],
  ["sonarqube", ["sq", "p_"], 40, "hex"],
  ["facebook", ["EA", "AC"], 120, "mixed"],
  ["cargo", ["c", "io"], 32, "mixed"],
  ["buildkite", ["bk", "ua_"], 40, "hex"],
  ["1password", ["ops_", "eyJ"], 260, "mixed"],
  ["openshift", ["sha256", "~"], 43, "base64url"],
];

const jwt = (payload: string, signature: string): string =>
  `${base64('{"alg":"HS256","typ":"JWT"}').replaceAll("=", "")}.${base64(`{"sub":"${payload}"}`).replaceAll("=", "")}.${signature}`;
const dashes = "-----";
const pem = (label: string, body: string, line = "\n"): string =>
  `${dashes}BEGIN ${label}${dashes}${line}${body}${line}${dashes}END ${label}${dashes}`;

const blocks: readonly Shape[] = [
  shape("jwt", (s) => `refused ${jwt("42", s(43, "base64url"))} as expired`, ["as expired"]),
  shape("pem", (s) => `key is\n${pem("PRIVATE KEY", `${s(64, "base64")}\n${s(64, "base64")}`)}\nthat was it`, [
    "that was it",
  ]),
  shape("pem rsa", (s) => pem("RSA PRIVATE KEY", `Proc-Type: 4,ENCRYPTED\n\n${s(64, "base64")}`)),
  shape("pem openssh", (s) => pem("OPENSSH PRIVATE KEY", s(70, "base64"))),
  shape("pem in json", (s) => JSON.stringify({ pk: pem("EC PRIVATE KEY", s(64, "base64")), port: 1 }), ['"port":1']),
  shape("pem on one line", (s) => `k ${pem("PRIVATE KEY", s(64, "base64"), " ")} end`, ["end"]),
  shape("pem cut short", (s) => `${dashes}BEGIN PRIVATE KEY${dashes}\n${s(64, "base64")}`),
  shape("pgp", (s) => pem("PGP PRIVATE KEY BLOCK", `\n${s(64, "base64")}`)),
];

export const vendors: readonly Shape[] = [
  ...forms.map(([name, parts, length, alphabet, end = ""]) =>
    shape(`vendor ${name}`, (s) => `the hook answered 401 for ${parts.join("")}${s(length, alphabet)}${end} twice`, [
      "the hook answered 401 for",
      "twice",
    ]),
  ),
  ...blocks,
];
