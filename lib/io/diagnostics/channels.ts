import { channel } from 'node:diagnostics_channel'
import type { DiagnosticsMessages } from './messages.js'

/**
 * A channel with the type of its messages. Build a message only if `hasSubscribers`: without, it costs one look at a
 * property.
 *
 * A subscriber that throws does not reach the publisher: Node makes it an uncaught exception.
 */
export interface MessageChannel<Message> {
  /** Whether anybody listens. */
  readonly hasSubscribers: boolean
  /** Calls all subscribers. */
  publish(message: Message): void
}

function open<Name extends keyof DiagnosticsMessages>(name: Name): MessageChannel<DiagnosticsMessages[Name]> {
  return channel(name)
}

/** Requests that are over. */
export const REQUESTS = open('avio-streams:request')
/** Attempts that failed and are followed by another. */
export const RETRIES = open('avio-streams:retry')
/** Parts that are stored. */
export const PARTS = open('avio-streams:part')
/** Processes that start and end. */
export const PROCESSES = open('avio-streams:process')
/** Streams that open and close. */
export const STAGES = open('avio-streams:stage')
