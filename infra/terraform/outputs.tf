output "health_namespace_id" {
  description = "For kv_namespaces in wrangler.toml."
  value       = cloudflare_workers_kv_namespace.health.id
}

output "hyperdrive_id" {
  description = "For hyperdrive in wrangler.toml."
  value       = cloudflare_hyperdrive_config.database.id
}

output "state_url" {
  description = "STATE_URL over REST."
  value       = "upstash:https://${upstash_redis_database.gate.endpoint}"
}

output "state_token" {
  description = "STATE_TOKEN."
  value       = upstash_redis_database.gate.rest_token
  sensitive   = true
}
