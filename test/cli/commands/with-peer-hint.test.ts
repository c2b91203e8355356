import t from 'tap'
import type { Context } from '../../../lib/cli/commands/context.js'
import { withPeerHint } from '../../../lib/cli/commands/with-peer-hint.js'
import { QueueError } from '../../../lib/errors.js'

const context = {} as Context

t.test('says how to run a command with the packages that are missing', async t => {
  const error = new QueueError('AVIO_ERR_QUEUE_PEER_MISSING', 'The package "bullmq" is not installed')
  const missing = withPeerHint('worker', () => Promise.reject(error))
  for (const [connection, client] of [
    ['redis://host', 'ioredis'],
    ['--connection=postgres://host/jobs', 'pg'],
  ] as const)
    await t.rejects(missing([connection], context), {
      ...{ code: 'AVIO_ERR_QUEUE_PEER_MISSING', cause: error },
      message: `not installed. Or run: npx -p avio-streams -p @aws-sdk/client-s3 -p bullmq -p ${client} avio-streams worker …`,
    })
})

t.test('leaves results and other errors alone', async t => {
  t.equal(await withPeerHint('add', () => Promise.resolve(7))([], context), 7)
  const other = new QueueError('AVIO_ERR_QUEUE_UNREACHABLE', 'x')
  const caught = await withPeerHint('add', () => Promise.reject(other))([], context).catch((e: unknown) => e)
  t.equal(caught, other)
})
