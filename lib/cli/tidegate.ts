#!/usr/bin/env node
/**
 * The command `tidegate`: what operators do from a terminal, and monitors and schedulers from theirs.
 *
 * This file gives it the process; `main` chooses the command. Map of this folder: `commands/` has a file for each of
 * them, `command` what they have in common, `arguments` reads the line and `help` explains it; `server` speaks to a
 * running application, by `ask`; `refusals` says what its refusals mean, `token` where the token comes from, `follow`
 * goes by a restart's status; `text` writes for people, `gate-rows` and `verdict` what several commands say, `nagios`
 * for monitors; `screen` has a terminal to itself; `doctor/`, `audit/` and `top/` are what the commands of these names
 * look at.
 */
import { systemRuntime } from "../runtime.ts";
import { main } from "./main.ts";
import { screenOf } from "./screen.ts";

// Whoever reads may have read enough, such as `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// NO_COLOR and its like are heard there.
const colours = process.stdout.isTTY === true && process.stdout.hasColors();

process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  // A command that waits keeps its process alive, unlike a timer of the library.
  runtime: { ...systemRuntime(), setTimer: (task, delayMs) => setTimeout(task, delayMs) },
  print: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  colours,
  screen: screenOf(process, colours),
});
