import t from 'tap'
import {
  descriptorHint,
  isOutOfDescriptors,
  outOfDescriptors,
} from '../../../lib/io/descriptors/out-of-descriptors.js'

const error = (code: string, cause?: unknown) => Object.assign(new Error(code, { cause }), { code })

t.test('detects a used-up limit in an error, in its causes, and in the parts of an AggregateError', t => {
  t.equal(isOutOfDescriptors(error('EMFILE')), true)
  t.equal(isOutOfDescriptors(error('ENFILE')), true)
  t.equal(isOutOfDescriptors(error('ECONNRESET', error('x', error('EMFILE')))), true)
  t.equal(isOutOfDescriptors(new AggregateError([error('ECONNREFUSED'), error('EMFILE')])), true)
  for (const other of [error('ENOENT'), undefined, 'EMFILE', { code: 'EMFILE' }]) {
    t.equal(isOutOfDescriptors(other), false)
  }
  const ring = error('x')
  ring.cause = ring
  t.equal(isOutOfDescriptors(ring), false, 'circular causes')
  t.end()
})

t.test('adds a remedy to the message', t => {
  const cause = error('EMFILE')
  t.match(outOfDescriptors('It failed', cause), {
    code: 'AVIO_ERR_DESCRIPTORS',
    cause,
    message: /^It failed: this process has no file descriptors left\. Raise the limit .*ulimit -n/,
  })
  t.match(descriptorHint(cause), /^ Raise the limit/)
  t.equal(descriptorHint(error('ENOENT')), '')
  t.end()
})
