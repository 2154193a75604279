/** Secrets on command lines whose options do not say so: `mysql -p…`, `curl -u user:…`, `redis-cli -a …`, `AUTH …`. */
import { harmless, masked, type Pattern } from "./scan.ts";

/** A word of a shell, or of a list of arguments as JSON and `util.inspect` print it. */
const WORD = "(?:\"[^\"\\n]+|'[^'\\n]+|[^\\s\"'`,]+)";
const BLANK = "[\\s\"'`,]{1,8}";
const LOGIN = `${BLANK}(?<secret>${WORD})`;
const REDIS_LOGIN = `${BLANK}(?:[A-Za-z]\\w{0,63}${BLANK})?(?<secret>(?=[A-Za-z]*\\d|[A-Z]*[a-z]+[A-Z]|[^\\s"'\`,]{16})${WORD})`;

/** Programs, and what precedes the secret among their arguments; `secret` names it, where it is not all that follows. */
const COMMANDS: readonly (readonly [programs: string, secret: string])[] = [
  ["mysql\\w*|mariadb(?:-\\w+)?", `${BLANK}-p["']?(?<secret>${WORD})`],
  [
    "curl|https?|xh|wget|etcdctl",
    `${BLANK}(?:-[uUa]|--(?:proxy-)?user|--auth)(?:[ =]|${BLANK})?["']?[^\\s:"'\`,]{0,128}:(?<secret>[^\\s"'\`,]+)`,
  ],
  ["curl", `${BLANK}(?:-b|--cookie)${BLANK}(?<secret>[^"'\`,\\n]{0,128}=[^"'\`,\\n]+)`],
  ["sshpass", `${BLANK}-p["' ]{0,2}(?<secret>${WORD})`],
  ["ssh-keygen", `${BLANK}-[NP]${LOGIN}`],
  ["redis-cli|valkey-cli", `${BLANK}-a${LOGIN}`],
  [
    "docker|podman|buildah|skopeo|helm|oc|az",
    `^(?:${BLANK}[\\w-]{1,32}){0,2}?${BLANK}login(?=[\\s"'\`,])[^\\n]{0,128}?${BLANK}-p${LOGIN}`,
  ],
  ["mongo\\w*|cqlsh|security|useradd|usermod|psexec(?:64)?", `${BLANK}-p${LOGIN}`],
  ["ldap\\w+", `${BLANK}-w${LOGIN}`],
  ["sqlcmd|bcp|zip|unzip|ipmitool", `${BLANK}-P(?:${BLANK})?(?<secret>${WORD})`],
  ["7z[ar]?|rar|unrar", `${BLANK}-h?p["']?(?<secret>${WORD})`],
  ["snmp\\w{2,12}", `${BLANK}-A${BLANK}(?<secret>${WORD}(?:${BLANK}-X${BLANK}${WORD})?)`],
  ["openssl", `${BLANK}-[kK]${LOGIN}`],
  ["ab", `${BLANK}-[AP]${BLANK}[^\\s:"'\`,]{1,128}:(?<secret>[^\\s"'\`,]+)`],
  ["smbclient|rpcclient|smbget", `${BLANK}-U${BLANK}[^\\s%"'\`,]{1,128}%(?<secret>[^\\s"'\`,]+)`],
  ["lftp", `${BLANK}-u${BLANK}[^\\s,"'\`]{1,128},(?<secret>[^\\s"'\`]+)`],
  ["rabbitmqctl", `${BLANK}(?:add_user|authenticate_user|change_password)${BLANK}[^\\s"'\`,]{1,128}${LOGIN}`],
  [
    "htpasswd",
    `^${BLANK}-\\w{0,8}b\\w{0,8}(?=[\\s"'\`,])[^\\n]{1,160}${BLANK}(?<secret>[^\\s"'\`,]+)["'\`\\]}\\s]{0,8}$`,
  ],
  [
    "net",
    `^${BLANK}user${BLANK}[^\\s"'\`,]{1,64}${BLANK}(?<secret>(?=[^\\s"'\`,]{0,64}\\d)[^\\s/"'\`,][^\\s"'\`,]{5,})`,
  ],
  ["net", `^${BLANK}use${BLANK}[^\\n]{1,128}?/user:[^\\s"'\`,]{1,64}${LOGIN}`],
  ["mc", `^${BLANK}alias${BLANK}set(?:${BLANK}[^\\s"'\`,]{1,160}){3}${LOGIN}`],
  ["schtasks", `${BLANK}/rp${LOGIN}`],
  ["sqlplus|expdp|impdp|sqlldr", `${BLANK}(?:\\w{1,16}=)?[A-Za-z][\\w$#]{0,29}/(?<secret>[^\\s@/"'\`,]+)`],
  ["SQL>", `^ {1,4}(?:conn(?:ect)?|CONN(?:ECT)?) {1,4}[A-Za-z][\\w$#]{0,29}/(?<secret>[^\\s@/"'\`,]+)`],
  ["vault", `${BLANK}(?:login|operator${BLANK}unseal)${LOGIN}`],
  // To the standard input of what asks for a password.
  [
    "echo|printf",
    `^${BLANK}(?:-\\w ){0,2}(?<secret>[^|\\n]{4,160}?)["'\`]? {0,4}\\| {0,4}(?:sudo\\s[^\\n]{0,16}-S|(?:sudo )?chpasswd|passwd --stdin)`,
  ],
  // Commands of protocols: of FTP, POP and IMAP, of Redis and its Sentinel.
  ["AUTHENTICATE", `^ [A-Z0-9-]{3,16} (?<secret>[\\w+/=-]{16,})`],
  ["PASS", `^ (?<secret>(?=[A-Za-z]*\\d|[A-Z]*[a-z]+[A-Z])[^\\s/.:"'\`,]{6,})["'\`]?(?=\\s|$)`],
  ["ACL", `^${BLANK}SETUSER[^\\n>]{1,128}>(?<secret>[^\\s"'\`,]+)`],
  ["auth-pass", `^${BLANK}[^\\s"'\`,]{1,128}${LOGIN}`],
  ["ConvertTo-SecureString", LOGIN],
  // A command of Redis, with a user before the password or without; small letters are also a word of sentences.
  ["AUTH", `^${REDIS_LOGIN}`],
  ["auth", `^(?=["'])${REDIS_LOGIN}`],
];

/** Of one command, from the program's name on. */
const LONGEST_COMMAND = 256;
const RULES = COMMANDS.map(([programs, secret]) => ({
  program: new RegExp(`^(?:${programs})$`),
  secret: new RegExp(secret, "d"),
}));
/** By a program's name, as far as it has been met: some names are written in many ways. */
const known = new Map<string, readonly RegExp[]>();
const MOST_KNOWN = 256;

function rulesOf(program: string): readonly RegExp[] {
  const met = known.get(program);
  if (met) return met;
  const rules = RULES.filter((rule) => rule.program.test(program)).map(({ secret }) => secret);
  if (known.size < MOST_KNOWN) known.set(program, rules);
  return rules;
}

export const commands: Pattern = {
  begins: new RegExp(`(?=\\w)\\b(?<!-)(?:${COMMANDS.map(([programs]) => programs).join("|")})(?=[\\s"'\`,])`, "g"),
  spanOf: (text, match) => {
    const start = match.index + match[0].length;
    const rest = text.slice(start, start + LONGEST_COMMAND);
    const line = /[^\n]\n(?![ \t]*["'\]])/.exec(rest);
    const written = line === null ? rest : rest.slice(0, line.index + 1);
    for (const secret of rulesOf(match[0])) {
      const [from, to] = secret.exec(written)?.indices?.groups?.secret ?? [];
      const isFound = from !== undefined && to !== undefined && !/^\W?\*{3}\W?$/.test(written.slice(from, to));
      if (isFound) return masked(start + from, start + to);
    }
    return harmless(match);
  },
};
