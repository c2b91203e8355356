import t from 'tap'
import { refuseAsStream } from '../../../lib/io/sources/not-a-stream.js'

t.test(
  'suggests createReadStream() for a source used as a stream, and adds no enumerable property',
  async t => {
    class ShelfSource {
      static {
        refuseAsStream(this, 'ShelfSource')
      }
      readonly size = 3
    }
    const source = new ShelfSource()
    await t.rejects(
      async () => {
        for await (const chunk of source as unknown as AsyncIterable<unknown>) t.fail(String(chunk))
      },
      { code: 'AVIO_ERR_OPTION', message: /^ShelfSource .*createReadStream\(\)/, value: source },
    )
    t.same(Object.keys(source), ['size'])
  },
)
