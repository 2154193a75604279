import { type Shape, shape } from "./fakes.ts";

/** Secrets in statements of databases. */
export const statements: readonly Shape[] = [
  shape(
    "pg create user mapping",
    (s) => `CREATE SUBSCRIPTION s CONNECTION 'host=a user=b password=${s()}' PUBLICATION p`,
    ["PUBLICATION p"],
  ),
  shape("dblink", (s) => `select * from dblink('host=a password=${s()} dbname=d','select 1')`, ["dbname=d"]),
  shape("mssql login", (s) => `CREATE LOGIN app WITH PASSWORD = N'${s()}'`, ["CREATE LOGIN app"]),
  shape("mssql old", (s) => `ALTER LOGIN app WITH PASSWORD = '${s()}' OLD_PASSWORD = '${s()}'`),
  shape("mysql password fn", (s) => `UPDATE mysql.user SET Password=PASSWORD('${s()}') WHERE User='root'`, [
    "User='root'",
  ]),
  shape("set password pg", (s) => `UPDATE users SET password = crypt('${s()}', gen_salt('bf')) WHERE id = 1`, [
    "WHERE id = 1",
  ]),
  shape("insert columns", (s) => `INSERT INTO users (name, password) VALUES ('bob', '${s()}')`, ["INSERT INTO users"]),
  shape("clickhouse create", (s) => `CREATE USER a IDENTIFIED WITH sha256_password BY '${s()}'`, ["CREATE USER a"]),
  shape("snowflake create", (s) => `CREATE USER a PASSWORD = '${s()}' DEFAULT_ROLE = r`, ["DEFAULT_ROLE = r"]),
  shape("bigquery enc", (s) => `AES_ENCRYPT(x, '${s()}') password`),
  shape("pgp_sym", (s) => `select pgp_sym_decrypt(c, '${s()}')`),
];
