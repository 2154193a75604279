/** What to repeat to make a redactor slow: beginnings without ends, ends without beginnings, and endless runs. */
export const HOSTILE_UNITS: readonly string[] = [
  ..."a = \t \\ \" ' { - @ : / . % & ; , 😀".split(" "),
  ...'a= a. a@ a/ a/b a/b@ a:b@ \\" --a eyJ eyJ. AKIA sk- ghp_ :// a:// a://b:c@ a:b/:// a:b/@://'.split(" "),
  ...'password password= password: pwd= end= key= token=\' token=" token={ token=, token=a,b, token=\\"'.split(" "),
  "-----BEGIN ",
  " ",
  "x password=",
  "password '",
  "identified by ",
  "Bearer ",
  "bearer a",
  "basic YTpi ",
  "-----BEGIN PRIVATE KEY-----",
  '{"password":"x"},',
  '"a":1,',
  "token=$1 ",
  "tokens: 5 ",
  "--token ",
  `a://${"b".repeat(3_000)}`,
  `password=${"b".repeat(3_000)} `,
  "s3cr3t/valu",
];

export function hostileLine(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}
