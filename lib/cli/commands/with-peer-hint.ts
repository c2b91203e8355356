import process from 'node:process'
import { QueueError } from '../../errors.js'
import type { RunCommand } from './context.js'

/**
 * A command that needs packages which are optional: without them, its error says how to run it with them.
 *
 * @param name - the subcommand
 * @throws `QueueError` `AVIO_ERR_QUEUE_PEER_MISSING`
 */
export function withPeerHint(name: string, run: RunCommand): RunCommand {
  return async (words, context) => {
    try {
      return await run(words, context)
    } catch (error) {
      if (!(error instanceof QueueError) || error.code !== 'AVIO_ERR_QUEUE_PEER_MISSING') throw error
      const client = [...words, process.env['AVIO_CONNECTION'] ?? ''].some(word => /postgres/.test(word))
        ? 'pg'
        : 'ioredis'
      const packages = ['avio-streams', '@aws-sdk/client-s3', 'bullmq', client].map(one => `-p ${one}`)
      const message = `${error.message}. Or run: npx ${packages.join(' ')} avio-streams ${name} …`
      throw new QueueError(error.code, message, {}, { cause: error })
    }
  }
}
