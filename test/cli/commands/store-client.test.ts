import t from 'tap'
import { storeClient } from '../../../lib/cli/commands/store-client.js'

t.test('takes endpoint, region and path style from the options', async t => {
  const client = storeClient({ endpoint: 'http://127.0.0.1:9', region: 'eu-x-1' })
  t.teardown(() => client.destroy())
  t.equal(await client.config.region(), 'eu-x-1')
  t.match(await client.config.endpoint!(), { hostname: '127.0.0.1', port: 9 })
  t.equal(client.config.forcePathStyle, true, 'a store of its own has no name for each bucket')
  const pathStyle = storeClient({ region: 'eu-x-1', 'path-style': true })
  t.teardown(() => pathStyle.destroy())
  t.equal(pathStyle.config.forcePathStyle, true)
})
