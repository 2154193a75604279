variable "environment" {
  description = "The environment of wrangler.toml, and the suffix of every name."
  type        = string
  default     = "production"

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "It must be staging or production."
  }
}

variable "cloudflare_account_id" {
  description = "The account that has the Worker."
  type        = string
}

variable "cloudflare_api_token" {
  description = "May edit Workers KV Storage and Hyperdrive."
  type        = string
  sensitive   = true
}

variable "database" {
  description = "The PostgreSQL behind Hyperdrive."
  type = object({
    host     = string
    port     = optional(number, 5432)
    name     = string
    user     = string
    password = string
  })
  sensitive = true
}

variable "upstash_email" {
  description = "The account's address at Upstash."
  type        = string
}

variable "upstash_api_key" {
  description = "A management key of that account."
  type        = string
  sensitive   = true
}

variable "upstash_region" {
  description = "The primary region, next to the instances: every batch goes there."
  type        = string
  default     = "eu-west-1"
}
