import { base64, type Shape, shape } from "./fakes.ts";

/** What libraries, platforms and builds print of their settings and failures. */
export const libraries: readonly Shape[] = [
  shape("axios error toJSON", (s) => ({
    message: "Request failed",
    config: {
      url: "https://h.example/v1",
      headers: { Accept: "application/json", Authorization: `Bearer ${s(40)}` },
      data: JSON.stringify({ apiKey: s() }),
    },
  })),
  shape(
    "got error options",
    (s) =>
      `RequestError: Response code 401 { options: { headers: { 'x-auth-token': '${s()}' }, username: 'app', password: '${s()}' } }`,
  ),
  shape("undici dump", (s) => ({
    headers: [Buffer.from("authorization"), Buffer.from("x")],
    raw: ["authorization", `Bearer ${s(40)}`],
  })),
  shape(
    "pg Client inspect",
    (s) =>
      `Client { user: 'app', host: 'db', password: '${s()}', connectionParameters: ConnectionParameters { password: '${s()}' } }`,
    ["user: 'app'"],
  ),
  shape("knex config", (s) => ({
    client: "pg",
    connection: { host: "db", user: "app", password: s() },
    pool: { max: 3 },
  })),
  shape(
    "typeorm log",
    (s) => `DataSource options: {"type":"postgres","url":"postgresql://app:${s()}@db.example/app?sslmode=require"}`,
    ["@db.example/app"],
  ),
  shape(
    "prisma error",
    (s) =>
      "PrismaClientInitializationError: Can't reach database server at `postgresql://app:" +
      s() +
      "@db.example:5432/app`",
    ["db.example:5432"],
  ),
  shape(
    "mongoose uri error",
    (s) => `MongoParseError: Invalid connection string mongodb://app:${s()}@h1.example,h2.example/?replicaSet=r`,
  ),
  shape(
    "ioredis error",
    (s) => `[ioredis] Unhandled error event: Error: connect ECONNREFUSED redis://default:${s()}@r.example:6380/1`,
    ["r.example:6380"],
  ),
  shape("amqplib", (s) => `Error: Handshake terminated by server: 403 (ACCESS-REFUSED) amqp://svc:${s()}@mq/%2F`),
  shape("kafkajs sasl", (s) => ({
    brokers: ["k:9092"],
    sasl: { mechanism: "scram-sha-512", username: "svc", password: s() },
  })),
  shape("nodemailer", (s) => ({ host: "smtp", auth: { user: "u", pass: s() } })),
  shape("aws sdk credentials", (s) => ({
    credentials: { accessKeyId: `AKIA${s(16, "upper")}`, secretAccessKey: s(40), sessionToken: s(120) },
  })),
  shape(
    "aws inspect",
    (s) => `S3Client { config: { credentials: { accessKeyId: 'x', secretAccessKey: '${s(40)}' } } }`,
  ),
  shape("azure msal", (s) => ({ auth: { clientId: "x", authority: "https://login.example", clientSecret: s(40) } })),
  shape("firebase", (s) => ({ apiKey: `AIza${s(35, "base64url")}`, authDomain: "x.example" }), ["x.example"]),
  shape("supabase", (s) => ({ SUPABASE_SERVICE_ROLE_KEY: s(60) })),
  shape("nextauth env", (s) => `NEXTAUTH_SECRET=${s(44)} NEXTAUTH_URL=https://h.example`, [
    "NEXTAUTH_URL=https://h.example",
  ]),
  shape("stripe env", (s) => `STRIPE_SECRET_KEY=${s(40)}`),
  shape("sendgrid env", (s) => `SENDGRID_API_KEY: ${s(50)}`),
  shape("twilio env", (s) => `TWILIO_AUTH_TOKEN = ${s(32, "hex")}`),
  shape("datadog env", (s) => `DD_API_KEY=${s(32, "hex")} DD_SITE=datadoghq.example`, ["DD_SITE=datadoghq.example"]),
  shape("sentry env", (s) => `SENTRY_AUTH_TOKEN=${s(64, "hex")}`),
  shape("rails creds", (s) => `RAILS_MASTER_KEY=${s(32, "hex")}`),
  shape("django", (s) => `SECRET_KEY = '${s(50, "symbols")}'`),
  shape("laravel", (s) => `APP_KEY=base64:${s(43, "base64")}=`),
  shape("symfony", (s) => `APP_SECRET=${s(32, "hex")}`),
  shape("phoenix", (s) => `config :app, AppWeb.Endpoint, secret_key_base: "${s(64)}"`),
  shape(
    "spring yml",
    (s) => `spring:\n  datasource:\n    username: app\n    password: ${s()}\n    url: jdbc:postgresql://db/app`,
    ["username: app", "jdbc:postgresql://db/app"],
  ),
  shape("jwt config", (s) => `jwt: { secret: '${s()}', expiresIn: '1h' }`),
  shape("express session", (s) => `session({ secret: "${s()}", resave: false })`, ["resave: false"]),
  shape("encryption key hex", (s) => `ENCRYPTION_KEY=${s(64, "hex")}`),
  shape("vapid", (s) => ({ publicKey: "x", privateKey: s(43, "base64url") })),
  shape(
    "webhook secret log",
    (s) => `webhook signature mismatch: expected sha256=${s(64, "hex")}, got sha256=${s(64, "hex")}`,
  ),
  shape("hmac mismatch", (s) => `invalid signature: ${s(64, "hex")}`),
  shape("csrf mismatch", (s) => `CSRF token mismatch: ${s(40)} != ${s(40)}`),
  shape("refresh token reuse", (s) => `refresh token reuse detected for user 42: ${s(60)}`),
  shape("oauth error uri", (s) => `invalid_grant: code ${s(40)} was already used`),
  shape("login attempt", (s) => `login attempt user=bob password=${s()} ip=10.0.0.1`, ["user=bob", "ip=10.0.0.1"]),
  shape("basic decoded", (s) => `decoded credentials bob:${s()}`),
  shape("ldap bind", (s) => `ldap bind dn=cn=admin,dc=example pw=${s()}`),
  shape("reset link mail", (s) => `Reset your password: https://h.example/reset?t=${s(40)}`),
  shape("verify link", (s) => `https://h.example/verify-email/${s(64, "hex")}`),
  shape("invite link", (s) => `https://h.example/invites/${s(32)}`),
  shape("share link", (s) => `https://h.example/share/${s(32)}`),
  shape("unsub", (s) => `https://h.example/unsubscribe/${s(48)}`),
  shape("slack response_url", (s) => `https://hooks.slack.com/commands/T0ABCDEFGH/1234567890123/${s(24)}`),
  shape("git push", (s) => `remote: https://gitlab-ci-token:${s(30)}@git.example/a/b.git`, ["git.example/a/b.git"]),
  shape("npm audit env", (s) => `npm_config__authToken=${s(36)}`),
  shape("yarnrc", (s) => `npmAuthToken: "${s(36)}"`),
  shape("pip conf", (s) => `index-url = https://user:${s()}@pypi.example/simple`),
  shape("maven settings", (s) => `<server><id>r</id><username>u</username><password>${s()}</password></server>`, [
    "<username>u</username>",
  ]),
  shape("gradle", (s) => `signing.password=${s()}`),
  shape("cargo", (s) => `[registry]\ntoken = "${s(36)}"`),
  shape(
    "docker auths",
    (s) => `{"auths":{"ghcr.example":{"username":"u","password":"${s()}","auth":"${base64("u:p")}"}}}`,
    ["ghcr.example"],
  ),
  shape(
    "kube bearer",
    (s) => `I0101 round_trippers.go:466] curl -v -XGET -H "Authorization: Bearer ${s(80)}" 'https://k8s.example/api'`,
    ["https://k8s.example/api"],
  ),
  shape("kube describe", (s) => `    Environment:\n      DB_PASSWORD:  ${s()}\n      PORT:         80`, [
    "PORT:         80",
  ]),
  shape("helm values", (s) => `postgresql:\n  auth:\n    postgresPassword: "${s()}"\n    database: app`, [
    "database: app",
  ]),
  shape("terraform output", (s) => `db_password = "${s()}"\ndb_host = "db.example"`, ["db.example"]),
  shape("pulumi", (s) => `config:\n  app:dbPassword: ${s()}`),
  shape("ansible -e", (s) => `ansible-playbook site.yml -e "db_password=${s()} db_user=app"`, ["db_user=app"]),
  shape("jenkins masked fail", (s) => `withCredentials: PASSWORD=${s()}`),
  shape("gha", (s) => `##[debug]secret value: ${s()}`),
  shape("circle", (s) => `export CIRCLE_TOKEN=${s(40, "hex")}`),
  shape("websocket url", (s) => `wss://h.example/socket?access_token=${s(60)}&v=2`, ["v=2"]),
  shape("socket.io auth", (s) => ({ handshake: { auth: { token: s() }, query: { EIO: "4" } } })),
  shape(
    "graphql header log",
    (s) => `{"operationName":"x","extensions":{"headers":{"x-hasura-admin-secret":"${s()}"}}}`,
  ),
  shape("soap header", (s) => `<AuthHeader><UserName>u</UserName><PassWord>${s()}</PassWord></AuthHeader>`),
  shape("oracle tns", (s) => `oracledb.getConnection({ user: 'app', password: '${s()}', connectString: 'db/APP' })`, [
    "connectString: 'db/APP'",
  ]),
  shape("oracle wallet", (s) => `walletPassword=${s()}`),
  shape("sqlalchemy", (s) => `create_engine("postgresql+psycopg2://app:${s()}@db/app")`, ["@db/app"]),
  shape("celery", (s) => `celery@w ready. broker redis://:${s()}@r.example:6379/0`, ["r.example:6379/0"]),
  shape("php pdo", (s) => `PDO->__construct('mysql:host=db', 'app', '${s()}')`),
  shape("java trace", (s) => `at DriverManager.getConnection("jdbc:mysql://db/app", "app", "${s()}")`),
  shape("curl --data json", (s) => `curl -X POST https://h.example/login -d '{"username":"a","password":"${s()}"}'`, [
    "https://h.example/login",
  ]),
  shape("curl form", (s) => `curl -F token=${s()} -F file=@a https://h.example`, ["https://h.example"]),
  shape("http log with bearer q", (s) => `"GET /api?bearer=${s(40)} HTTP/1.1" 200`),
  shape("basic auth env", (s) => `BASIC_AUTH=admin:${s()}`),
  shape("mqtt", (s) => `mqtt connect client=x user=u pass=${s()} host=h`, ["host=h"]),
  shape("snmp v3", (s) => `snmpget -v3 -u u -A ${s()} -X ${s()} h`),
  shape("ipmitool", (s) => `ipmitool -H h -U admin -P ${s()} power status`),
  shape("rclone", (s) => `rclone config create x s3 secret_access_key=${s(40)}`),
  shape("restic", (s) => `RESTIC_PASSWORD=${s()} restic backup /`, ["restic backup /"]),
  shape("borg", (s) => `BORG_PASSPHRASE='${s()}' borg list`, ["borg list"]),
  shape("gpg batch", (s) => `gpg --batch --passphrase=${s()} -c f`, ["-c f"]),
  shape("pass in plain json array", (s) => JSON.stringify(["app", "password", s()])),
  shape("dsn query", (s) => `Data Source=db;Initial Catalog=app;User ID=sa;Pwd=${s()};`, ["Initial Catalog=app"]),
];
