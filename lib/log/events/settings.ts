/** Events of the log: Configuration, logins, limits. */

export const SETTINGS = [
  {
    event: "config.warning",
    level: "warn",
    fields: "variable message remedy",
    meaning: "usable, but hardly meant. `remedy` says what to do",
  },
  {
    event: "admin.made_for_this_start",
    level: "warn",
    fields: "name bearer_is remedy",
    meaning: "a development start made an admin's token and shows it once. Set `ADMIN_TOKENS`",
  },
  {
    event: "auth.failed",
    level: "warn",
    fields: "path kind ip reason",
    meaning:
      "a login that is not known. `kind`: `bearer`, `session`, `access` or `cron`. `reason` says why, such as which issuer or audience was found and which needed. Many from one address: somebody guesses",
  },
  {
    event: "auth.undecided",
    level: "warn",
    fields: "path error",
    meaning: "the issuer of a JWT could not be asked; answered 503",
  },
  {
    event: "limit.no_address",
    level: "warn",
    fields: "remedy",
    meaning: "the platform does not say who connects: no rate limit. Once; hand in `connInfo`",
  },
  {
    event: "limit.reached_behind_a_proxy",
    level: "warn",
    fields: "remedy",
    meaning: "a limit was reached by a request with forwarding headers: check `TRUSTED_PROXIES`. Once",
  },
  {
    event: "proxy.header_unread",
    level: "warn",
    fields: "remedy",
    meaning: "a trusted proxy sent only the forwarding header that is not read: `TRUSTED_PROXY_HEADER`. Once",
  },
  {
    event: "limit.per_instance",
    level: "warn",
    fields: "rule remedy error",
    meaning: "`@upstash/ratelimit` is not installed: each process counts for itself",
  },
  {
    event: "log.dropped",
    level: "warn",
    fields: "lines",
    meaning:
      "that many lines were lost: the buffer was full, or the log kept the thread for too long. See [slow logs and listeners](#slow-logs-and-listeners)",
  },
  {
    event: "log.failed",
    level: "any",
    fields: "",
    meaning: "an event could not be written, at the level of that event; its time is that of 1970",
  },
] as const;
