import t from 'tap'
import { queueOf } from '../../../lib/cli/arguments/queue-options.js'

t.test('takes the connection from an option, else from the environment', async t => {
  const environment = { AVIO_CONNECTION: 'redis://other' }
  t.same(queueOf({ connection: 'redis://host', queue: 'films' }, environment), {
    ...{ connection: 'redis://host', queue: 'films' },
  })
  t.same(queueOf({}, environment), { connection: 'redis://other' })
  for (const none of [{}, { AVIO_CONNECTION: '' }])
    t.throws(() => queueOf({}, none), { code: 'AVIO_ERR_OPTION', message: /--connection redis:\/\/host/ })
})
