import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { devNull } from 'node:os'

/** Whether {@link withDescriptors} works here. */
export const canLimitDescriptors = process.platform === 'linux'

/** The number of open descriptors of this process. */
export function openDescriptors(): number {
  // One of them is reading the directory.
  return readdirSync('/proc/self/fd').length - 1
}

/** The descriptors needed to run the program that lifts the limit again. */
const SPARE = 32

/** Runs a function with only this many file descriptors left to the process, then restores the limit. */
export async function withDescriptors<T>(left: number, run: () => Promise<T>): Promise<T> {
  const [, before] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  const limit = (soft: number | string) =>
    execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:`])
  const held = Array.from({ length: left + SPARE }, () => openSync(devNull, 'r'))
  limit(Math.max(...readdirSync('/proc/self/fd').map(Number)) + 1)
  try {
    for (;;) held.unshift(openSync(devNull, 'r'))
  } catch {
    for (let n = 0; n < left; n++) closeSync(held.pop()!)
  }
  try {
    return await run()
  } finally {
    for (const descriptor of held) closeSync(descriptor)
    limit(before!)
  }
}
