import t from 'tap'
import { loadPeer } from '../../../lib/engines/bullmq/load-peer.js'

t.test('loads a package', async t => {
  t.type((await loadPeer<{ Queue: unknown }>('bullmq')).Queue, 'function')
})

t.test('says which package is missing, what it is for, and how to install it', async t => {
  const missing = () => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' }))
  for (const peer of ['bullmq', 'ioredis', 'pg'] as const) {
    await t.rejects(loadPeer(peer, missing), {
      ...{ code: 'AVIO_ERR_QUEUE_PEER_MISSING', retryable: false },
      message: new RegExp(`"${peer}" is not installed; it .*npm install ${peer}`),
    })
  }
})

t.test('a package that is there and broken is another matter', async t => {
  await t.rejects(
    loadPeer('pg', () => Promise.reject(new SyntaxError('broken'))),
    { name: 'SyntaxError' },
  )
})
