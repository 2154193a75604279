/** Tokens whose makers have marked them, so that they can be told from anything else wherever they stand. */
import { harmless, masked, type Pattern } from "./scan.ts";

/** What a token begins with, of at least 20 characters with a digit among them. Each stands for one vendor or family. */
const BEGINNINGS = [
  "gh[opsur]_|github_pat_", // GitHub
  "gl(?:pat|dt|rt|ptt|cbt|ft|imt|oas|soat|ffct|agent)-|GR1348941", // GitLab
  "npm_|pypi-|rubygems_|dckr_[po]at_|AKCp", // registries
  "xox[abeoprs][.-]|xapp-", // Slack
  "[rs]k_(?:live|test|prod)_|whsec_", // Stripe, webhooks
  "AIza|ya29\\.|GOCSPX-|1//0", // Google
  "SG\\.|xkeysib-|xsmtpsib-", // mail
  "hv[brs]\\.|dp\\.\\w{2,5}\\.", // Vault, Doppler
  "do[opr]_v1_|HRKU-|fm\\d[a-z]?_|fo1_|nfp_|rnd_|sb[ps]?_|dd[opw]_|pscale_\\w{2,5}_|pul-|tskey-", // platforms
  "sk-|hf_|gsk_|pplx-", // models
  "shp(?:at|ca|pa|ss)_|sq0[a-z]{3}-|EAAA", // shops
  "PMAK-|lin_\\w{3,5}_|ntn_|figd_|AT[AC]TT3|bkua_|sq[apu]_|ops_eyJ", // tools
  "gl(?:sa|c)_|sntry[su]_|NR(?:AK|II|SP|RA)-|dt0[a-z]\\d\\d\\.", // observers
  "AGE-SECRET-KEY-|sha256~",
].join("|");

/** Whole tokens, where the beginning alone says too little. */
const WHOLE = [
  "(?:A3T[A-Z0-9]|AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{16}", // AWS
  "(?:SK|key-|dapi)[0-9a-f]{32}", // Twilio, Mailgun, Databricks
  "s\\.(?=[A-Za-z]*\\d)[A-Za-z0-9]{24}", // Vault before 1.10
  "pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}", // Airtable
  "EAA[A-Z](?=[A-Za-z]*\\d)[A-Za-z0-9]{90,}", // Facebook
  "cio(?=[A-Za-z]*\\d)[A-Za-z0-9]{32}", // crates
].join("|");

/** Tokens that begin with an id; what is masked is the rest. The engine looks for their first character, then backwards. */
const BEHIND_ID = [
  ":(?<=\\d{5,16}:)AA[\\w-]{32,35}", // Telegram
  "\\.(?<=\\w{14}\\.)atlasv1\\.[\\w-]{60,70}", // Terraform Cloud
  "-us(?<=(?<![A-Za-z0-9])[0-9a-f]{32}-us)\\d{1,2}(?![A-Za-z0-9])", // Mailchimp, whose id is the secret
  "Q(?<=\\w{3}\\dQ)~[\\w~.-]{31,34}", // Entra
].join("|");

const MAILCHIMP_CHARACTERS = 32;

export const vendorTokens: Pattern = {
  begins: new RegExp(
    `${BEHIND_ID}|(?=\\w)(?<![A-Za-z0-9])(?:(?:${WHOLE})(?![A-Za-z0-9])|((?:${BEGINNINGS})[\\w.+/=-]*))`,
    "g",
  ),
  spanOf: (_text, match) => {
    const [whole, begun] = match;
    if (whole.startsWith("-us")) {
      return { ...masked(match.index - MAILCHIMP_CHARACTERS, match.index), to: match.index + whole.length };
    }
    const isToken = begun === undefined || (begun.length >= 20 && /\d/.test(begun));
    return isToken ? masked(match.index, match.index + whole.length) : harmless(match);
  },
};
