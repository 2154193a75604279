import type { NextConfig } from "next";

const config: NextConfig = {
  // Loaded as they are installed, and once.
  serverExternalPackages: ["pg", "tidegate"],
};

export default config;
