# The last known health, for the time when the Durable Object is away.
resource "cloudflare_workers_kv_namespace" "health" {
  account_id = var.cloudflare_account_id
  title      = "tidegate-health-${var.environment}"
}

resource "cloudflare_hyperdrive_config" "database" {
  account_id = var.cloudflare_account_id
  name       = "tidegate-${var.environment}"

  origin = {
    scheme   = "postgres"
    host     = var.database.host
    port     = var.database.port
    database = var.database.name
    user     = var.database.user
    password = var.database.password
  }

  # A cached answer would hide that the database is away.
  caching = {
    disabled = true
  }
}

# The gate of whatever does not run on Workers. It may lose nothing for want of memory.
resource "upstash_redis_database" "gate" {
  database_name  = "tidegate-${var.environment}"
  region         = "global"
  primary_region = var.upstash_region
  tls            = true
  eviction       = false
}
