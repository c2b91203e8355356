import t from 'tap'
import { notAStream } from '../../../lib/io/sources/not-a-stream.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'

t.test('says what to pipe in place of a source', async t => {
  const source = new BytesSource({ bytes: Buffer.from('x') })
  const error = notAStream('BytesSource', source)
  t.match(error, { code: 'AVIO_ERR_OPTION', message: /^BytesSource .*createReadStream\(\)/, value: source })
  await t.rejects(async () => {
    for await (const chunk of source as unknown as AsyncIterable<unknown>) t.fail(String(chunk))
  }, error)
})
