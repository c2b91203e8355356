import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Readable, Writable } from 'node:stream'
import type { Test } from 'tap'
import type { DiagnosticsMessages } from '../../lib/io/diagnostics/messages.js'

/** The names of all channels, without their prefix. */
export const CHANNELS = ['request', 'retry', 'part', 'process', 'stage'] as const

/** A channel's name without its prefix. */
type Short = (typeof CHANNELS)[number]

/** The messages of a channel. */
type MessageOf<Name extends Short> = DiagnosticsMessages[`avio-streams:${Name}`]

/** All messages since the call, by channel, until the test ends. */
export function listen(t: Test): { readonly [Name in Short]: MessageOf<Name>[] } {
  const heard = { request: [], retry: [], part: [], process: [], stage: [] } as Record<Short, unknown[]>
  for (const name of CHANNELS) {
    const take = (message: unknown) => heard[name].push(message)
    subscribe(`avio-streams:${name}`, take)
    t.teardown(() => unsubscribe(`avio-streams:${name}`, take))
  }
  return heard as ReturnType<typeof listen>
}

/** Subscribes to one channel until the test ends. */
export function subscribeTo<Name extends Short>(
  t: Test,
  name: Name,
  listener: (message: MessageOf<Name>) => void,
): void {
  const take = (message: unknown) => listener(message as MessageOf<Name>)
  subscribe(`avio-streams:${name}`, take)
  t.teardown(() => unsubscribe(`avio-streams:${name}`, take))
}

/** What differs from run to run. */
const VARIABLE = ['startTime', 'durationMs', 'firstByteMs', 'delayMs', 'requestId', 'pid', 'id', 'uploadId']

/** The known fields of messages that are the same in each run. */
export function fixed(messages: readonly object[]): Record<string, unknown>[] {
  return messages.map(message =>
    Object.fromEntries(
      Object.entries(message).filter(([name, value]) => value !== undefined && !VARIABLE.includes(name)),
    ),
  )
}

/** Counts calls to `publish` on all channels, until the test ends. Without a subscriber Node itself ignores them. */
export function countPublished(t: Test): () => number {
  let count = 0
  for (const name of CHANNELS) {
    const one = channel(`avio-streams:${name}`)
    Object.assign(one, { publish: () => count++ })
    t.teardown(() => Reflect.deleteProperty(one, 'publish'))
  }
  return () => count
}

/** Resolves when a stream has told that it is closed, whether it failed or not. */
export function closing(stream: Readable | Writable): Promise<void> {
  return new Promise(resolve => {
    // `closed` is true a tick before the event.
    if (stream.closed) setImmediate(resolve)
    else stream.once('close', () => resolve())
  })
}
